"""What master and workers tell each other, over Locust's own messages.

The master's plan travels in the parsed options that Locust sends with each `spawn`; standings in the
reports that workers send it anyway. Beyond that the master tells its workers to finish, or to hurry;
they say at which point of their ending they are, and go on from there when it says so; and at last that
they have finished, or at first that they cannot take part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from conformance.harness.errors import UsageError
from reports.history_writer import clock_name

from ._load_run import RunPlan
from ._options import Pace

PLAN = "churnproof_plan"
"""The parsed option that carries the plan."""
STANDING = "churnproof_standing"
FINISH = "churnproof-finish"
HURRY = "churnproof-hurry"
AT = "churnproof-at"
GO = "churnproof-go"
FINISHED = "churnproof-finished"
REFUSED = "churnproof-refused"

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Order:
    """What a worker needs to take part in a run."""

    plan: RunPlan
    target: str
    """As `--target` takes it."""
    clock: str
    """The master's: workers record into its folder, and their times are compared with each other's."""

    def to_message(self) -> dict[str, Any]:
        """In the types that msgpack knows."""
        plan = {**asdict(self.plan), "folder": str(self.plan.folder.resolve())}
        return {"plan": plan, "target": self.target, "clock": self.clock}

    @classmethod
    def from_message(cls, message: Json) -> Order:
        """Raises UsageError when this worker does not share the master's machine."""
        fields = dict(message["plan"])
        folder = Path(fields.pop("folder"))
        pace = Pace(**fields.pop("pace"))
        if message["clock"] != clock_name() or not folder.is_dir():
            raise UsageError(
                f"this worker is on another machine than the master: it cannot record into {folder}; "
                "for now all workers must run on the master's machine"
            )
        return cls(RunPlan(folder=folder, pace=pace, **fields), message["target"], message["clock"])
