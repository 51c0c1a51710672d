"""The registry over real HTTP: people and their tokens, tables, and what runs here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from nameko.containers import ServiceContainer

from services.adapters.mongo import connect
from services.adapters.settings import token_hash
from services.console.stack import Stack
from services.console.stack.ports import claim
from services.contracts.csvfile import MARK
from services.contracts.directory import Directory
from services.registry.service import Registry
from tests import web
from tests.county import DIRECTORY
from tests.integration.bus import eventually, settings

pytestmark = pytest.mark.integration
Containers = Callable[..., ServiceContainer]
Ask = Callable[..., httpx.Response]
LI = {"id": "li", "name": "李娜", "roles": ["dispatcher"], "unit": "county"}
CSV = {"Content-Type": "text/csv; charset=utf-8"}


@pytest.fixture
def ask(stack: Stack, container_factory: Containers) -> Iterator[Ask]:
    """Ask a registry that holds the county; as its administrator, unless with another token."""
    port = claim(("registry",), {})["registry"]
    config = settings(stack, HAOPING_ADMIN_TOKEN_HASH=token_hash("root"))
    config |= {"WEB_SERVER_ADDRESS": f"127.0.0.1:{port}"}
    container_factory(Registry, config).start()
    with web.Client(timeout=30, base_url=f"http://127.0.0.1:{port}") as http:

        def asked(method: str, path: str, token: str = "root", **said: Any) -> httpx.Response:
            headers = {"Authorization": f"Bearer {token}", **said.pop("headers", {})}
            return http.request(method, path, headers=headers, **said)

        first = DIRECTORY.model_dump(mode="json") | {"version": 0}
        assert asked("PUT", "/v1/registry", json=first).json() == {"version": 1}
        yield asked
    db = connect(config["MONGO_URI"], config["MONGO_DATABASE"])
    db.client.drop_database(db.name)
    db.client.close()


def opens(ask: Ask, token: str) -> bool:
    """Whether anybody holds the token."""
    return ask("GET", "/v1/registry", token).status_code != httpx.codes.UNAUTHORIZED


def test_what_was_read_is_put_back_and_every_token_still_opens(ask: Ask) -> None:
    read = ask("GET", "/v1/registry").json()
    assert [each["token_hash"] for each in read["principals"]] == [None, None]
    assert ask("PUT", "/v1/registry", json=read).json() == {"version": 2}
    assert ask("GET", "/v1/people").json() == {"kiosk-1": True, "hall": True}
    eventually(lambda: opens(ask, "h") and opens(ask, "k"))


def test_a_person_is_registered_gets_a_token_another_and_none(ask: Ask) -> None:
    assert ask("PUT", "/v1/people/li", json=LI).is_success
    token = ask("POST", "/v1/people/li:token").json()["token"]
    eventually(lambda: opens(ask, token))
    changed = LI | {"name": "李娜（调岗）", "roles": ["scorer"]}
    assert ask("PUT", "/v1/people/li", json=changed).is_success
    assert opens(ask, token)
    another = ask("POST", "/v1/people/li:token").json()["token"]
    eventually(lambda: not opens(ask, token) and opens(ask, another))
    assert ask("DELETE", "/v1/people/li/token").json() == {"person": "li"}
    eventually(lambda: not opens(ask, another))
    people = Directory.model_validate(ask("GET", "/v1/registry").json()).principals
    assert [each.name for each in people if each.id == "li"] == ["李娜（调岗）"]


def test_a_persons_hash_is_taken_at_no_other_address(ask: Ask) -> None:
    refused = ask("PUT", "/v1/people/li", json=LI | {"token_hash": "mine"})
    assert refused.json()["errors"][0]["pointer"] == "/token_hash"
    assert ask("POST", "/v1/people/nobody:token").status_code == httpx.codes.NOT_FOUND
    assert ask("PUT", "/v1/people/wu", json=LI).status_code == httpx.codes.CONFLICT


def test_a_table_is_looked_at_first_and_put_in_force_as_a_whole(ask: Ask) -> None:
    table = "编号,名称,大厅,所属机构\nw1,一号窗口,大厅,tax\nw2,二号窗口,大厅,{}\n"
    where = "/v1/registry/windows:import"
    wrong, right = (table.format(unit).encode("gbk") for unit in ("gone", "land"))
    look, do = {"version": 1, "preview": True}, {"version": 1}
    seen = ask("POST", where, params=look, content=wrong, headers=CSV).json()
    assert [(each["row"], each["column"]) for each in seen["errors"]] == [(3, "unit")]
    refused = ask("POST", where, params=do, content=wrong, headers=CSV)
    assert refused.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert refused.json()["errors"][0]["pointer"] == "/rows/3/unit"
    seen = ask("POST", where, params=look, content=right, headers=CSV).json()
    assert (seen["added"], seen["changed"], seen["in_force"]) == (1, 1, False)
    assert ask("GET", "/v1/registry").json()["version"] == 1
    done = ask("POST", where, params=do, content=right, headers=CSV).json()
    assert (done["version"], done["in_force"]) == (2, True)
    late = ask("POST", where, params=do, content=right, headers=CSV)
    assert late.status_code == httpx.codes.CONFLICT
    assert opens(ask, "h")


def test_a_table_that_went_out_comes_back_unchanged(ask: Ask) -> None:
    for kind in ("units", "windows", "devices", "items", "people"):
        table = ask("GET", f"/v1/registry/{kind}:table")
        assert table.text.startswith(MARK)
        asked = {"version": 1, "preview": True}
        where = f"/v1/registry/{kind}:import"
        seen = ask("POST", where, params=asked, content=table.content, headers=CSV).json()
        assert (seen["errors"], seen["changes"]) == ([], [])
        assert ask("GET", f"/v1/registry/{kind}:table", params={"example": True}).is_success


def test_devices_are_listed_and_what_runs_here_is_told(ask: Ask) -> None:
    [device] = ask("GET", "/v1/devices").json()
    assert (device["device"], device["keys"], device["seen_at"]) == ("kiosk-1", 0, None)
    ask("POST", "/v1/devices/kiosk-1:code")
    assert ask("GET", "/v1/devices").json()[0]["code_until"] is not None
    runs = ask("GET", "/v1/installation").json()
    assert runs["trial"] == runs["database"].startswith("SecantusDB")
    assert runs["indexes"]["efficiency-index"].endswith("v1")
    assert ask("GET", "/v1/devices", "h").status_code == httpx.codes.FORBIDDEN
