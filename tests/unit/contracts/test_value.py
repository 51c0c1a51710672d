"""A copy that differs from a value says so wherever something follows from it."""

from __future__ import annotations

from datetime import time

from services.contracts.directory import Device, Unit
from tests.county import DIRECTORY, RULES


def test_a_registry_with_another_unit_finds_it() -> None:
    assert "new" not in DIRECTORY.unit
    unit = Unit(id="new", name="新局", parent="county")
    more = DIRECTORY.model_copy(update={"units": (*DIRECTORY.units, unit)})
    assert more.unit["new"] == unit
    assert "new" in more.subtree("county") - DIRECTORY.subtree("county")


def test_a_device_with_other_hours_is_open_at_them() -> None:
    device = Device(id="k", name="评价器", unit="land")
    assert not device.is_open(time(20))
    assert device.model_copy(update={"closes": time(21)}).is_open(time(20))


def test_rules_with_another_ladder_make_other_due_times() -> None:
    ladder = RULES.ladder.model_copy(update={"rungs": ()})
    assert RULES.model_copy(update={"version": 9}).clockwork == RULES.clockwork
    assert RULES.model_copy(update={"ladder": ladder}).clockwork != RULES.clockwork
