"""Where a worker on another host than its master records: a temporary folder of its own.

A worker that is killed leaves it behind. As long as its process lives the folder is locked (flock(2)), so
that the next worker on the host knows which ones nobody needs any more: what had not been sent from there
counts as unknown by then.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

_PREFIX = "churnproof-worker-"
_OTHER_PREFIX = "churnproof-record-"
"""Of a folder that is not locked yet, and of one that is kept."""


class FarFolder:
    """Makes the folder, and removes those of workers that were killed."""

    def __init__(self) -> None:
        _remove_orphans(Path(tempfile.gettempdir()))
        self.path = Path(tempfile.mkdtemp(prefix=_OTHER_PREFIX))
        self._lock = os.open(self.path, os.O_RDONLY)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._rename(_OTHER_PREFIX, _PREFIX)

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)

    def keep(self) -> Path:
        """Have somebody look after it; where it is from now on."""
        self._rename(_PREFIX, _OTHER_PREFIX)
        os.close(self._lock)
        return self.path

    def _rename(self, old: str, new: str) -> None:
        self.path = self.path.rename(self.path.with_name(self.path.name.replace(old, new, 1)))


def _remove_orphans(place: Path) -> None:
    for path in place.glob(f"{_PREFIX}*"):
        # Gone meanwhile, or another user's.
        with contextlib.suppress(OSError):
            if path.lstat().st_uid == os.getuid() and _is_unlocked(path):
                shutil.rmtree(path, ignore_errors=True)


def _is_unlocked(path: Path) -> bool:
    lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True
