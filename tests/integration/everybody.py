"""All services in one process, and somebody of every role in each of two units to ask them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from nameko.containers import ServiceContainer

from services.adapters.ledger import Trail
from services.adapters.mongo import Db, connect
from services.adapters.settings import token_hash
from services.console.permissions import services
from services.console.stack import Stack
from services.contracts.actor import MAY, Action, Role
from services.contracts.directory import Device, Directory, Principal, Unit, Window
from tests import web
from tests.integration.bus import free_address, in_the_county

Containers = Callable[[type, Mapping[str, Any]], ServiceContainer]
ROOT = "root"
TOP, OWN, OTHER = "county", "tax", "land"
UNITS = (
    Unit(id=TOP, name="县政府"),
    Unit(id=OWN, name="税务局", parent=TOP),
    Unit(id=OTHER, name="自然资源局", parent=TOP),
)
WINDOWS = (
    Window(id="w1", name="1号窗口", hall="大厅", unit=OWN),
    Window(id="w2", name="2号窗口", hall="大厅", unit=OTHER),
)
PLANTED = ("planted-name-张三丰", "13800138000", "planted-mail@example.org")
"""A name, a telephone number and an address of mail that nobody may see who need not."""


def person(role: Role, unit: str) -> Principal:
    """Somebody of a role in a unit; the token is `role@unit`."""
    id = f"{role.value}@{unit}"
    windows = {OWN: "w1", OTHER: "w2"}
    at = windows.get(unit) if role is Role.CLERK else None
    return Principal(
        id=id,
        name=f"{PLANTED[0]} {id}",
        roles=frozenset({role}),
        unit=unit,
        window=at,
        token_hash=token_hash(id),
        mail=PLANTED[2],
    )


def all_but(action: Action) -> str:
    """The token of somebody who has every role but those that may do this."""
    return f"all-but-{action.value}"


def outsider(action: Action) -> Principal:
    """Whoever has that token."""
    id = all_but(action)
    roles = frozenset(Role) - MAY[action]
    return Principal(id=id, name=id, roles=roles, unit=TOP, token_hash=token_hash(id))


COUNTY = Directory(
    version=1,
    units=UNITS,
    windows=WINDOWS,
    devices=(
        Device(id="kiosk-1", name="评价器", unit=OWN, window="w1"),
        Device(id="kiosk-2", name="评价器", unit=OTHER, window="w2"),
    ),
    principals=(
        *(person(role, unit) for role in Role for unit in (TOP, OWN, OTHER)),
        *(outsider(action) for action in Action),
    ),
)


@dataclass
class Everybody:
    """The running services, and sessions at the pages by token."""

    db: Db
    urls: Mapping[str, str]
    containers: Mapping[str, ServiceContainer]
    http: httpx.Client
    sessions: dict[str, tuple[dict[str, str], str]] = field(default_factory=dict)

    def ask(
        self, service: str, method: str, path: str, token: str | None, **said: Any
    ) -> httpx.Response:
        """What whoever holds a token is answered."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= said.pop("headers", {})
        return self.http.request(method, self.urls[service] + path, headers=headers, **said)

    def trail(self, service: str) -> Trail:
        """The audit of a service."""
        found = (e for e in self.containers[service].subextensions if isinstance(e, Trail))
        return next(found)


@contextmanager
def running(
    stack: Stack, container_factory: Containers, *names: str, **over: str
) -> Iterator[Everybody]:
    """Some of the services, or all, on an empty bus and a database of their own."""
    with ExitStack() as stacked:
        token = {"HAOPING_ADMIN_TOKEN_HASH": token_hash(ROOT)}
        config = stacked.enter_context(in_the_county(stack, COUNTY, **token, **over))
        chosen = {name: kind for name, kind in services().items() if not names or name in names}
        addresses = {name: free_address(name) for name in chosen}
        urls = {name: f"http://{address}" for name, address in addresses.items()}
        started = {
            name: container_factory(
                kind,
                {**config, "WEB_SERVER_ADDRESS": addresses[name], "HAOPING_SERVICES": urls},
            )
            for name, kind in chosen.items()
        }
        for container in started.values():
            container.start()
        db = connect(config["MONGO_URI"], config["MONGO_DATABASE"])
        stacked.callback(db.client.close)
        http = stacked.enter_context(web.Client(timeout=30, trust_env=False))
        yield Everybody(db, urls, started, http)


@contextmanager
def town_of(stack: Stack, **over: str) -> Iterator[Everybody]:
    """All services until the `with` ends: the containers of nameko's fixture end with each test."""
    made: list[ServiceContainer] = []

    def factory(kind: type, config: Mapping[str, Any]) -> ServiceContainer:
        made.append(ServiceContainer(kind, config))
        return made[-1]

    with running(stack, factory, **over) as everybody:
        yield everybody
        for container in made:
            container.kill()


def press(**fields: Any) -> dict[str, Any]:
    """A bad press at window w1 with a planted rater, unless told otherwise."""
    said = {"rating_id": str(uuid.uuid4()), "level": 1, "channel": "tablet", "window": "w1"}
    named = {"name": PLANTED[0], "phone": PLANTED[1], "comment": f"call {PLANTED[1]}"}
    return {**said, **named, "pressed_at": "2026-11-02T02:00:00Z", **fields}
