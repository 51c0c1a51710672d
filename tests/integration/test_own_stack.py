"""What an operator has on a stack of their own: selftest, simulation and doctor find the way."""

from __future__ import annotations

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
        httpx.put(url, json=body, headers=headers).raise_for_status()
        known = {"Authorization": "Bearer s"}
        ratings = f"{running.url('capture')}/v1/ratings"
        eventually(lambda: httpx.post(ratings, headers=known).status_code != 401)
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
        token: httpx.get(address, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        for token in ("s", own.admin_token)
    }
    assert [answer.status_code for answer in asked.values()] == [403, 200]
    told = asked[own.admin_token].json()
    assert {each["channel"] for each in told["channels"]} >= {"tablet", "sms"}
    assert {"devices_heard", "devices_expected", "findings", "rules"} <= told.keys()
