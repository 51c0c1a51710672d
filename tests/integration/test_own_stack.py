"""What an operator has on a stack of their own: selftest, simulation and doctor find the way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from services.adapters.settings import token_hash
from services.console.app import COMMANDS, program
from services.console.stack import Stack
from services.contracts.actor import Role
from services.contracts.directory import Directory, Principal
from tests import web
from tests.county import DIRECTORY
from tests.integration.bus import eventually

pytestmark = pytest.mark.integration
SERVICES = ("registry", "capture", "store")
SELFTEST = Principal(
    id="selftest", name="自检", roles=frozenset({Role.SYSTEM}), token_hash=token_hash("s")
)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with services on a private broker and database, and the county in its registry."""
    folder = tmp_path_factory.mktemp("own")
    nobody = {"AMQP_URI": "", "MONGO_URI": ""}
    with Stack(folder, services=SERVICES, environment=nobody) as running:
        people = (*DIRECTORY.principals, SELFTEST)
        county = Directory(units=DIRECTORY.units, windows=DIRECTORY.windows, principals=people)
        headers = {"Authorization": f"Bearer {running.admin_token}"}
        body = county.model_dump(mode="json")
        url = f"{running.url('registry')}/v1/registry"
        web.put(url, json=body, headers=headers).raise_for_status()
        known = {"Authorization": "Bearer s"}
        ratings = f"{running.url('capture')}/v1/ratings"
        eventually(lambda: web.post(ratings, headers=known).status_code != 401)
        yield running


def haoping(own: Stack, *words: str) -> Result:
    """Run a command beside the stack."""
    environment = {"HAOPING_STATE": str(own.layout.state), "COLUMNS": "240"}
    return CliRunner(env=environment).invoke(program(*COMMANDS), words)


def test_the_selftest_needs_no_more_than_a_system_of_its_own(own: Stack) -> None:
    for _ in range(2):
        result = haoping(own, "selftest", "--token", "s", "--window", "w1")
        assert result.exit_code == 0, result.output
    for path in ("http", "batch", "link", "plate", "mqtt", "amqp"):
        assert f"│ {path}" in result.output


def test_a_simulation_over_mqtt_gives_its_devices_users_on_the_broker(
    own: Stack, tmp_path: Path
) -> None:
    size = ("--devices", "2", "--presses", "5", "--protocol", "mqtt")
    result = haoping(own, "simulate", "--token", own.admin_token, "--unit", "land", *size)
    assert result.exit_code == 0, result.output
    assert "is stored, once." in result.output


def test_the_doctor_shows_what_the_watch_has_found(own: Stack) -> None:
    result = haoping(own, "doctor")
    assert "Watch: " in result.output
    assert "not one rating in 28 days" in result.output


def test_the_watch_is_for_who_may_read_the_work_list(own: Stack) -> None:
    address = f"{own.url('store')}/v1/watch"
    asked = {
        token: web.get(address, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        for token in ("s", own.admin_token)
    }
    assert [answer.status_code for answer in asked.values()] == [403, 200]
    told = asked[own.admin_token].json()
    assert {each["channel"] for each in told["channels"]} >= {"tablet", "sms"}
    assert {"devices_heard", "devices_expected", "findings", "rules"} <= told.keys()


def test_the_first_administrator_is_made_at_the_terminal_and_makes_the_others(own: Stack) -> None:
    made = haoping(own, "user", "add", "an", "安管理", "--administrator")
    assert made.exit_code == 0, made.output
    once = shown(made, "password")
    again = haoping(own, "user", "add", "wu", "吴", "--administrator")
    assert "There is an administrator already (an)" in str(again.exception)
    registry = own.url("registry")
    body = {"name": "an", "old": once, "new": "korrekt pferd batterie"}
    eventually(lambda: web.post(f"{registry}/v1/passwords", json=body).is_success)
    said = {"name": "an", "password": "korrekt pferd batterie"}
    session = web.post(f"{registry}/v1/sign-ins", json=said).json()["token"]
    of_an = ("--token", session)
    added = haoping(own, "user", "add", "wu", "吴", "--role", "scorer", "--unit", "county", *of_an)
    assert shown(added, "user") == "wu"
    assert shown(haoping(own, "user", "password", "wu", *of_an), "password")
    assert "locked by an" in haoping(own, "user", "lock", "wu", *of_an).output
    listed = haoping(own, "user", "list", *of_an).output
    assert re.search(r"│ wu +│ 吴 +│ scorer +│ locked by an", listed)
    assert "for one use" in haoping(own, "user", "unlock", "wu", *of_an).output


def test_a_token_is_issued_listed_and_revoked_at_the_terminal(own: Stack) -> None:
    admin = ("--token", own.admin_token)
    issued = haoping(own, "token", "issue", "selftest", "自检", "--role", "system", *admin)
    token, id = shown(issued, "token"), shown(issued, "id")
    errands = f"{own.url('capture')}/v1/errands"
    bearing = {"Authorization": f"Bearer {token}"}
    assert web.post(errands, headers=bearing).status_code != httpx.codes.UNAUTHORIZED
    assert re.search(rf"│ {id} +│ selftest", haoping(own, "token", "list", *admin).output)
    assert "opens nothing" in haoping(own, "token", "revoke", id, *admin).output
    assert web.post(errands, headers=bearing).status_code == httpx.codes.UNAUTHORIZED
    assert re.search(rf"│ {id} .* revoked", haoping(own, "token", "list", *admin).output)


def shown(result: Result, name: str) -> str:
    """What a command has printed under a name."""
    found = re.search(rf"^{name} +(\S+)", result.output, re.MULTILINE)
    assert found, result.output
    return found[1]
