"""Benches in small: that they measure what they say, not how fast it is."""

from __future__ import annotations

import pytest

from services.console.bench import scaling, telling
from services.console.stack import Stack

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def test_more_stores_on_more_partitions_are_measured_with_every_process(stack: Stack) -> None:
    many = {"null": 1600, "database": 400}
    result = scaling.run(stack, 1, lambda told: None, many)
    assert [bar.name for bar in result.bars] == ["scale_2_vs_1"]
    settings = {
        str(scaling.Setting(sink, p, s)) for sink in many for p in (1, 4) for s in (1, 2, 4)
    }
    assert {name.partition(":")[0] for name in result.raw} == settings
    assert all(each.median > 0 for name, each in result.raw.items() if name.endswith("ratings"))


def test_the_cost_of_telemetry_is_measured_on_the_same_presses(stack: Stack) -> None:
    result = telling.run(stack, 1, lambda told: None, 400)
    assert [bar.name for bar in result.bars] == ["telemetry_cost"]
    assert {len(figure.runs) for figure in result.raw.values()} == {2}
