"""What a local stack can make go wrong, piece by piece; each puts its faults in force and takes them back."""

from __future__ import annotations

from . import life_faults, post_faults
from .session import Session


def run(session: Session) -> None:
    """Does nothing where the target has no control endpoint."""
    if session.control is None:
        return
    session.phase("faults", "main")
    post_faults.run(session, session.control)
    life_faults.run(session, session.control)
