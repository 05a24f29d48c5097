from __future__ import annotations

import resource

import pytest

from reference_app.gateway.descriptors import ENOUGH, allow_many

UNLIMITED = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("limits", "raised_to"),
    [
        ((1024, 4096), [(4096, 4096)]),
        ((1024, 1 << 30), [(ENOUGH, 1 << 30)]),
        ((1024, UNLIMITED), [(ENOUGH, UNLIMITED)]),
        ((4096, 4096), []),
        ((ENOUGH * 2, ENOUGH * 4), []),
        ((UNLIMITED, UNLIMITED), []),
    ],
)
def test_the_soft_limit_goes_up_as_far_as_useful_and_never_down(
    monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int], raised_to: list[tuple[int, int]]
) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _, wanted: asked.append(wanted))
    allow_many()
    assert asked == raised_to
