"""Who uses the town while things break: devices on three protocols, a hall's system, officers."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx

from services.console.device import private_ports
from services.console.doors import MqttDoor
from services.console.fleet import Device, Odds, SimulationFailed, Way, fleet
from services.console.simulate import amqp_way
from services.console.stack import definitions, node
from services.contracts.sequence import rating_id
from tests.faults.account import Sent
from tests.faults.town import Town

LEVELS, WEIGHTS = (5, 4, 3, 2, 1), (75, 10, 5, 5, 5)
BAD_DAY = Odds(offline=200, answer_lost=200, clock_jumps=20, restarts=50, imaged_anew=0)
DEVICES, REST_S, BATCH = 4, 0.2, 8
PASSWORD = "system-hall-password"
MOVES = ("claim", "verify", "submit")
INVALID = {"level": 9}
TRANSIENT = (httpx.HTTPError, OSError, SimulationFailed)


@dataclass
class Availability:
    """When somebody was served, to tell for how long nobody was."""

    began: float = field(default_factory=time.monotonic)
    served: list[float] = field(default_factory=list)

    def note(self) -> None:
        """Somebody's press was confirmed."""
        self.served.append(time.monotonic())

    def longest_gap(self) -> float:
        """The longest time, in seconds, in which no press was confirmed."""
        moments = [self.began, *sorted(self.served)]
        return max((b - a for a, b in pairwise(moments)), default=0.0)


