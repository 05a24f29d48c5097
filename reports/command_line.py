"""Command lines whose usage errors exit with 4, as everywhere in churnproof; argparse says 2."""

from __future__ import annotations

import argparse
import sys
from typing import NoReturn

from .results import Exit


class CommandLine(argparse.ArgumentParser):
    """An argument parser that exits with `Exit.USAGE`."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(Exit.USAGE, f"{self.prog}: {message}\n")
