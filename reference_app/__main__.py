"""`python -m reference_app [TEMPLATE]`: a SAM application with a WebSocket API, on this machine.

Exit codes: 0 after SIGINT or SIGTERM; 4 for what the caller can mend; 3 for a fault of the stack.
"""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import re
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

from reference_app.gateway.descriptors import allow_many
from reference_app.gateway.stack_errors import StackError

if TYPE_CHECKING:
    from reference_app.gateway.ready_file import Ready
    from reference_app.gateway.stack import StackOptions
    from reference_app.gateway.template.application import Application
    from reference_app.gateway.unknowns import Unknowns

EXIT_OK = 0
EXIT_HARNESS = 3
EXIT_USAGE = 4

_DEFAULT_TEMPLATE = Path(__file__).parent / "template.yaml"


class _Parser(argparse.ArgumentParser):
    """argparse with this project's exit code for usage errors."""

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_USAGE, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    allow_many()
    # Until the event loop handles it, SIGTERM ends things as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return asyncio.run(_run(_parser().parse_args(arguments)))
    except KeyboardInterrupt:
        return EXIT_OK
    except StackError as error:
        _complain(str(error))
        return EXIT_USAGE
    except Exception:  # noqa: BLE001 - the last line of defence decides the exit code
        traceback.print_exc()
        _complain("this is a fault of the local stack, not of the template")
        return EXIT_HARNESS


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m reference_app",
        description="Run a SAM application with a WebSocket API on this machine until SIGINT or SIGTERM.",
    )
    parser.add_argument(
        "template",
        nargs="?",
        type=Path,
        default=_DEFAULT_TEMPLATE,
        help="SAM template (default: the reference app)",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=0, help="port to listen on (default: a free one)")
    parser.add_argument(
        "--control-port",
        type=_port,
        metavar="PORT",
        help="loopback port to control faults, trace and clock; 0 for a free one (default: none)",
    )
    parser.add_argument(
        "--ready-file", type=Path, metavar="FILE", help="target file to write once the stack is ready"
    )
    parser.add_argument(
        "--parameter",
        type=_assignment,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="value for a parameter of the template; may be repeated",
    )
    parser.add_argument(
        "--region", type=_region, default="us-east-1", help="AWS region of the stack (default: %(default)s)"
    )
    parser.add_argument(
        "--dynamodb-endpoint", metavar="URL", help="DynamoDB endpoint to use instead of the embedded one"
    )
    parser.add_argument(
        "--concurrency",
        type=_positive,
        default=10,
        metavar="N",
        help="most execution environments per function (default: %(default)s)",
    )
    parser.add_argument(
        "--unknown",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="choice for behaviour that AWS does not document; may be repeated",
    )
    parser.add_argument(
        "--unknowns", type=Path, metavar="FILE", help="file of such choices, one NAME=VALUE per line"
    )
    parser.add_argument("--quiet", action="store_true", help="do not show what the functions print")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: 0 to 65535")
    return int(text)


def _region(text: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}(-[a-z]+)+-\d+", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no AWS region: such as eu-west-1")
    return text


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return int(text)


def _assignment(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return name, value


async def _run(options: argparse.Namespace) -> int:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        await _serve(options)
    except asyncio.CancelledError:
        _say("stopped")
    return EXIT_OK


async def _serve(options: argparse.Namespace) -> None:
    """Run the stack until the task is cancelled."""
    started = time.monotonic()
    # Imported late: wrong arguments are answered at once.
    from reference_app.gateway.stack import Stack

    _prepare_ready_file(options.ready_file)
    if not _is_loopback(options.host):
        _complain(f"warning: {options.host} is not a loopback address: others can reach this stack")
    async with Stack(_stack_options(options)) as stack:
        _say(f"reading {options.template}")
        application = await asyncio.to_thread(_read, options)
        _say(f"starting {len(application.functions)} functions, {len(application.tables)} tables")
        running = await stack.deploy(application)
        with _ready_file(options.ready_file, running.ready):
            _say(f"ready in {time.monotonic() - started:.1f} s (Ctrl-C ends it)")
            for url in running.urls:
                _say(url)
            if running.control_url is not None:
                _say(f"controls: {running.control_url}/v1")
            await asyncio.Event().wait()


def _stack_options(options: argparse.Namespace) -> StackOptions:
    from reference_app.gateway.stack import StackOptions

    return StackOptions(
        host=options.host,
        port=options.port,
        control_port=options.control_port,
        concurrency=options.concurrency,
        dynamodb_endpoint=options.dynamodb_endpoint,
        unknowns=_unknowns(options),
        logs=None if options.quiet else sys.stderr,
        notify=_complain,
    )


def _unknowns(options: argparse.Namespace) -> Unknowns:
    """What the file says, overridden by what the command line says."""
    from reference_app.gateway.unknowns import UnknownsError, assignments_in, from_assignments

    table: list[str] = []
    if options.unknowns is not None:
        try:
            table = assignments_in(options.unknowns.read_text(encoding="utf-8"))
            from_assignments(table)
        except (OSError, ValueError) as error:
            raise StackError(f"--unknowns {options.unknowns}: {error}") from error
    try:
        return from_assignments([*table, *options.unknown])
    except UnknownsError as error:
        raise StackError(f"--unknown: {error}") from error


def _read(options: argparse.Namespace) -> Application:
    from reference_app.gateway.template.template import read_application

    application = read_application(options.template, dict(options.parameter), region=options.region)
    for warning in application.warnings:
        _complain(f"warning: {warning}")
    return application


def _prepare_ready_file(path: Path | None) -> None:
    """Take away the file of an earlier run, so that nobody takes it for this one's."""
    if path is None:
        return
    if not path.parent.is_dir():
        raise StackError(f"cannot write {path}: {path.parent} is not a folder")
    try:
        path.unlink(missing_ok=True)
    except OSError as refused:
        raise StackError(f"cannot write {path}: {refused.strerror}") from refused


@contextmanager
def _ready_file(path: Path | None, ready: Ready) -> Iterator[None]:
    """Leave the target file for as long as the stack runs."""
    from reference_app.gateway.ready_file import write_ready_file

    if path is None:
        yield
        return
    try:
        write_ready_file(path, ready)
    except OSError as refused:
        raise StackError(f"cannot write {path}: {refused.strerror}") from refused
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _say(text: str) -> None:
    _print(text, sys.stdout)


def _complain(text: str) -> None:
    _print(f"reference_app: {text}", sys.stderr)


def _print(text: str, stream: TextIO) -> None:
    try:
        print(text, file=stream, flush=True)
    except BrokenPipeError:
        return  # whoever read this has had enough; the stack runs on


if __name__ == "__main__":
    sys.exit(main())