@dataclass
class Crowd:
    """A round's users; all they do is drawn from `seed`, and remembered in `sent`."""

    town: Town
    folder: Path
    seed: str
    sent: Sent
    served: Availability = field(default_factory=Availability)
    failures: list[BaseException] = field(default_factory=list)
    enrolled: set[str] = field(default_factory=set)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Crowd:
        jobs: list[Callable[[], None]] = [
            *(lambda d=device: self._carry(d) for device in self._devices()),
            self._pass_on,
            *(lambda u=unit: self._rectify(u) for unit in ("tax", "land")),
        ]
        for job in jobs:
            thread = threading.Thread(target=self._guarded, args=(job,), daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(self, *args: object) -> None:
        self._stop.set()
        for each in self._threads:
            each.join()

    def is_busy(self) -> bool:
        """Whether all have begun, and somebody was served."""
        return len(self.enrolled) == DEVICES and bool(self.served.served)

    def luck(self, who: str) -> random.Random:
        """The luck of one of them."""
        return random.Random(f"{self.seed} {who}")

    def _guarded(self, job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as error:  # noqa: BLE001 - told once the round is over
            self.failures.append(error)

    def _devices(self) -> list[Device]:
        named = [f"dev-{self.seed}-{n}" for n in range(DEVICES)]
        stack = self.town.stack
        ways = [
            Way(),
            Way("mqtt", MqttDoor.opened(stack.layout, named).line),
            amqp_way(_hall_uri(self.town), "hall"),
        ]
        devices = fleet(self.town.office(1), named, self.folder, BAD_DAY, ways)
        devices[-1].office = self.town.office(2)
        for device in devices:
            device.office.register(device.name, device.luck.choice(("tax", "land")))
        return devices

    def _carry(self, device: Device) -> None:
        """A device lives until the round is over, then sends what it still has."""
        self._enrol(device)
        while not self._stop.wait(REST_S):
            self._step(device)
        while device.kiosk.count("outbox"):
            self._flush(device)
            time.sleep(REST_S)
        self._confirm(device)
        device.close()

    def _enrol(self, device: Device) -> None:
        """Until it is done: whoever enrols a device tries again with another code."""
        while device.name not in self.enrolled:
            with suppress(*TRANSIENT):
                device.enrol()
                self.enrolled.add(device.name)

    def _step(self, device: Device) -> None:
        for _ in range(device.luck.randint(0, 2)):
            [level] = device.luck.choices(LEVELS, WEIGHTS)
            id = device.kiosk.press(level, "tablet")
            device.pressed[device.epoch] += 1
            self.sent.levels[id] = level
        device.step(0)
        self._confirm(device)

    def _flush(self, device: Device) -> None:
        with suppress(SimulationFailed):
            device.flush()
        self._confirm(device)

    def _confirm(self, device: Device) -> None:
        """What has left the outbox was confirmed."""
        waits = set(device.kiosk.db.execute("SELECT epoch, sequence FROM outbox"))
        done = {
            str(rating_id(device.name, *number)) for number in device.numbers if number not in waits
        }
        if done - self.sent.confirmed:
            self.served.note()
        self.sent.confirmed |= done

    def _pass_on(self) -> None:
        """A hall's system sends batches until each press has its answer."""
        luck, waiting = self.luck("hall"), dict[str, dict[str, Any]]()
        while not self._stop.wait(REST_S * 3) or waiting:
            if not self._stop.is_set():
                waiting |= self._pressed(luck)
            url = self.town.url(luck.choice(self.town.of("capture")))
            with suppress(*TRANSIENT):
                self._post(url, waiting)
            if self._stop.is_set():
                time.sleep(REST_S)

    def _pressed(self, luck: random.Random) -> dict[str, dict[str, Any]]:
        forms = {}
        for _ in range(luck.randint(1, BATCH)):
            id = str(uuid.UUID(int=luck.getrandbits(128), version=4))
            [level] = luck.choices(LEVELS, WEIGHTS)
            at = datetime.now(UTC).isoformat()
            form = {"rating_id": id, "level": level, "channel": "pc", "window": "w1"}
            forms[id] = {**form, "pressed_at": at}
            if luck.random() < self.town.invalid:
                forms[id] |= INVALID
            else:
                self.sent.levels[id] = level
        return forms

    def _post(self, url: str, waiting: dict[str, dict[str, Any]]) -> None:
        batch = list(waiting)[:500]
        answer = self.town.http.post(
            f"{url}/v1/ratings:batch",
            headers={"Authorization": "Bearer hall"},
            json=[waiting[id] for id in batch],
        )
        for id, result in zip(batch, answer.raise_for_status().json()["results"], strict=True):
            if result["status"] == "accepted":
                self.sent.confirmed.add(id)
                self.served.note()
            if result["status"] in ("accepted", "refused"):
                waiting.pop(id)

    def _rectify(self, unit: str) -> None:
        """An officer works at one case after the other; a move is sent until it is answered."""
        luck, number = self.luck(unit), 0
        while not self._stop.wait(REST_S * 2):
            with suppress(*TRANSIENT):
                number += 1
                self._move(unit, luck, f"{self.seed}-{unit}-{number}")

    def _move(self, unit: str, luck: random.Random, command_id: str) -> None:
        cases = self._ask(unit, luck, "GET", f"/v1/cases?limit=20&handler={unit}")["items"]
        if not cases:
            return
        id = luck.choice(cases)["id"]
        case = self._ask(unit, luck, "GET", f"/v1/cases/{id}")
        legal = [each["move"] for each in case["legal"] if each["move"] in MOVES]
        if not legal:
            return
        move = {"command_id": command_id, "move": legal[0], "expected_version": case["version"]}
        if legal[0] == "submit":
            move["text"] = "已整改"
        self._send_until_answered(unit, luck, id, move)

    def _send_until_answered(
        self, unit: str, luck: random.Random, id: str, move: dict[str, Any]
    ) -> None:
        while True:
            try:
                self._ask(unit, luck, "POST", f"/v1/cases/{id}/moves", move)
            except httpx.HTTPStatusError as error:
                if error.response.status_code < 500:
                    return
            except httpx.HTTPError:
                pass
            else:
                self.sent.commands[move["command_id"]] = id
                return
            if self._stop.wait(REST_S):
                return

    def _ask(self, unit: str, luck: random.Random, method: str, path: str, body: Any = None) -> Any:
        url = self.town.url(luck.choice(self.town.of("rectify"))) + path
        head = {"Authorization": f"Bearer officer-{unit}"}
        answer = self.town.http.request(method, url, headers=head, json=body)
        return answer.raise_for_status().json()


def _hall_uri(town: Town) -> str:
    """The broker as the hall's system knows it."""
    ports = private_ports(town.stack.layout) or {}
    node.add(town.stack.layout, ports, definitions.of_system("hall", PASSWORD))
    return f"amqp://system-hall:{PASSWORD}@{town.stack.amqp_uri.split('@')[1]}"
