from __future__ import annotations

import json

import pytest

from reference_app.benchmark.audience import BenchmarkError
from reference_app.benchmark.measurements import FanOutCost
from reference_app.benchmark.stacks import FOLDER
from reference_app.gateway.functions.node_runtime import SDK_MANIFESTS


def test_costs_add_up() -> None:
    answer = b'{"cpu_s": 0.5, "delivered": 100}'
    assert FanOutCost(0.5, 100).plus(answer, 100).per_cpu_second == 200


def test_a_delivery_that_failed_voids_the_measurement() -> None:
    with pytest.raises(BenchmarkError, match="99 of 100"):
        FanOutCost().plus(b'{"cpu_s": 0.5, "delivered": 99}', 100)


def test_both_stacks_run_the_same_sdk() -> None:
    manifests = (FOLDER / "serverless_offline" / "package.json", SDK_MANIFESTS[0])
    name = "@aws-sdk/client-apigatewaymanagementapi"
    theirs, ours = (json.loads(path.read_text())["dependencies"][name] for path in manifests)
    assert theirs == ours
