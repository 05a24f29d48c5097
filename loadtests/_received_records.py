"""What workers on other hosts have recorded, as it comes to the master: into the run's folder."""

from __future__ import annotations

from pathlib import Path

from reports.append_only import AppendOnly

from ._far_record import SUFFIXES, Piece


class ReceivedRecords:
    """The files of one run's far workers. A record that does not come whole reads as cut off."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, AppendOnly] = {}

    @property
    def bytes(self) -> int:
        return sum(file.length for file in self._files.values())

    def take(self, piece: Piece) -> int:
        """Append the piece if it comes next; the file's length now. Raises HistoryWriteError, ValueError."""
        if piece.suffix not in SUFFIXES:
            raise ValueError(f"no file of a history ends in {piece.suffix!r}")
        name = f"history.{int(piece.process)}.{piece.suffix}"
        if name not in self._files:
            self._files[name] = AppendOnly(self._folder / name)
        file = self._files[name]
        if piece.start == file.length:
            file.append(piece.data)
        return file.length

    def close(self) -> None:
        for file in self._files.values():
            file.close()
