"""The clients that are compared, each as the command that runs it."""

from __future__ import annotations

import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from reports.history import KERNEL_TIME
from reports.history_reader import read_history
from reports.latency_counts import Nanoseconds

_ROOT = Path(__file__).parent.parent
_LOCUST = str(Path(sys.executable).with_name("locust"))
_HEADLESS = ("--headless", "--only-summary", "--loglevel", "WARNING")
_DELIVER_S = 1.0


@dataclass(frozen=True)
class Load:
    """What a client is to do."""

    url: str
    port: int
    connections: int
    messages_per_s: float
    folder: Path
    """Where it may write."""


@dataclass(frozen=True)
class Command:
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    directory: Path = _ROOT


@dataclass(frozen=True)
class Told:
    """What a client says of the latencies of its deliveries."""

    latencies_ns: Nanoseconds
    own_times: float
    """Share of the deliveries of which the kernel told the time of this very one."""


@dataclass(frozen=True)
class Subject(ABC):
    """A client under comparison; `fits` is what it can take, in deliveries a second on one core."""

    name: str
    fits: float

    @abstractmethod
    def command(self, load: Load) -> Command:
        """What to run; SIGINT ends it."""

    def told(
        self,
        load: Load,  # noqa: ARG002 - most say nothing
        since_ns: int,  # noqa: ARG002
        until_ns: int,  # noqa: ARG002
    ) -> Told | None:
        """What it says of messages that were intended between these times; None where it says nothing."""
        return None


@dataclass(frozen=True)
class CClient(Subject):
    program: Path

    def command(self, load: Load) -> Command:
        sizes = (load.port, load.connections, load.messages_per_s, 3600)
        return Command([str(self.program), *map(str, sizes)])


@dataclass(frozen=True)
class PlainLocust(Subject):
    def command(self, load: Load) -> Command:
        users = str(load.connections)
        locustfile = str(_ROOT / "benchmarks" / "plain_users.py")
        arguments = [_LOCUST, "-f", locustfile, *_HEADLESS, "--host", load.url, "-u", users, "-r", users]
        return Command(arguments, {**os.environ, "MESSAGES_PER_S": str(load.messages_per_s)})


@dataclass(frozen=True)
class Churnproof(Subject):
    """Ours: every delivery verified, recorded and judged."""

    options: tuple[str, ...] = ()

    def command(self, load: Load) -> Command:
        target = load.folder / "target.toml"
        message = '[message]\nsend = { message = "{payload}" }\nreceive = { message = "{payload}" }\n'
        target.write_text(f'url = "{load.url}"\n{message}[bounds]\ndeliver_s = {_DELIVER_S}\n')
        users = str(load.connections)
        arguments = [
            _LOCUST,
            "-f",
            "loadtests",
            *_HEADLESS,
            "--target",
            str(target),
            "-u",
            users,
            "-r",
            users,
        ]
        arguments += [
            "--talk-interval",
            str(load.connections / load.messages_per_s),
            "--payload-bytes",
            "104",
        ]
        return Command([*arguments, "--run-dir", str(load.folder / "run"), *self.options, "Talker"])

    def told(self, load: Load, since_ns: int, until_ns: int) -> Told:
        history = read_history(load.folder / "run")
        intended = {m.id: m.intended_ns for m in history.messages if since_ns <= m.intended_ns < until_ns}
        whole = history.deliveries.whole()
        heard = whole[np.isin(whole["message"], list(intended))]
        message, place = np.unique(heard["message"], return_inverse=True)
        times = np.array([intended[int(m)] for m in message], np.int64)
        own_times = np.count_nonzero(heard["flags"] & KERNEL_TIME) / max(1, len(heard))
        return Told(heard["at_ns"] - times[place], own_times)
