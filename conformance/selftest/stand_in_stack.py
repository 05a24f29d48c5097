"""Behaves as `python -m reference_app` does, without a stack: for the tests of who starts one.

python stand_in_stack.py MODE [TEMPLATE] --ready-file FILE
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from threading import Event


def main(mode: str, *arguments: str) -> int:
    ready = Path(arguments[arguments.index("--ready-file") + 1])
    sys.stderr.write(f"process {os.getpid()}, arguments: {arguments}\n")
    sys.stderr.flush()
    if mode == "refuses":
        sys.stderr.write("reference_app: template.yaml has no WebSocket API\n")
        return 4
    if mode == "breaks":
        sys.stderr.write("Traceback: something went wrong\n")
        return 3
    if mode == "lacks-a-package":
        sys.stderr.write("ModuleNotFoundError: No module named 'moto'\n")
        return 1
    stopped = Event()
    if mode != "stubborn":
        signal.signal(signal.SIGINT, lambda *_: stopped.set())
    else:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    if mode != "never-ready":
        beginning = ready.with_suffix(".new")
        beginning.write_text('url = "ws://127.0.0.1:9/prod"\n')
        beginning.replace(ready)
    stopped.wait()
    sys.stderr.write("stopped\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
