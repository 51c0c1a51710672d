"""The edge of Haoping: takes presses and errands, and says 202 only when the bus holds them."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Annotated, Any

from annotated_types import Len
from werkzeug.wrappers import Request, Response

from services.adapters.bus import Bus, Letter, Publisher, consume_letters, packed
from services.adapters.clock import BusinessClock, Clock, SystemClock
from services.adapters.devices import DeviceKeys, Devices
from services.adapters.http import ANONYMOUS, Throttle, Windows, api, read_items, read_json
from services.adapters.ledger import LedgerKey
from services.adapters.mongo import Db, MongoDatabase
from services.adapters.openapi import Problem, document_of
from services.adapters.outcome import Done, Never, Outcome
from services.adapters.public import PublicUrl
from services.adapters.registry import Registry, RegistryCache
from services.adapters.rulebook import Rulebook, RulesInForce
from services.adapters.sealing import Sealer, Vault
from services.capture.answers import (
    LinkIssued,
    LinkShown,
    Live,
    RatingTaken,
    Ready,
    Sorted,
    Taken,
    Times,
)
from services.capture.batches import MAX_ITEMS, sort
from services.capture.devices import DeviceConfig, Heard, HeartbeatForm, config
from services.capture.edge import Edge
from services.capture.forms import ErrandForm, RatingForm
from services.capture.linking import Links
from services.capture.links import LinkForm, PlateForm, Said
from services.capture.raw import BODIES, Desk, Opened, outgoing
from services.capture.readiness import demand_ready
from services.capture.repository import INDEXES, Heartbeats, LinkUses
from services.contracts import asyncapi, topology
from services.contracts.actor import Action, Actor
from services.contracts.message import Message

CREATED, ACCEPTED = 201, 202
SVG = "image/svg+xml"
Batch = Annotated[list[Any], Len(1, MAX_ITEMS)]


class Capture:
    """HTTP in, bus out."""

    name = "capture"
    bus: Bus = Publisher()
    db: Db = MongoDatabase(INDEXES)
    clock: Clock = BusinessClock()
    rules: RulesInForce = Rulebook()
    sealer: Sealer = Vault()
    key: bytes = LedgerKey()
    registry: RegistryCache = Registry()
    devices: DeviceKeys = Devices()
    windows: Windows = Throttle()
    public_url: str = PublicUrl()

    @api(
        "POST",
        "/v1/ratings",
        Action.SUBMIT_RATING,
        takes=RatingForm,
        answers={ACCEPTED: RatingTaken},
    )
    def post_rating(self, request: Request, actor: Actor) -> tuple[int, dict[str, Any]]:
        """Take one press."""
        form, trace = read_json(request, RatingForm), str(uuid.uuid4())
        self.bus.publish_together(self._edge(actor).rating(form, trace), trace)
        return ACCEPTED, {"rating_id": str(form.rating_id), "status": "accepted", "trace": trace}

    @api(
        "POST",
        "/v1/ratings:batch",
        Action.SUBMIT_RATING,
        takes=Annotated[list[RatingForm], Len(1, MAX_ITEMS)],
        answers={ACCEPTED: Sorted},
    )
    def post_ratings(self, request: Request, actor: Actor) -> tuple[int, dict[str, Any]]:
        """Take a backlog of presses; each has its own result."""
        edge, trace = self._edge(actor), str(uuid.uuid4())
        items = read_items(request, Batch)
        sorting = sort(items, RatingForm, lambda form, at: edge.rating(form, f"{trace}/{at}"))
        self._publish(sorting.events, trace)
        return ACCEPTED, sorting.summary

    @api("POST", "/v1/errands", Action.REPORT_ERRAND, takes=ErrandForm, answers={ACCEPTED: Taken})
    def post_errand(self, request: Request, actor: Actor) -> tuple[int, dict[str, Any]]:
        """Take the report that one errand reached a stage."""
        form, trace = read_json(request, ErrandForm), str(uuid.uuid4())
        self.bus.publish_together(self._edge(actor).errand(form), trace)
        return ACCEPTED, {"status": "accepted", "trace": trace}

    @api(
        "POST",
        "/v1/errands:batch",
        Action.REPORT_ERRAND,
        takes=Annotated[list[ErrandForm], Len(1, MAX_ITEMS)],
        answers={ACCEPTED: Sorted},
    )
    def post_errands(self, request: Request, actor: Actor) -> tuple[int, dict[str, Any]]:
        """Take many reports of errands; each has its own result."""
        edge, items = self._edge(actor), read_items(request, Batch)
        sorting = sort(items, ErrandForm, lambda form, at: edge.errand(form))
        self._publish(sorting.events, str(uuid.uuid4()))
        return ACCEPTED, sorting.summary

    @api("POST", "/v1/links", Action.ISSUE_LINK, takes=LinkForm, answers={CREATED: LinkIssued})
    def post_link(self, request: Request, actor: Actor) -> tuple[int, LinkIssued]:
        """A signed link through which one errand can be rated once, for an SMS or a QR code."""
        return CREATED, self._links().issue(read_json(request, LinkForm), actor)

    @api("POST", "/v1/plates", Action.ISSUE_LINK, takes=PlateForm, answers={CREATED: LinkIssued})
    def post_plate(self, request: Request, actor: Actor) -> tuple[int, LinkIssued]:
        """The permanent link of a window, for a printed plate."""
        return CREATED, self._links().issue_plate(read_json(request, PlateForm), actor)

    @api("GET", "/v1/links/<token:token>", None, answers=LinkShown)
    def get_link(self, request: Request, actor: Actor, token: str) -> LinkShown:
        """What a link is about, and whether it is open, used or expired."""
        return self._links().show(token)

    @api("GET", "/v1/links/<token:token>.svg", None, answers={200: SVG})
    def get_picture(self, request: Request, actor: Actor, token: str) -> Response:
        """The QR code of a link."""
        return Response(self._links().picture(token), content_type=SVG)

    @api(
        "POST",
        "/v1/links/<token:token>/rating",
        None,
        takes=Said,
        answers={ACCEPTED: RatingTaken, 410: Problem},
    )
    def rate(self, request: Request, actor: Actor, token: str) -> tuple[int, RatingTaken]:
        """Rate through a link, once; the same sent twice is absorbed."""
        said = read_json(request, Said)
        return ACCEPTED, self._links().rate(
            token, said, self._edge, lambda event: self.bus.publish_together(event, event.receipt)
        )

    @consume_letters(topology.CAPTURE_RAW.name, size=256, within_ms=40)
    def take_letters(self, letters: Sequence[Letter]) -> list[Outcome]:
        """Take what came over MQTT and AMQP; a letter is done when the bus holds what was in it."""
        desk = self._desk()
        read = [desk.open(letter) for letter in letters]
        opened = [each for each in read if isinstance(each, Opened)]
        self.bus.publish(*outgoing(opened, desk.wall))
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

    @api("GET", "/v1/openapi.json", None)
    def openapi(self, request: Request, actor: Actor) -> dict[str, Any]:
        """This document: every address of the edge, and what it takes and answers."""
        return document_of(Capture)

    @api("GET", "/v1/asyncapi.json", None)
    def asyncapi(self, request: Request, actor: Actor) -> dict[str, Any]:
        """The other document: every channel of the bus, MQTT topics included."""
        return asyncapi.document(version("haoping"), BODIES)

    @api("GET", "/healthz", None, answers=Live)
    def healthz(self, request: Request, actor: Actor) -> dict[str, bool]:
        """The process lives."""
        return {"live": True}

    @api("GET", "/readyz", None, answers=Ready)
    def readyz(self, request: Request, actor: Actor) -> dict[str, bool]:
        """Whether every press that is acknowledged, over whichever protocol, ends in a queue."""
        demand_ready(self.bus.publish)
        return {"ready": True}

    def _desk(self) -> Desk:
        edge, wall = self._edge(ANONYMOUS), datetime.now(UTC)
        return Desk(edge, self.registry.current, wall, self.devices.is_authentic)

    def _links(self) -> Links:
        return Links(
            self.key,
            self.rules.current,
            self.registry.current,
            LinkUses(self.db),
            self.clock.now(),
            self.public_url,
            self.windows.pass_or_refuse,
        )

    def _edge(self, actor: Actor) -> Edge:
        return Edge(actor, self.rules.current, self.clock.now(), self.sealer.seal, self.key)

    def _publish(self, events: Sequence[Message], trace: str) -> None:
        if events:
            self.bus.publish(*packed(events, trace))
