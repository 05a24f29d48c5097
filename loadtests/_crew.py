"""What master and workers tell each other, over Locust's own messages.

The master's plan travels in the parsed options that Locust sends with each `spawn`; standings in the
reports that workers send it anyway. Beyond that the master tells its workers to finish, or to hurry;
they say at which point of their ending they are, and go on from there when it says so; and at last that
they have finished, or at first that they cannot take part. Workers on other hosts ask for the master's
time, and send it their record in pieces, which it acknowledges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from reports.history_writer import clock_name

from ._load_run import RunPlan
from ._options import Pace

TARGET = "target.toml"
CONTRACT = "contract.toml"
PLAN = "churnproof_plan"
"""The parsed option that carries the plan."""
STANDING = "churnproof_standing"
FINISH = "churnproof-finish"
HURRY = "churnproof-hurry"
AT = "churnproof-at"
GO = "churnproof-go"
FINISHED = "churnproof-finished"
REFUSED = "churnproof-refused"
CLOCK = "churnproof-clock"
RECORD = "churnproof-record"

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Order:
    """What a worker needs to take part in a run."""

    plan: RunPlan
    target: str
    """As `--target` takes it."""
    clock: str
    """The master's: workers that share it may record into its folder."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """Of the master's files that workers on other hosts need: TARGET, CONTRACT."""

    @property
    def is_near(self) -> bool:
        """Whether this process is on the master's machine, and sees its folder."""
        return self.clock == clock_name() and self.plan.folder.is_dir()

    def to_message(self) -> dict[str, Any]:
        """In the types that msgpack knows."""
        plan = {**asdict(self.plan), "folder": str(self.plan.folder.resolve())}
        return {"plan": plan, "target": self.target, "clock": self.clock, "texts": dict(self.texts)}

    @classmethod
    def from_message(cls, message: Json) -> Order:
        fields = dict(message["plan"])
        folder = Path(fields.pop("folder"))
        pace = Pace(**fields.pop("pace"))
        plan = RunPlan(folder=folder, pace=pace, **fields)
        return cls(plan, message["target"], message["clock"], message["texts"])
