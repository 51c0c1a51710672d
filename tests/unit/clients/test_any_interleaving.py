"""The reference client against the real edge and store: each press is stored once, always."""

from __future__ import annotations

import json
import shutil
import tempfile
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
)

from clients.python.haoping_kiosk import Kiosk, Press
from clients.python.haoping_mqtt import letter_of
from services.capture.edge import LONGEST_WAIT
from services.contracts.directory import Device, Directory
from tests.county import DIRECTORY, NOON, RULES
from tests.hall import Hall

DEVICES = ("kiosk-1", "kiosk-2")
TOWN = Directory(
    version=1,
    units=DIRECTORY.units,
    windows=DIRECTORY.windows,
    devices=tuple(Device(id=name, name=name, unit="land") for name in DEVICES),
)
TOLERANCE = timedelta(seconds=RULES.rating.clock_tolerance_s)
YEARS = 3 * 365 * 86400
LONGEST_IN_QUEUE = LONGEST_WAIT - timedelta(days=1)
QUEUED_S = LONGEST_WAIT.total_seconds() + 1
DEVICE = st.sampled_from(DEVICES)
LOSES = st.sampled_from(("", "", "requests", "answers"))
WRONG = st.integers(-YEARS, YEARS)


class Line:
    """The network of one device: it may lose what is asked, or what is answered."""

    def __init__(self, hall: Hall) -> None:
        self.hall, self.loses = hall, ""

    def carry(self, request: httpx.Request) -> httpx.Response:
        """Ask the hall, unless the line is down."""
        if self.loses == "requests":
            raise httpx.ConnectError("offline", request=request)
        answer = self.hall.answer(request)
        if self.loses == "answers":
            raise httpx.ReadTimeout("the answer was lost", request=request)
        return answer

    def publish(self, kiosk: Kiosk, batch: list[Press]) -> list[dict[str, str]]:
        """Send one letter over MQTT; its acknowledgement may be lost as well."""
        if self.loses == "requests":
            raise httpx.ConnectError("offline")
        (device,) = kiosk.me("device")
        self.hall.publish(device, signed_letter(kiosk, batch))
        if self.loses == "answers":
            raise httpx.ReadTimeout("the acknowledgement was lost")
        return [{"status": "accepted"}] * len(batch)


def signed_letter(kiosk: Kiosk, batch: list[Press]) -> bytes:
    """What `haoping_mqtt` publishes."""
    (device,) = kiosk.me("device")
    return letter_of(kiosk, device, json.dumps(batch)).encode()


