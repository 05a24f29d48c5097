"""`python -m reference_app.benchmark`: this stack beside serverless-offline, the reference beside boto3.

It prints what it measures and asserts nothing: the figures are this machine's, their ratios travel better.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import NoReturn

from reference_app.benchmark import measurements, stacks
from reference_app.benchmark.audience import BenchmarkError
from reference_app.benchmark.invocations import RUNTIMES, empty_invocations
from reference_app.benchmark.report import (
    Comparison,
    comparison_table,
    fan_out_table,
    growth_table,
    invocations_table,
)
from reference_app.benchmark.stacks import Serving
from reference_app.gateway.descriptors import allow_many
from reference_app.gateway.functions import npm_packages
from reference_app.gateway.functions.node_sdk import installed_sdk
from reference_app.gateway.functions.npm_packages import NpmError
from reference_app.gateway.stack_errors import NodeSdkError, StackError
from reference_app.gateway.user_cache import cache_folder

EXIT_HARNESS = 3
EXIT_USAGE = 4
PARTS = ("gateways", "invocations", "growth", "fan-out", "idle")
_LISTENERS = 100
_ROOT = stacks.FOLDER.parents[1]
_MANIFEST = stacks.FOLDER / "serverless_offline" / "package.json"


class _Parser(argparse.ArgumentParser):
    """argparse with this project's exit code for usage errors."""

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_USAGE, f"{self.prog}: {message}\n")


def main() -> int:
    """Run the parts that are asked for; returns the exit code."""
    options = _parser().parse_args()
    print(
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}"
    )
    allow_many()
    try:
        asyncio.run(_run(options))
    except (BenchmarkError, StackError) as error:
        print(f"reference_app.benchmark: {error}", file=sys.stderr)
        return EXIT_HARNESS
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m reference_app.benchmark", description=__doc__)
    parser.add_argument(
        "parts",
        nargs="*",
        type=_part,
        metavar="PART",
        help=f"what to measure: {', '.join(PARTS)} (all)",
    )
    parser.add_argument("--seconds", type=float, default=5.0, help="length of each broadcast (%(default)g)")
    parser.add_argument("--rounds", type=int, default=20, help="broadcasts of each fan-out (%(default)d)")
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        default=[100, 1000, 5000],
        help="connections of `growth` (%(default)s)",
    )
    parser.add_argument("--idle", type=int, default=10_000, help="connections of `idle` (%(default)d)")
    return parser


def _part(name: str) -> str:
    if name not in PARTS:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(PARTS)}")
    return name


async def _run(options: argparse.Namespace) -> None:
    measure = {
        "gateways": lambda: _gateways(options.seconds),
        "invocations": lambda: _invocations(options.seconds),
        "growth": lambda: _growth(options.sizes, options.seconds),
        "fan-out": lambda: _fan_out(options.rounds),
        "idle": lambda: _idle(options.idle),
    }
    for part in options.parts or PARTS:
        try:
            await measure[part]()
        except NodeSdkError as missing:
            print(f"\n{part} is skipped, its handlers are in Node.js: {missing}")


async def _gateways(seconds: float) -> None:
    cache = cache_folder()
    await installed_sdk(cache, print)  # or its download would count as time to ready
    try:
        packages = await npm_packages.installed(cache, "serverless-offline", [_MANIFEST], _announce)
    except NpmError as failed:
        print(f"\nNothing to compare with: serverless-offline cannot be installed ({failed.reason}).")
        packages = None
    compared = [await _measured(stacks.local_stack, seconds)]
    if packages is not None:
        for in_process in (False, True):

            def offline(in_process: bool = in_process) -> AbstractAsyncContextManager[Serving]:
                return stacks.serverless_offline(packages, in_process=in_process)

            try:
                compared.append(await _measured(offline, seconds))
            except (BenchmarkError, OSError) as failed:
                how = "in process" if in_process else "in worker threads"
                print(f"\nserverless-offline with handlers {how} cannot be measured: {failed}")
    print(comparison_table(compared, _LISTENERS))


async def _measured(start: Callable[[], AbstractAsyncContextManager[Serving]], seconds: float) -> Comparison:
    """Each figure is of a fresh stack: after thousands have left, serverless-offline is slow or gone."""
    async with start() as serving:
        handshakes = await measurements.handshakes(serving, seconds)
    async with (
        start() as serving,
        measurements.audience(serving, _LISTENERS) as (heard, speakers),
    ):
        delivered = await measurements.deliveries(serving, heard, speakers, seconds)
    return Comparison(
        serving.name,
        serving.ready_s,
        handshakes.count / handshakes.seconds,
        handshakes.cpu_s / handshakes.count,
        delivered.per_second,
        delivered.cpu_s / delivered.count,
    )


async def _invocations(seconds: float) -> None:
    print(invocations_table([await empty_invocations(runtime, seconds) for runtime in RUNTIMES]))


async def _growth(sizes: list[int], seconds: float) -> None:
    rows = []
    await installed_sdk(cache_folder(), print)
    async with stacks.local_stack() as serving:
        for size in sizes:
            async with measurements.audience(serving, size) as (heard, speakers):
                rows.append((size, await measurements.deliveries(serving, heard, speakers, seconds)))
    print(growth_table(rows))


async def _fan_out(rounds: int) -> None:
    async with (
        stacks.local_stack("fan_outs.yaml", ReferenceRoot=str(_ROOT)) as serving,
        measurements.audience(serving, _LISTENERS) as (heard, speakers),
    ):
        costs = await measurements.fan_out_costs(heard, speakers[0], rounds)
    print(fan_out_table(costs, _LISTENERS))


async def _idle(count: int) -> None:
    async with stacks.local_stack("fan_outs.yaml", ReferenceRoot=str(_ROOT)) as serving:
        each = await measurements.bytes_per_connection(serving, count)
    print(f"\n{count} idle connections at once: {each / 1024:.1f} KiB each in the gateway's process.")


def _announce(folder: Path) -> None:
    print(f"installing serverless-offline into {folder}; this happens once")


if __name__ == "__main__":
    sys.exit(main())
