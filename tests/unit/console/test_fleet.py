"""The simulation, against the real edge and store without sockets."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from clients.python.haoping_kiosk import Kiosk, Press
from services.console.account import Auditor, Line, complaints, settled
from services.console.fleet import Device, Odds, Office, Way, fleet, live_through, names
from tests.hall import Hall

CALM = Odds(offline=0, answer_lost=0, clock_jumps=0, restarts=0, imaged_anew=0)
BAD_DAY = Odds(offline=200, answer_lost=300, clock_jumps=200, restarts=200, imaged_anew=50)


def office_of(hall: Hall) -> Office:
    """The services of a hall without sockets."""
    everything = dict.fromkeys(("registry", "capture", "store"), "http://hall")
    return Office(hall.client(), everything, "token")


def account_of(hall: Hall, devices: Sequence[Device]) -> list[Line]:
    """What a bad day with forty presses for each device comes to."""
    until = time.monotonic() + 60
    live_through(devices, 40, until, "land")
    return settled(devices, until, hall.store_all)


def bad_day(hall: Hall, folder: Path, seed: int = 1) -> list[Line]:
    """Three devices on a bad day."""
    return account_of(hall, fleet(office_of(hall), names(3, seed), folder, BAD_DAY))


def test_a_bad_day_reconciles(tmp_path: Path) -> None:
    lines = bad_day(Hall(), tmp_path)
    assert [line.reconciles for line in lines] == [True] * 3
    assert [line.pressed for line in lines] == [40] * 3
    assert sum(line.resends for line in lines) > 0


def test_the_same_seed_has_the_same_luck(tmp_path: Path) -> None:
    first, second, other = (tmp_path / name for name in "abc")
    for folder in (first, second, other):
        folder.mkdir()
    one, two = (bad_day(Hall(), folder) for folder in (first, second))
    assert one == two != bad_day(Hall(), other, seed=2)


class Forgetful:
    """A way to send that says accepted and forgets every fifth press."""

    def __init__(self, kiosk: Kiosk, device: str) -> None:
        self.kiosk = kiosk

    def send(self, batch: list[Press]) -> list[dict[str, Any]]:
        """Drop what is to be dropped, send the rest, and say that all is well."""
        if kept := [press for press in batch if press["sequence"] % 5]:
            self.kiosk.post(kept)
        return [{"status": "accepted"}] * len(batch)

    def close(self) -> None:
        """Nothing to end."""


def test_a_transport_that_loses_presses_is_found_out_press_by_press(tmp_path: Path) -> None:
    hall = Hall()
    [device] = fleet(office_of(hall), ["d"], tmp_path, CALM, [Way("strange", Forgetful)])
    device.office.register(device.name, "land")
    device.enrol()
    device.step(40)
    hall.store_all()
    line = Auditor().line(device)
    assert (line.pressed, line.stored, line.reconciles) == (40, 32, False)
    assert line.lost == {(1, number) for number in range(5, 41, 5)}
    first, *others = complaints([device], [line])
    assert first.startswith("d over strange: press 5 of epoch 1 (")
    assert "not_seen_yet" in first
    assert len(others) == 7


def test_what_waits_or_was_refused_is_told_from_what_is_gone(tmp_path: Path) -> None:
    hall = Hall()
    [device] = fleet(office_of(hall), ["d"], tmp_path, CALM)
    device.office.register(device.name, "land")
    device.enrol()
    device.kiosk.press(5, "tablet", tags=["no such tag"])
    device.kiosk.flush()
    device.kiosk.press(5, "tablet")
    device.pressed[device.epoch] = 2
    refused, waits = complaints([device], [Auditor().line(device)])
    assert "was refused by the edge" in refused
    assert "no such tag" in refused
    assert "still waits in the outbox" in waits


def test_what_a_system_passed_on_is_asked_for_rating_by_rating(tmp_path: Path) -> None:
    hall = Hall()
    ways = [Way(), Way("passed on", token="h")]
    devices = fleet(office_of(hall), names(2, 1), tmp_path, BAD_DAY, ways)
    lines = account_of(hall, devices)
    assert [(line.way, line.reconciles) for line in lines] == [("http", True), ("passed on", True)]
    hall.db["ratings"].delete_one({"numbered.device": devices[1].name})
    assert [Auditor().line(device).reconciles for device in devices] == [True, False]


def test_only_once_and_only_what_was_pressed_may_be_stored() -> None:
    line = Line("d", "http", 5, 2, sends=9, failures=0, stored=4, resends=4, doubled=0, unknown=0)
    assert line.reconciles
    for wrong in ({"lost": frozenset({(1, 1)})}, {"doubled": 1}, {"unknown": 1}):
        assert not replace(line, **wrong).reconciles
