"""A running edge, store and rectify, with the people of the small county and a hall's system."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from nameko.containers import ServiceContainer

from services.adapters.clock import MovableClock
from services.adapters.mongo import Db, connect
from services.adapters.settings import token_hash
from services.capture.service import Capture
from services.console.stack import Stack
from services.contracts.actor import Role
from services.contracts.directory import Directory, Principal
from services.rectify.service import Rectify
from services.store.service import Store
from tests import web
from tests.integration.bus import eventually, free_address, in_the_county
from tests.unit.rectify.county import DIRECTORY, MONDAY

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(100)
Containers = Callable[[type, Mapping[str, Any]], ServiceContainer]
PEOPLE = [p.model_copy(update={"token_hash": token_hash(p.id)}) for p in DIRECTORY.principals]
HALL = Principal(
    id="hall", name="大厅系统", roles=frozenset({Role.SYSTEM}), token_hash=token_hash("hall")
)
COUNTY = Directory(
    version=1,
    units=DIRECTORY.units,
    windows=DIRECTORY.windows,
    principals=(*PEOPLE, HALL),
)


@dataclass(frozen=True)
class Town:
    """The services of a small county, over HTTP."""

    db: Db
    edge: str
    desk: str

    def at(self, moment: datetime) -> None:
        """Move the business clock."""
        MovableClock(self.db).move_to(moment)

    def press(self, level: int = 1, **fields: Any) -> dict[str, Any]:
        """What the hall's system is answered for a press about the social security office."""
        said = {"rating_id": str(uuid.uuid4()), "level": level, "channel": "tablet", **fields}
        about = {"unit": "social", "pressed_at": MONDAY.isoformat()}
        answer = web.post(
            f"{self.edge}/v1/ratings", json={**about, **said}, headers=_bearer("hall")
        )
        assert answer.status_code == 202, answer.text
        taken: dict[str, Any] = answer.json()
        return taken

    def receipt(self, code: str, query: str = "") -> httpx.Response:
        """What the rater sees."""
        return web.get(f"{self.desk}/v1/receipts/{code}{query}")

    def until(self, code: str, **shown: Any) -> dict[str, Any]:
        """The receipt, once it shows this."""

        def there() -> dict[str, Any] | None:
            told: dict[str, Any] = self.receipt(code).json()
            return told if shown.items() <= told.items() else None

        found: dict[str, Any] = eventually(there)
        return found

    def ask(self, who: str, method: str, path: str, **options: Any) -> httpx.Response:
        """What a person is answered; everybody's token is their name."""
        headers = {**_bearer(who), **options.pop("headers", {})}
        return web.request(method, self.desk + path, headers=headers, timeout=30, **options)

    def move(self, who: str, case: str, what: str, **said: Any) -> httpx.Response:
        """Make a move on what is there now."""
        version = self.ask("du", "GET", f"/v1/cases/{case}").json()["version"]
        command = {"command_id": f"{who}-{version}", "move": what, "expected_version": version}
        return self.ask(who, "POST", f"/v1/cases/{case}/moves", json={**command, **said})

    def file(self, who: str, case: str) -> str:
        """The id of a picture that somebody files."""
        asked = {"command_id": "picture", "name": "a.png"}
        path = f"/v1/cases/{case}/evidence"
        return str(self.ask(who, "POST", path, params=asked, content=PICTURE).json()["id"])

    def case_of(self, rating_key: str) -> str:
        """The id of the case about a rating, once it is open."""
        about = {"rating_key": rating_key}
        return str(eventually(lambda: self.db["cases"].find_one(about))["_id"])


def _bearer(who: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {who}"}


@contextmanager
def town(
    stack: Stack,
    containers: Containers,
    directory: Directory = COUNTY,
    desks: int = 1,
    **over: str,
) -> Iterator[Town]:
    """The county at work on its Monday, for the length of a `with`; `desks` replicas of rectify."""
    with in_the_county(stack, directory, HAOPING_CLOCK="movable", **over) as config:
        db = connect(config["MONGO_URI"], config["MONGO_DATABASE"])
        MovableClock(db).move_to(MONDAY)
        urls = {}
        services: list[tuple[str, type]] = [
            ("capture", Capture),
            ("store", Store),
            *[("rectify", Rectify)] * desks,
        ]
        for name, service in services:
            address = free_address(name)
            containers(service, {**config, "WEB_SERVER_ADDRESS": address}).start()
            urls[name] = f"http://{address}"
        yield Town(db, urls["capture"], urls["rectify"])
        db.client.close()