class Town(RuleBasedStateMachine):
    """Two kiosks, a hall and everything that goes wrong between them."""

    def __init__(self) -> None:
        super().__init__()
        self.hall, self.folder = Hall(TOWN), Path(tempfile.mkdtemp(prefix="haoping-"))
        self.wrong_by = dict.fromkeys(DEVICES, 0)
        self.lines = {name: Line(self.hall) for name in DEVICES}
        self.kiosks: dict[str, Kiosk] = {}
        self.pressed: dict[str, datetime] = {}
        self.exact: set[str] = set()
        self.slow: set[str] = set()
        self.punctual: set[str] = set()
        self.waiting: dict[str, set[str]] = {name: set() for name in DEVICES}
        self.lost: set[str] = set()

    def clock(self, device: str) -> float:
        """What the device takes for the time."""
        return self.hall.now.timestamp() + self.wrong_by[device]

    def ticks(self) -> float:
        """Seconds that never go back."""
        return (self.hall.now - NOON).total_seconds()

    def open(self, device: str) -> Kiosk:
        """A new process on the device's disk."""
        self.exact -= self.waiting[device]
        http = httpx.Client(transport=httpx.MockTransport(self.lines[device].carry))
        self.kiosks[device] = Kiosk(
            str(self.folder / f"{device}.db"),
            "http://hall",
            http,
            clock=lambda: self.clock(device),
            ticks=self.ticks,
        )
        return self.kiosks[device]

    @initialize()
    def set_up(self) -> None:
        """Enrol every device."""
        for device in DEVICES:
            self.open(device).enrol(self.hall.code(device))

    @rule(device=DEVICE, level=st.integers(1, 5), often=st.integers(1, 4))
    def press(self, device: str, level: int, often: int) -> None:
        """Somebody presses a face."""
        for _ in range(often):
            id = self.kiosks[device].press(level, "tablet")
            assert id not in self.pressed
            self.pressed[id] = self.hall.now
            self.exact.add(id)
            if self.wrong_by[device] == 0:
                self.punctual.add(id)
            if -QUEUED_S <= self.wrong_by[device] < 0:
                self.slow.add(id)
            self.waiting[device].add(id)

    @rule(device=DEVICE, loses=LOSES, by_mqtt=st.booleans(), waits=st.booleans())
    def flush(self, device: str, loses: str, by_mqtt: bool = False, waits: bool = False) -> None:
        """The device sends its outbox over a line that may fail on either way.

        In a queue a slow clock cannot be told from a long wait, so such a press is not exact; nor
        is one of a wrong clock whose letter waits.
        """
        self.lines[device].loses = loses
        line, kiosk = self.lines[device], self.kiosks[device]
        if by_mqtt:
            self.exact -= self.slow & self.waiting[device]
        if by_mqtt and waits:
            self.exact -= self.waiting[device] - self.punctual
        try:
            kiosk.flush(partial(line.publish, kiosk) if by_mqtt else None)
        except httpx.TransportError:
            assert loses
        else:
            self.waiting[device].clear()
        self.lines[device].loses = ""
        if not waits:
            self.hall.open_letters()

    @rule(device=DEVICE, levels=st.lists(st.integers(1, 5), min_size=1, max_size=3), loses=LOSES)
    def serve(self, device: str, levels: list[int], loses: str) -> None:
        """An ordinary hour: presses that are sent one by one."""
        for level in levels:
            self.press(device, level, 1)
            self.hall.pass_time(600)
            self.flush(device, loses)

    @rule(device=DEVICE)
    def restart(self, device: str) -> None:
        """The process dies, whatever it was doing, and comes back."""
        self.kiosks[device].db.close()
        self.open(device)

    @rule(device=DEVICE)
    def image_anew(self, device: str) -> None:
        """The disk is wiped with whatever was not confirmed, and the device enrolled again."""
        self.kiosks[device].db.close()
        for file in self.folder.glob(f"{device}.db*"):
            file.unlink()
        self.lost |= self.waiting[device]
        self.waiting[device] = set()
        self.open(device).enrol(self.hall.code(device))

    @rule(device=DEVICE, wrong_by=WRONG)
    def set_clock(self, device: str, wrong_by: int) -> None:
        """The device's clock jumps."""
        self.wrong_by[device] = wrong_by

    @rule(device=DEVICE, loses=st.sampled_from(("", "answers")))
    def rotate(self, device: str, loses: str) -> None:
        """The device asks for its next key; the answer may be lost."""
        try:
            self.lines[device].loses = loses
            self.kiosks[device].rotate()
        except (httpx.TransportError, httpx.HTTPStatusError):
            pass
        self.lines[device].loses = ""

    @rule(seconds=st.integers(1, 86400))
    def wait(self, seconds: int) -> None:
        """Time goes on; what waits at the broker is opened before it has waited too long."""
        if any(self.hall.now - since > LONGEST_IN_QUEUE for since, *_ in self.hall.letters):
            self.hall.open_letters()
        self.hall.pass_time(seconds)

    @rule()
    def open_letters(self) -> None:
        """The edge comes back and opens what has waited at the broker."""
        self.hall.open_letters()

    @rule(count=st.integers(1, 5), again=st.booleans())
    def deliver(self, count: int, again: bool) -> None:
        """The store takes a part of the bus; the broker may deliver that once more."""
        part = self.hall.bus[:count]
        self.hall.store(part)
        self.hall.bus = self.hall.bus[0 if again else count :]

    def teardown(self) -> None:
        """In the end everybody is online: now everything must be there, once."""
        for device, kiosk in self.kiosks.items():
            self.flush(device, "")
            assert kiosk.waiting() == []
            assert kiosk.db.execute("SELECT reason FROM refused").fetchall() == []
            kiosk.heartbeat()
            kiosk.db.close()
        self.hall.open_letters()
        self.hall.store_all()
        self.judge()
        shutil.rmtree(self.folder)

    def judge(self) -> None:
        """Once each, at the right time, none in quarantine, and no gap that nobody can explain."""
        stored = self.hall.stored()
        assert self.pressed.keys() - self.lost <= stored.keys() <= self.pressed.keys()
        assert self.hall.db["quarantine"].count_documents({}) == 0
        for id, at in stored.items():
            assert at <= self.hall.now + TOLERANCE
            if id in self.exact:
                assert abs(at - self.pressed[id]) <= TOLERANCE
        missing = sum(
            epoch.missing_count for device in DEVICES for epoch in self.hall.report(device).epochs
        )
        assert missing <= len(self.lost - stored.keys())


Town.TestCase.settings = settings(
    max_examples=30,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
test_any_interleaving_stores_each_press_once = Town.TestCase
