"""The reference client: nothing that was pressed is ever lost by it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from clients.python.haoping_kiosk import Kiosk, Press
from services.adapters.bus.publisher import CONFIRM_TIMEOUT_S
from services.adapters.settings import ROOT
from services.contracts import sequence
from services.contracts.signing import SIGNATURE
from tests.county import NOON
from tests.hall import Hall


@pytest.fixture
def hall() -> Hall:
    """The services at noon."""
    return Hall()


@pytest.fixture
def disk(tmp_path: Path) -> str:
    """Where the kiosk keeps its outbox."""
    return str(tmp_path / "outbox.db")


def kiosk_on(disk: str, hall: Hall, wrong_by: float = 0) -> Kiosk:
    """A process of the kiosk, with a clock that is `wrong_by` seconds ahead."""

    def clock() -> float:
        return hall.now.timestamp() + wrong_by

    return Kiosk(disk, "http://hall", hall.client(), clock, ticks=hall.now.timestamp)


@pytest.fixture
def kiosk(disk: str, hall: Hall) -> Kiosk:
    """A kiosk that was enrolled a moment ago."""
    kiosk = kiosk_on(disk, hall)
    kiosk.enrol(hall.code("kiosk-1"))
    return kiosk


def test_it_computes_the_ids_that_the_edge_demands(kiosk: Kiosk) -> None:
    assert kiosk.press(5, "tablet") == str(sequence.rating_id("kiosk-1", 1, 1))
    assert kiosk.press(5, "tablet") == str(sequence.rating_id("kiosk-1", 1, 2))


def test_a_press_says_all_that_it_was_given(kiosk: Kiosk, hall: Hall) -> None:
    kiosk.press(1, "tablet", tags=["110"], phone="13800000000", comment="排队太久")
    assert kiosk.flush() == 1
    hall.store_all()
    [stored] = hall.db["ratings"].find()
    assert (stored["level"], stored["tags"], stored["contactable"]) == (1, ["110"], True)
    assert stored["numbered"] == {"device": "kiosk-1", "epoch": 1, "sequence": 1}
    assert stored["pressed_at"] == NOON


def test_before_it_is_enrolled_it_says_what_to_do(disk: str, hall: Hall) -> None:
    with pytest.raises(RuntimeError, match="enrol"):
        kiosk_on(disk, hall).press(5, "tablet")


def test_what_was_refused_for_good_is_kept_with_the_reason(kiosk: Kiosk, hall: Hall) -> None:
    kiosk.press(5, "tablet", tags=["no such tag"])
    kiosk.press(5, "tablet")
    assert kiosk.flush() == 1
    [(press, reason)] = kiosk.db.execute("SELECT press, reason FROM refused").fetchall()
    assert json.loads(press)["tags"] == ["no such tag"]
    assert "there is no tag" in reason
    assert kiosk.waiting() == []


def test_what_was_neither_accepted_nor_refused_stays(kiosk: Kiosk) -> None:
    def shrug(batch: list[Press]) -> Sequence[dict[str, Any]]:
        return [{"status": "perhaps"} for _ in batch]

    kiosk.press(5, "tablet")
    assert kiosk.flush(shrug) == 0
    assert kiosk.count("outbox") == 1


def test_an_answer_that_is_no_answer_removes_nothing(kiosk: Kiosk) -> None:
    """A captive portal answers everything with a page."""
    page = httpx.MockTransport(lambda request: httpx.Response(200, text="<html>Welcome</html>"))
    kiosk.http = httpx.Client(transport=page)
    kiosk.press(5, "tablet")
    with pytest.raises(ValueError, match="Expecting value"):
        kiosk.flush()
    assert kiosk.count("outbox") == 1


def test_it_waits_longer_than_the_edge_may_take_for_its_answer(disk: str) -> None:
    """Else a slow broker hears a weekend again and again, each time for nothing."""
    patience = Kiosk(disk, "http://hall").http.timeout.read
    assert patience is not None
    assert patience > CONFIRM_TIMEOUT_S


def test_a_wrong_clock_is_answered_with_the_time_and_the_request_signed_again(
    kiosk: Kiosk, disk: str, hall: Hall
) -> None:
    wrong = kiosk_on(disk, hall, wrong_by=-5 * 365 * 86400)
    wrong.press(5, "tablet")
    assert wrong.flush() == 1
    hall.store_all()
    assert set(hall.stored().values()) == {NOON}


def test_a_clock_that_was_ahead_before_a_restart_costs_no_press(
    kiosk: Kiosk, disk: str, hall: Hall
) -> None:
    kiosk_on(disk, hall, wrong_by=86400).press(5, "tablet")
    assert kiosk_on(disk, hall).flush() == 1
    hall.store_all()
    assert set(hall.stored().values()) == {NOON}


def test_a_backlog_goes_out_in_parts_and_in_order(kiosk: Kiosk) -> None:
    sent: list[list[int]] = []

    def take(batch: list[Press]) -> Sequence[dict[str, Any]]:
        sent.append([press["sequence"] for press in batch])
        return [{"status": "accepted"} for _ in batch]

    for _ in range(450):
        kiosk.press(5, "tablet")
    assert kiosk.flush(take) == 450
    assert [len(part) for part in sent] == [200, 200, 50]
    assert [number for part in sent for number in part] == list(range(1, 451))


def test_after_a_rotation_it_signs_with_both_keys(kiosk: Kiosk) -> None:
    kiosk.rotate()
    assert len(kiosk.signature(b"")[SIGNATURE].split()) == 2
    kiosk.press(5, "tablet")
    assert kiosk.flush() == 1


def test_enrolled_again_it_still_sends_what_it_had(kiosk: Kiosk, hall: Hall) -> None:
    kiosk.press(5, "tablet")
    kiosk.enrol(hall.code("kiosk-1"))
    kiosk.press(5, "tablet")
    assert kiosk.flush() == 2
    hall.store_all()
    assert [each.missing for each in hall.report("kiosk-1").epochs] == [[], []]


def test_an_epoch_that_is_given_again_is_counted_on(kiosk: Kiosk, hall: Hall) -> None:
    """The server was put back from the copy of before the enrolment; some presses are in queues."""
    thanked = [kiosk.press(5, "tablet"), kiosk.press(4, "tablet")]
    kiosk.flush()
    thanked.append(kiosk.press(3, "tablet"))
    hall.db["device_keys"].delete_many({})
    kiosk.enrol(hall.code("kiosk-1"))
    assert kiosk.me("epoch") == [1]
    thanked.append(kiosk.press(1, "tablet"))
    kiosk.flush()
    hall.store_all()
    assert hall.stored().keys() == set(thanked)
    assert hall.db["quarantine"].count_documents({}) == 0


def test_a_spare_that_becomes_another_device_goes_on_taking_presses(
    kiosk: Kiosk, hall: Hall
) -> None:
    spare = {"id": "kiosk-2", "name": "备用", "unit": "land"}
    hall.client().put("/v1/devices/kiosk-2", json=spare)
    kiosk.press(5, "tablet")
    kiosk.enrol(hall.code("kiosk-2"))
    kiosk.press(4, "tablet")
    assert kiosk.count("outbox") == 2


def test_the_heartbeat_tells_what_waits_and_what_was_refused(kiosk: Kiosk, hall: Hall) -> None:
    kiosk.press(5, "tablet", tags=["no such tag"])
    kiosk.flush()
    kiosk.press(5, "tablet")
    kiosk.heartbeat()
    [epoch] = hall.report("kiosk-1").epochs
    assert epoch.tail is not None
    assert epoch.heartbeat is not None
    assert (epoch.tail.numbers, epoch.tail.in_outbox, epoch.tail.unexplained) == ((1, 2), 1, 1)
    assert (epoch.heartbeat.last_sequence, epoch.heartbeat.refused) == (2, 1)


PRESS_FOR_EVER = """
import sys
from clients.python.haoping_kiosk import Kiosk
kiosk = Kiosk(sys.argv[1], "http://nowhere")
while True:
    print(kiosk.press(5, "tablet"), flush=True)
