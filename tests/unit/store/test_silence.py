"""Devices that say too little are told; a hall that is closed is no silence."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from services.contracts.directory import Device
from services.store.silence import Sight, of_devices, silence
from tests.county import NOON, RULES

KIOSK = Device(id="kiosk-1", name="评价器", unit="land")
MINUTE = timedelta(minutes=1)
LIMIT = RULES.watch.silent_min * MINUTE


def kinds(sight: Sight, now: datetime = NOON) -> list[str]:
    """What is found about a device."""
    return [each.kind for each in of_devices([sight], now, RULES)]


def test_a_device_is_silent_after_so_long_and_not_before() -> None:
    assert kinds(Sight(KIOSK, NOON - LIMIT)) == ["device_silent"]
    assert kinds(Sight(KIOSK, NOON - LIMIT + MINUTE)) == []


@pytest.mark.parametrize(
    ("now", "silent"),
    [
        ("2020-03-05T09:59:00+08:00", None),
        ("2020-03-05T10:00:00+08:00", 60 * MINUTE),
        ("2020-03-05T16:59:00+08:00", 479 * MINUTE),
        ("2020-03-05T17:00:00+08:00", None),
        ("2020-03-07T12:00:00+08:00", None),
        ("2020-04-26T12:00:00+08:00", 180 * MINUTE),
    ],
)
def test_only_opening_hours_count_and_a_make_up_sunday_is_open(
    now: str, silent: timedelta | None
) -> None:
    sight = Sight(KIOSK, NOON - timedelta(days=1))
    assert silence(sight, datetime.fromisoformat(now), RULES) == silent


@pytest.mark.parametrize(
    ("opens", "closes", "now", "silent"),
    [
        ("00:00", "00:00", "2020-03-05T12:00:00+08:00", 720 * MINUTE),
        ("00:00", "00:00", "2020-03-05T23:59:00+08:00", 1439 * MINUTE),
        ("20:00", "06:00", "2020-03-05T23:00:00+08:00", 180 * MINUTE),
        ("20:00", "06:00", "2020-03-06T05:00:00+08:00", 540 * MINUTE),
        ("20:00", "06:00", "2020-03-07T05:00:00+08:00", 540 * MINUTE),
        ("20:00", "06:00", "2020-03-05T12:00:00+08:00", None),
    ],
)
def test_a_hall_that_never_closes_or_opens_at_night_hears_of_silence_too(
    opens: str, closes: str, now: str, silent: timedelta | None
) -> None:
    hours: Any = {"opens": time.fromisoformat(opens), "closes": time.fromisoformat(closes)}
    device = Device(id="kiosk-2", name="自助终端", unit="land", **hours)
    sight = Sight(device, NOON - timedelta(days=1))
    assert silence(sight, datetime.fromisoformat(now), RULES) == silent


def test_an_enrolled_device_that_was_never_heard_of_is_silent() -> None:
    [finding] = of_devices([Sight(KIOSK, None)], NOON, RULES)
    assert "never heard of since enrolment" in finding.detail


@pytest.mark.parametrize(
    ("depths", "grows"),
    [
        ((1, 2, 3, 4), True),
        ((9, 1, 2, 3, 4), True),
        ((1, 2, 3), False),
        ((1, 2, 2, 3), False),
        ((4, 3, 2, 1), False),
        ((0, 0, 0, 0), False),
    ],
)
def test_an_outbox_grows_when_every_heartbeat_says_more(
    depths: tuple[int, ...], grows: bool
) -> None:
    assert kinds(Sight(KIOSK, NOON, depths)) == ["outbox_growing"] * grows


def test_presses_that_were_refused_for_good_are_told() -> None:
    [finding] = of_devices([Sight(KIOSK, NOON, refused=3)], NOON, RULES)
    assert (finding.kind, finding.subject) == ("presses_refused", "kiosk-1")
    assert finding.detail.startswith("3 presses")
