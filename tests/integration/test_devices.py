"""Devices over real HTTP: enrol, sign, rotate, revoke, mistake the time, be imaged anew."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from nameko.containers import ServiceContainer

from clients.python.haoping_kiosk import Kiosk
from services.adapters.mongo import Db, connect
from services.adapters.registry import COLLECTION, CURRENT
from services.adapters.settings import token_hash
from services.capture.service import Capture
from services.console.stack import Stack
from services.console.stack.ports import claim
from services.contracts import topology
from services.contracts.signing import DEVICE, ID, sign
from services.registry.service import Registry
from services.store.service import Store
from tests import web
from tests.county import DIRECTORY
from tests.integration.bus import eventually, purge, settings, waiting

pytestmark = pytest.mark.integration
Containers = Callable[..., ServiceContainer]
ADMIN = {"Authorization": "Bearer root"}
SERVICES = {"capture": Capture, "registry": Registry, "store": Store}


@dataclass
class Town:
    """The running services."""

    http: httpx.Client
    urls: dict[str, str]
    db: Db
    amqp_uri: str

    def ask(self, method: str, service: str, path: str, **options: Any) -> httpx.Response:
        """What the administrator is answered, unless other headers are given."""
        return self.http.request(method, self.urls[service] + path, **{"headers": ADMIN, **options})

    def code(self, device: str = "kiosk-1") -> str:
        """A one-time code."""
        return str(self.ask("POST", "registry", f"/v1/devices/{device}:code").json()["code"])

    def enrol(self, kiosk: Kiosk) -> None:
        """Enrol at the registry, then talk to the edge."""
        kiosk.url = self.urls["registry"]
        kiosk.enrol(self.code())
        kiosk.url = self.urls["capture"]

    def rotate(self, kiosk: Kiosk) -> None:
        """Rotate at the registry."""
        kiosk.url = self.urls["registry"]
        kiosk.rotate()
        kiosk.url = self.urls["capture"]

    def report(self) -> list[dict[str, Any]]:
        """Gaps and repeats of the kiosk, once nothing is on its way."""
        queue = topology.STORE_RATINGS.name
        eventually(lambda: waiting(self.amqp_uri, queue) == 0)
        found: list[dict[str, Any]] = self.ask(
            "GET", "store", "/v1/devices/kiosk-1/sequences"
        ).json()["epochs"]
        return found

    def stored(self, count: int) -> None:
        """Wait until so many ratings are stored."""
        eventually(lambda: self.db["ratings"].count_documents({}) == count)


@pytest.fixture
def town(stack: Stack, container_factory: Containers) -> Iterator[Town]:
    """Edge, registry and store on real servers, with the county registered."""
    purge(stack.amqp_uri)
    ports = claim(tuple(SERVICES), {})
    config = settings(stack, HAOPING_ADMIN_TOKEN_HASH=token_hash("root"))
    db = connect(config["MONGO_URI"], config["MONGO_DATABASE"])
    registry = {"version": DIRECTORY.version, "directory": DIRECTORY.model_dump(mode="json")}
    db[COLLECTION].insert_one({"_id": CURRENT, **registry})
    for name, service in SERVICES.items():
        address = {"WEB_SERVER_ADDRESS": f"127.0.0.1:{ports[name]}"}
        container_factory(service, config | address).start()
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    with web.Client(timeout=30) as http:
        yield Town(http, urls, db, config["AMQP_URI"])
    db.client.drop_database(db.name)
    db.client.close()


def kiosk_of(town: Town, disk: Path, wrong_by: float = 0) -> Kiosk:
    """A process of the kiosk."""
    return Kiosk(str(disk), town.urls["capture"], town.http, lambda: time.time() + wrong_by)


@pytest.fixture
def kiosk(town: Town, tmp_path: Path) -> Kiosk:
    """A kiosk that was enrolled a moment ago."""
    kiosk = kiosk_of(town, tmp_path / "kiosk.db")
    town.enrol(kiosk)
    return kiosk


def status(failed: pytest.ExceptionInfo[httpx.HTTPStatusError]) -> int:
    """What the service answered."""
    return failed.value.response.status_code


def test_an_enrolled_device_signs_and_its_presses_are_stored(town: Town, kiosk: Kiosk) -> None:
    kiosk.press(5, "tablet", tags=["510"])
    kiosk.press(4, "tablet")
    assert kiosk.flush() == 2
    town.stored(2)
    [epoch] = town.report()
    assert (epoch["epoch"], epoch["stored"], epoch["missing"]) == (1, 2, [])
    assert {each["submitted_by"] for each in town.db["ratings"].find()} == {"kiosk-1"}


def test_the_key_is_kept_only_as_ciphertext_and_the_code_only_as_its_hash(
    town: Town, kiosk: Kiosk
) -> None:
    code = town.code()
    [ring] = town.db["device_keys"].find()
    (key,) = kiosk.me("key")
    assert key not in str(ring)
    assert code not in str(ring)
    assert ring["code_hash"] != code


def test_a_code_works_once(town: Town, kiosk: Kiosk) -> None:
    code = town.code()
    first, second = (
        town.ask("POST", "registry", "/v1/devices:enrol", json={"code": code}, headers={})
        for _ in range(2)
    )
    assert (first.status_code, first.json()["epoch"]) == (200, 2)
    assert second.status_code == 401
    assert "new one" in second.text


def test_only_a_registered_device_gets_a_code_and_only_from_an_administrator(town: Town) -> None:
    assert town.ask("POST", "registry", "/v1/devices/kiosk-9:code").status_code == 404
    hall = {"Authorization": "Bearer h"}
    answer = town.ask("POST", "registry", "/v1/devices/kiosk-1:code", headers=hall)
    assert answer.status_code == 403


def test_one_device_is_registered_without_touching_the_others(town: Town) -> None:
    entry = {"id": "kiosk-2", "name": "二号", "unit": "tax"}
    assert town.ask("PUT", "registry", "/v1/devices/kiosk-2", json=entry).status_code == 200
    assert town.ask("POST", "registry", "/v1/devices/kiosk-2:code").status_code == 200
    assert town.ask("POST", "registry", "/v1/devices/kiosk-1:code").status_code == 200
    wrong = entry | {"id": "a b"}
    assert town.ask("PUT", "registry", "/v1/devices/a b", json=wrong).status_code == 422
    nowhere = entry | {"unit": "nowhere"}
    assert town.ask("PUT", "registry", "/v1/devices/kiosk-2", json=nowhere).status_code == 422


def test_a_forged_device_is_refused(town: Town, kiosk: Kiosk) -> None:
    guessed = sign("kiosk-1", [b"guess" * 7], "m1", datetime.now(UTC), b"[]")
    unknown = sign("kiosk-9", [b"guess" * 7], "m1", datetime.now(UTC), b"[]")
    tampered = kiosk.signature(b"[]")
    for headers, body in ((guessed, b"[]"), (unknown, b"[]"), (tampered, b"[1]")):
        answer = town.ask("POST", "capture", "/v1/ratings:batch", content=body, headers=headers)
        assert (answer.status_code, "now" in answer.json()) == (401, False)


def test_a_wrong_clock_is_told_the_time_and_signs_again(
    town: Town, kiosk: Kiosk, tmp_path: Path
) -> None:
    wrong = kiosk_of(town, tmp_path / "kiosk.db", wrong_by=-3 * 365 * 86400)
    headers = wrong.signature(b"[]") | {"content-type": "application/json"}
    answer = town.ask("POST", "capture", "/v1/ratings:batch", content=b"[]", headers=headers)
    assert answer.status_code == 401
    here = datetime.fromisoformat(answer.json()["now"])
    assert abs((datetime.now(UTC) - here).total_seconds()) < 60
    wrong.press(5, "tablet")
    assert wrong.flush() == 1
    town.stored(1)
    [rating] = town.db["ratings"].find()
    assert abs((rating["pressed_at"] - datetime.now(UTC)).total_seconds()) < 60


def test_after_a_rotation_the_old_key_and_the_new_one_sign(town: Town, kiosk: Kiosk) -> None:
    (old,) = kiosk.me("key")
    town.rotate(kiosk)
    new, before = kiosk.me("key, key_before")
    assert before == old != new
    for key in (old, new):
        kiosk.db.execute("UPDATE self SET key = ?, key_before = NULL", (key,))
        kiosk.press(5, "tablet")
        assert kiosk.flush() == 1


def test_a_replayed_rotation_gives_nobody_a_key(town: Town, kiosk: Kiosk) -> None:
    body = b'{"purpose": "rotate"}'
    headers = kiosk.signature(body) | {"content-type": "application/json"}
    address = ("POST", "registry", "/v1/devices/me:rotate")
    first, again = (town.ask(*address, content=body, headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 409)
    assert "key" not in again.json()


def test_a_token_is_not_enough_to_rotate(town: Town, kiosk: Kiosk) -> None:
    headers = {"Authorization": "Bearer k", ID: "m1"}
    address = ("POST", "registry", "/v1/devices/me:rotate")
    answer = town.ask(*address, json={"purpose": "rotate"}, headers=headers)
    assert (answer.status_code, "Sign" in answer.text) == (401, True)


def test_a_device_that_never_had_a_key_cannot_be_revoked(town: Town) -> None:
    assert town.ask("DELETE", "registry", "/v1/devices/kiosk-1/keys").status_code == 404


def test_a_revoked_device_is_refused_and_keeps_its_outbox(town: Town, kiosk: Kiosk) -> None:
    kiosk.press(5, "tablet")
    assert kiosk.flush() == 1
    assert town.ask("DELETE", "registry", "/v1/devices/kiosk-1/keys").json() == {
        "device": "kiosk-1",
        "epoch": 1,
    }
    address = ("GET", "capture", "/v1/devices/me/config")
    eventually(lambda: town.ask(*address, headers=kiosk.signature(b"")).status_code == 401)
    kiosk.press(5, "tablet")
    with pytest.raises(httpx.HTTPStatusError) as refused:
        kiosk.flush()
    assert (status(refused), kiosk.count("outbox")) == (401, 1)
    town.enrol(kiosk)
    assert kiosk.flush() == 1


def test_a_re_imaged_kiosk_never_collides_with_its_past(
    town: Town, kiosk: Kiosk, tmp_path: Path
) -> None:
    for _ in range(2):
        kiosk.press(5, "tablet")
    kiosk.flush()
    kiosk.press(1, "tablet")
    kiosk.heartbeat()
    anew = kiosk_of(town, tmp_path / "new-disk.db")
    town.enrol(anew)
    anew.press(3, "tablet")
    assert anew.flush() == 1
    town.stored(3)
    past, present = town.report()
    assert (past["stored"], past["tail"]["numbers"], past["tail"]["unexplained"]) == (2, [3, 3], 1)
    assert (present["epoch"], present["stored"], present["missing"]) == (2, 1, [])
    assert town.db["quarantine"].count_documents({}) == 0


def test_a_gap_is_reported_and_what_is_in_quarantine_is_not_one(town: Town, kiosk: Kiosk) -> None:
    kiosk.press(5, "tablet")
    kiosk.press(5, "tablet")
    kiosk.press(5, "tablet", window="nowhere")
    kiosk.press(5, "tablet")
    with sqlite3.connect(kiosk.db.execute("PRAGMA database_list").fetchone()[2]) as tampering:
        tampering.execute("DELETE FROM outbox WHERE sequence = 2")
    tampering.close()
    kiosk.flush()
    town.stored(2)
    eventually(lambda: town.db["quarantine"].count_documents({}) == 1)
    [epoch] = town.report()
    assert (epoch["missing"], epoch["in_quarantine"]) == ([[2, 2]], [[3, 3]])


def test_a_count_that_does_not_fit_the_id_is_refused_with_the_recipe(
    town: Town, kiosk: Kiosk
) -> None:
    kiosk.press(5, "tablet")
    [row] = kiosk.waiting()
    press = kiosk._stamped(*row[2:]) | {"sequence": 7}
    with pytest.raises(httpx.HTTPStatusError) as refused:
        kiosk.call("POST", "/v1/ratings", press)
    assert status(refused) == 422
    assert "UUIDv5" in refused.value.response.text


def test_a_device_reads_its_settings_and_the_time(town: Town, kiosk: Kiosk) -> None:
    config = kiosk.call("GET", "/v1/devices/me/config")
    assert (config["device"], config["rules"]) == ("kiosk-1", "gansu-weiyuan v1")
    assert config["levels"]["5"] == "非常满意"
    assert {tag["code"] for tag in config["tags"]["5"]} >= {"510"}
    answer = town.ask("GET", "capture", "/v1/time", headers={})
    assert {"now", "wall"} <= answer.json().keys()


def test_a_bearer_token_still_works_and_is_no_device_signature(town: Town, kiosk: Kiosk) -> None:
    headers = {"Authorization": "Bearer guess", **kiosk.signature(b"")}
    assert {DEVICE, ID} <= headers.keys()
    address = ("GET", "capture", "/v1/devices/me/config")
    assert town.ask(*address, headers=headers).status_code == 401
    assert town.ask(*address, headers={"Authorization": "Bearer k"}).status_code == 200
