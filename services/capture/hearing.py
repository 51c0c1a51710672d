"""Devices: their settings and heartbeats over HTTP, their presses over MQTT and AMQP."""

from collections.abc import Sequence
from datetime import UTC, datetime

from werkzeug.wrappers import Request

from services.adapters.breathing import breathing
from services.adapters.bus import Letter, consume_letters
from services.adapters.clock import SystemClock
from services.adapters.http import ANONYMOUS, api, read_json
from services.adapters.outcome import Done, Never, Outcome
from services.adapters.telemetry.metrics import pressed
from services.capture.answers import Times
from services.capture.devices import DeviceConfig, Heard, HeartbeatForm, config
from services.capture.opened import Opened, counted, outgoing
from services.capture.raw import Desk
from services.capture.repository import Heartbeats
from services.capture.wiring import Wired
from services.contracts import topology
from services.contracts.actor import Action, Actor


class Hearing(Wired):
    """Tells devices what to show, hears how they are, and opens their letters."""

    @consume_letters(topology.CAPTURE_RAW.name, size=256, within_ms=40)
    def take_letters(self, letters: Sequence[Letter]) -> list[Outcome]:
        """Take what came over MQTT and AMQP; a letter is done when the bus holds what was in it."""
        desk = self._desk()
        read = [desk.open(letter) for letter in breathing(letters)]
        opened = [each for each in read if isinstance(each, Opened)]
        self.bus.publish(*outgoing(opened, desk.wall))
        for (protocol, outcome), count in counted(letters, read).items():
            pressed(protocol, outcome, count)
        return [each if isinstance(each, Never) else Done() for each in read]

    @api("GET", "/v1/devices/me/config", Action.BE_A_DEVICE, answers=DeviceConfig)
    def get_config(self, request: Request, actor: Actor) -> DeviceConfig:
        """What the device that asks has to show, and the time here."""
        return config(actor.id, self.rules.current, self.clock.now(), SystemClock().now())

    @api(
        "POST",
        "/v1/devices/me/heartbeat",
        Action.BE_A_DEVICE,
        takes=HeartbeatForm,
        answers=Heard,
        audited=False,
    )
    def post_heartbeat(self, request: Request, actor: Actor) -> Heard:
        """Keep how the device is; every few minutes is often enough."""
        form = read_json(request, HeartbeatForm)
        Heartbeats(self.db).keep(actor.id, form, self.clock.now())
        return Heard(wall=SystemClock().now())

    @api("GET", "/v1/time", None, answers=Times)
    def time(self, request: Request, actor: Actor) -> dict[str, datetime]:
        """Business and wall time, for a device that wants to know how wrong its clock is."""
        return {"now": self.clock.now(), "wall": datetime.now(UTC)}

    def _desk(self) -> Desk:
        edge, wall = self._edge(ANONYMOUS), datetime.now(UTC)
        keys = self.devices
        return Desk(edge, self.registry.newest, wall, keys.is_authentic, keys.issued)
