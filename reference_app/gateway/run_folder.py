"""The folder of one run, which goes with the run; what a killed one has left goes with the next."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOCK = "lock"


@contextmanager
def run_folder(prefix: str) -> Iterator[Path]:
    """A folder for as long as the context lasts, among the system's temporary ones.

    Folders with the same prefix are removed whose process has ended without doing so: nobody locks them.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{prefix}*/{_LOCK}"):
        _remove_if_left(left)
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    unlocked = folder / f"{_LOCK}.new"
    # What this process starts inherits no descriptor that would hold the lock.
    with unlocked.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        unlocked.rename(folder / _LOCK)  # only now another start looks at it
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_if_left(path: Path) -> None:
    try:
        # A link here would be somebody else's.
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return  # another user's, or gone already
    with os.fdopen(descriptor, "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        if os.fstat(descriptor).st_uid == os.getuid():
            shutil.rmtree(path.parent, ignore_errors=True)
