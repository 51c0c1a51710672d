"""Probes: presses that count nowhere, and the paths on which they are sent and looked for."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

import httpx

from clients.python.haoping_kiosk import Kiosk
from services.console.asking import NotAnswered, said
from services.console.transports import Transport
from services.contracts.vocabulary import Channel, Level

LOST = "sent, and not seen in the store in time"
LINK_VALID = timedelta(hours=1)
EVERY = tuple(Channel)
Told = dict[str, Any]


class By(StrEnum):
    """The paths on which a rating comes in."""

    HTTP = "http"
    BATCH = "batch"
    LINK = "link"
    PLATE = "plate"
    MQTT = "mqtt"
    AMQP = "amqp"


@dataclass
class Probe:
    """A press that counts nowhere, and what kept it from passing (None: nothing)."""

    path: str
    channel: Channel
    level: Level
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    obstacle: str | None = LOST


@dataclass(frozen=True)
class Place:
    """Where the services are, whose token asks, and the place and the time of the presses."""

    http: httpx.Client
    capture: str
    store: str
    token: str
    at: dict[str, str]
    now: datetime

    def form(self, probe: Probe) -> Told:
        """The probe as it is sent."""
        press = {"rating_id": probe.id, "level": int(probe.level), "channel": probe.channel.value}
        return {**press, **self.at, "pressed_at": self.now.isoformat(), "probe": True}

    def post(self, path: str, body: object) -> Any:
        """What the edge answers. Raises NotAnswered."""
        return self._ask("POST", self.capture + path, json=body)

    def find(self, probe: Probe) -> Told:
        """What the store says of a probe. Raises NotAnswered."""
        told: Told = self._ask("GET", f"{self.store}/v1/ratings/{probe.id}")
        return told

    def _ask(self, method: str, url: str, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            response = self.http.request(method, url, headers=headers, **options)
        except httpx.TransportError as error:
            raise NotAnswered(f"{url} does not answer ({error})") from None
        if response.is_error:
            raise NotAnswered(said(response))
        return response.json()


class Path(Protocol):
    """A way into the store."""

    @property
    def name(self) -> str:
        """How it is called."""

    @property
    def channels(self) -> tuple[Channel, ...]:
        """What can come by it."""

    def send(self, probes: Sequence[Probe]) -> None:
        """Send probes; whichever cannot be sent is given its obstacle."""

    def find(self, probe: Probe) -> Told:
        """What the store says of a probe to its sender. Raises NotAnswered."""


@contextmanager
def noting(probe: Probe, who: str = "the edge") -> Iterator[None]:
    """Whatever refuses the probe is its obstacle."""
    try:
        yield
    except NotAnswered as error:
        probe.obstacle = f"refused by {who}: {error.message}"


@dataclass(frozen=True)
class Single:
    """`POST /v1/ratings`, one by one."""

    place: Place
    name: str = By.HTTP
    channels: tuple[Channel, ...] = EVERY

    def send(self, probes: Sequence[Probe]) -> None:
        """One after the other."""
        for probe in probes:
            with noting(probe):
                self.send_one(probe)

    def send_one(self, probe: Probe) -> None:
        """One request. Raises NotAnswered."""
        self.place.post("/v1/ratings", self.place.form(probe))

    def find(self, probe: Probe) -> Told:
        """The token's holder asks."""
        return self.place.find(probe)


@dataclass(frozen=True)
class Batch(Single):
    """`POST /v1/ratings:batch`."""

    name: str = By.BATCH

    def send(self, probes: Sequence[Probe]) -> None:
        """One request; a refused item is told with its reason."""
        forms = [self.place.form(probe) for probe in probes]
        try:
            results = self.place.post("/v1/ratings:batch", forms)["results"]
        except NotAnswered as error:
            results = [{"status": "refused", "detail": error.message}] * len(probes)
        for probe, result in zip(probes, results, strict=True):
            if result["status"] != "accepted":
                wrong = "; ".join(
                    f"{e['pointer']}: {e['detail']}" for e in result.get("errors") or ()
                )
                probe.obstacle = f"refused by the edge: {result['detail']} {wrong}".rstrip()


@dataclass(frozen=True)
class Link(Single):
    """A signed link that goes out by SMS or as a QR code, about an errand of nobody."""

    name: str = By.LINK
    channels: tuple[Channel, ...] = (Channel.SMS, Channel.QR)

    def send_one(self, probe: Probe) -> None:
        """A link of its own, rated through once; the link decides the rating's id."""
        errand = {"source_system": "selftest", "errand_number": probe.id, **self.place.at}
        expires = (self.place.now + LINK_VALID).isoformat()
        asked = {**errand, "channel": probe.channel.value, "expires": expires, "probe": True}
        token = self.place.post("/v1/links", asked)["token"]
        rating = {"level": int(probe.level)}
        probe.id = self.place.post(f"/v1/links/{token}/rating", rating)["rating_id"]


@dataclass(frozen=True)
class Plate(Single):
    """The printed plate of a window."""

    name: str = By.PLATE
    channels: tuple[Channel, ...] = (Channel.QR,)

    def send_one(self, probe: Probe) -> None:
        """Through the plate that was drawn for probes, which decides the rating's id."""
        asked = {"window": self.place.at["window"], "probe": True}
        token = self.place.post("/v1/plates", asked)["token"]
        rating = {"level": int(probe.level), "press": probe.id}
        probe.id = self.place.post(f"/v1/links/{token}/rating", rating)["rating_id"]


@dataclass(frozen=True)
class Queued:
    """MQTT as a device, or AMQP as a system; nobody is answered there, so the store is asked.

    `kiosk` is the device that signs and asks; for a system it is None, and the token asks.
    """

    name: str
    place: Place
    line: Transport
    kiosk: Kiosk | None = None
    channels: tuple[Channel, ...] = EVERY

    def send(self, probes: Sequence[Probe]) -> None:
        """A letter for each, so that one does not cost the others."""
        for probe in probes:
            with noting(probe, "the broker"):
                self._publish(probe)

    def _publish(self, probe: Probe) -> None:
        try:
            self.line.send([self.place.form(probe)])
        except OSError as error:
            raise NotAnswered(str(error)) from None

    def find(self, probe: Probe) -> Told:
        """The sender asks."""
        if self.kiosk is None:
            return self.place.find(probe)
        self.kiosk.url = self.place.store
        try:
            told: Told = self.kiosk.call("GET", f"/v1/ratings/{probe.id}")
        except httpx.HTTPError as error:
            raise NotAnswered(str(error)) from None
        return told


@dataclass(frozen=True)
class Closed:
    """A path that cannot be tried, and what has to be done so that it can."""

    name: str
    why: str
    channels: tuple[Channel, ...] = EVERY

    def send(self, probes: Sequence[Probe]) -> None:
        """Say why not."""
        refuse(probes, f"not tried: {self.why}")

    def find(self, probe: Probe) -> Told:
        """Nothing was sent."""
        raise NotAnswered(self.why)


def refuse(probes: Sequence[Probe], obstacle: str) -> None:
    """Give all of them the same obstacle."""
    for probe in probes:
        probe.obstacle = obstacle


def drawn(path: Path, channels: Sequence[Channel]) -> Iterator[list[Probe]]:
    """Every level of every wanted channel that the path carries, channel by channel."""
    for channel in channels:
        if channel in path.channels:
            yield [Probe(path.name, channel, level) for level in Level]
