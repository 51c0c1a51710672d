"""The simulation, against the real edge and store without sockets."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from clients.python.haoping_kiosk import Kiosk, Press
from services.console.fleet import Line, Odds, Office, account, fleet, run
from tests.hall import Hall

CALM = Odds(offline=0, answer_lost=0, clock_jumps=0, restarts=0, imaged_anew=0)
BAD_DAY = Odds(offline=200, answer_lost=300, clock_jumps=200, restarts=200, imaged_anew=50)


def office_of(hall: Hall) -> Office:
    """The services of a hall without sockets."""
    everything = dict.fromkeys(("registry", "capture", "store"), "http://hall")
    return Office(hall.client(), everything, "token")


def live_through(hall: Hall, folder: Path, seed: int = 1) -> list[Line]:
    """Three devices with forty presses each on a bad day."""
    devices = fleet(office_of(hall), 3, seed, folder, BAD_DAY)
    return run(devices, 40, time.monotonic() + 60, "land", hall.store_all)


def test_a_bad_day_reconciles(tmp_path: Path) -> None:
    lines = live_through(Hall(), tmp_path)
    assert [line.reconciles for line in lines] == [True] * 3
    assert [line.pressed for line in lines] == [40] * 3
    assert sum(line.resends for line in lines) > 0


def test_the_same_seed_has_the_same_luck(tmp_path: Path) -> None:
    first, second, other = (tmp_path / name for name in "abc")
    for folder in (first, second, other):
        folder.mkdir()
    one, two = (live_through(Hall(), folder) for folder in (first, second))
    assert one == two != live_through(Hall(), other, seed=2)


class Forgetful:
    """A way to send that says accepted and forgets every fifth press."""

    def __init__(self, kiosk: Kiosk) -> None:
        self.kiosk = kiosk

    def send(self, batch: list[Press]) -> list[dict[str, Any]]:
        """Drop what is to be dropped, send the rest, and say that all is well."""
        if kept := [press for press in batch if press["sequence"] % 5]:
            self.kiosk.post(kept)
        return [{"status": "accepted"}] * len(batch)


def test_a_transport_that_loses_presses_is_found_out(tmp_path: Path) -> None:
    hall = Hall()
    [device] = fleet(office_of(hall), 1, 1, tmp_path, CALM, Forgetful)
    device.office.register(device.name, "land")
    device.enrol()
    device.step(40)
    hall.store_all()
    line = account(device)
    assert (line.pressed, line.stored, line.missing) == (40, 32, 7)
    assert not line.reconciles


def test_nothing_more_than_was_pressed_may_be_stored() -> None:
    line = Line("d", pressed=5, least=3, sends=9, failures=0, stored=4, missing=1, resends=4)
    assert line.reconciles
    assert not replace(line, stored=6).reconciles
    assert not replace(line, stored=2).reconciles
    assert not replace(line, missing=3).reconciles
