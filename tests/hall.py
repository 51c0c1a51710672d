"""A hall without sockets: what devices ask goes to the functions that the services call.

Answers come from the real edge, store, registry and signatures, on the database in memory; only
HTTP, the bus and the sealing of secrets are left out. The test owns the time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
from pydantic import TypeAdapter

from services.adapters.bus import Letter
from services.adapters.devices import DeviceKeys
from services.adapters.http import ANONYMOUS
from services.adapters.http.problems import dump, problem
from services.capture.batches import sort
from services.capture.devices import HeartbeatForm
from services.capture.edge import Edge
from services.capture.forms import RatingForm
from services.capture.opened import Opened
from services.capture.raw import Desk
from services.capture.repository import Heartbeats
from services.contracts import topology
from services.contracts.actor import Actor, Role
from services.contracts.directory import Device, Directory
from services.contracts.events import RatingSubmitted
from services.contracts.signing import ID, SIGNATURE, Signed
from services.errors import HaopingError, NotAuthenticated
from services.registry.devices import Enrolling, registered, with_device
from services.registry.repository import Keyrings, Registries
from services.store.batch import Storing
from services.store.counted import Counted
from services.store.forms import Whereabouts
from services.store.intake import Intake
from services.store.quarantine import Quarantine
from services.store.repository import Ratings
from services.store.whereabouts import whereabouts
from tests.county import DIRECTORY, NOON, RULES
from tests.fake import fake_database


class Plain:
    """Seals nothing."""

    def seal(self, fields: Mapping[str, str]) -> bytes:
        """The fields as they are."""
        return json.dumps(dict(fields)).encode()

    def open(self, sealed: bytes) -> dict[str, str]:
        """The fields again."""
        fields: dict[str, str] = json.loads(sealed)
        return fields


class Hall:
    """The services, at a time that the test sets, with a bus that the test empties."""

    def __init__(self, directory: Directory = DIRECTORY) -> None:
        self.db, self.now = fake_database(), NOON
        self.bus: list[RatingSubmitted] = []
        self.letters: list[tuple[datetime, str, bytes]] = []
        self.taken = 0
        Registries(self.db).replace(directory, "test")
        self.keys = DeviceKeys()
        connection = SimpleNamespace(db=self.db)
        self.keys.__dict__ |= {"connection": connection, "registry": self, "_sealer": Plain()}

    @property
    def current(self) -> Directory:
        """The registry in force."""
        return Registries(self.db).current()

    def pass_time(self, seconds: float) -> None:
        """Time goes on."""
        self.now += timedelta(seconds=seconds)

    def enrolling(self) -> Enrolling:
        """What the registry does for devices."""
        return Enrolling(Keyrings(self.db), Plain(), self.now)  # type: ignore[arg-type]

    def code(self, device: str) -> str:
        """A code from the administrator."""
        return self.enrolling().issue_code(self.current.device[device], "admin").code

    def client(self) -> httpx.Client:
        """An HTTP client whose requests end up here."""
        return httpx.Client(transport=httpx.MockTransport(self.answer), base_url="http://hall")

    def answer(self, request: httpx.Request) -> httpx.Response:
        """What the services say."""
        try:
            return httpx.Response(200, content=dump(self._route(request)))
        except HaopingError as error:
            said = problem(error)
            return httpx.Response(said.status_code, content=said.get_data())

    def _route(self, request: httpx.Request) -> Any:
        path, body = request.url.path, request.content
        routes: dict[str, Callable[[], Any]] = {
            "/v1/devices:enrol": lambda: self.enrolling().enrol(json.loads(body)["code"]),
            "/v1/devices/me:rotate": lambda: self.enrolling().rotate(
                self._signer(request).id, request.headers[ID]
            ),
            "/v1/devices/me/heartbeat": lambda: self._hear(self._signer(request), body),
            "/v1/ratings:batch": lambda: self._take(self._signer(request), json.loads(body)),
        }
        if path in routes:
            return routes[path]()
        if path.startswith("/v1/ratings/"):
            return self._find(request, path.removeprefix("/v1/ratings/"))
        return self._for_administrators(path.removeprefix("/v1/devices/"), body)

    def _for_administrators(self, asked: str, body: bytes) -> Any:
        if asked.endswith(":code"):
            device = registered(self.current, asked.removesuffix(":code"), self.now)
            return self.enrolling().issue_code(device, "admin")
        if asked.endswith("/sequences"):
            return self.report(asked.removesuffix("/sequences"))
        device = Device.model_validate_json(body)
        Registries(self.db).replace(with_device(self.current, device), "admin")
        return device

    def report(self, device: str) -> Any:
        """Gaps and repeats."""
        return Counted(self.db).report(device, self.keys.epoch(device))

    def _find(self, request: httpx.Request, id: str) -> Whereabouts:
        """A device asks for what it sent; any token finds everything."""
        ratings, rows = Ratings(self.db), Quarantine(self.db)
        if SIGNATURE in request.headers:
            return whereabouts(id, self._signer(request).id, ratings, rows)
        found = self.db["ratings"].find_one({"rating_id": id}) or {}
        return whereabouts(id, found.get("submitted_by", ""), ratings, rows)

    def _signer(self, request: httpx.Request) -> Actor:
        assert SIGNATURE in request.headers
        signed = Signed.read(request.headers)
        if not self.keys.is_authentic(signed, request.content, self.now):
            raise NotAuthenticated
        signed.demand_fresh(self.now)
        epoch = self.keys.issued(signed.device)
        return Actor(signed.device, frozenset({Role.DEVICE}), epoch=epoch)

    def _hear(self, actor: Actor, body: bytes) -> dict[str, str]:
        form = TypeAdapter(HeartbeatForm).validate_json(body)
        Heartbeats(self.db).keep(actor.id, form, self.now)
        return {"status": "kept"}

    def _take(self, actor: Actor, items: list[Any]) -> dict[str, Any]:
        self.taken += 1
        edge = Edge(actor, RULES, self.now, Plain().seal, b"k" * 32)
        sorting = sort(items, RatingForm, lambda form, at: edge.rating(form, f"{self.taken}/{at}"))
        self.bus += sorting.events
        return sorting.summary

    def publish(self, device: str, letter: bytes) -> None:
        """A letter over MQTT; the broker acknowledges whatever is in it, and keeps it."""
        self.letters.append((self.now, device, letter))

    def open_letters(self) -> None:
        """The edge opens every letter that waits at the broker."""
        for _, device, letter in self.letters:
            self._open(device, letter)
        self.letters = []

    def _open(self, device: str, letter: bytes) -> None:
        edge = Edge(ANONYMOUS, RULES, self.now, Plain().seal, b"k" * 32)
        desk = Desk(edge, self.current, self.now, self.keys.is_authentic, self.keys.issued)
        key = topology.raw_key(device)
        read = desk.open(Letter(1, letter, {}, key, None, topology.MQTT))
        assert isinstance(read, Opened), read
        assert len(read.events) == len(read.items), read.results
        self.bus += read.events

    def store(self, presses: list[RatingSubmitted]) -> None:
        """Store a batch the way the service does."""
        intake = Intake(self.current, RULES, self.now, {})
        seal = lambda press: press.model_dump_json().encode()  # noqa: E731
        Storing.on(self.db, intake, seal).store(presses)

    def store_all(self) -> None:
        """Empty the bus into the store."""
        self.store(self.bus)
        self.bus = []

    def stored(self) -> dict[str, datetime]:
        """Rating id → when it was pressed, by our clock; a double would be an error."""
        found = [(each["rating_id"], each["pressed_at"]) for each in self.db["ratings"].find()]
        assert len(dict(found)) == len(found)
        return dict(found)
