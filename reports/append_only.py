"""A file of whole records that only grows."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO


class HistoryWriteError(Exception):
    """The history could not be written; what came before is intact and readable."""

    def __init__(self, path: Path, cause: OSError) -> None:
        super().__init__(path, cause)
        self.path = path
        self.cause = cause

    def __str__(self) -> str:
        return (
            f"cannot write {self.path}: {self.cause.strerror or self.cause}; the history before it is intact"
        )


class AppendOnly:
    """One file of whole records: a write that fails half-way is taken back."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO = path.open("wb", buffering=0)
        self._length = 0

    @property
    def length(self) -> int:
        return self._length

    def append(self, data: bytes) -> None:
        """Raises HistoryWriteError."""
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            self._file.truncate(self._length)
            self._file.seek(self._length)
            raise HistoryWriteError(self.path, error) from error
        self._length += len(data)

    def close(self) -> None:
        self._file.close()