"""


def test_what_it_said_thanks_for_survives_kill_9(kiosk: Kiosk, disk: str, hall: Hall) -> None:
    """A real process is killed in the middle of pressing, three times over."""
    thanked: list[str] = []
    for _ in range(3):
        arguments = [sys.executable, "-c", PRESS_FOR_EVER, disk]
        with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            thanked += [process.stdout.readline().strip() for _ in range(20)]
            os.kill(process.pid, signal.SIGKILL)
            thanked += process.stdout.read().split()
    kiosk.flush()
    hall.store_all()
    assert set(thanked) <= hall.stored().keys()
    assert [each.missing for each in hall.report("kiosk-1").epochs] == [[]]


def test_half_a_character_in_one_comment_stops_no_outbox(kiosk: Kiosk, hall: Hall) -> None:
    kiosk.press(1, "tablet", comment="\u7b49\u4e86\u4e09\u5468\ud83d")
    kiosk.press(5, "tablet")
    assert kiosk.flush() == 2
    assert kiosk.count("outbox") == 0


def test_the_time_that_a_tablet_slept_is_no_fault_of_its_clock(
    disk: str, hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pressed on Friday without a network, asleep until Monday: it was pressed on Friday."""
    awake, asleep = 100.0, timedelta(hours=63)
    clocks = {time.CLOCK_BOOTTIME: awake}
    monkeypatch.setattr(time, "clock_gettime", clocks.__getitem__)
    kiosk = Kiosk(disk, "http://hall", hall.client(), clock=hall.now.timestamp)
    kiosk.enrol(hall.code("kiosk-1"))
    kiosk.press(5, "tablet")
    clocks[time.CLOCK_BOOTTIME] = awake + asleep.total_seconds()
    kiosk.clock = (hall.now + asleep).timestamp
    sent: list[Press] = []

    def send(batch: list[Press]) -> Sequence[dict[str, Any]]:
        sent.extend(batch)
        return [{"status": "accepted"}] * len(batch)

    assert kiosk.flush(send) == 1
    assert sent[0]["sent_at"] == (hall.now + asleep).astimezone(UTC).isoformat()
