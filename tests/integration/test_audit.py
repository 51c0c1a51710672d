"""The audit over real HTTP: what was done is in it, with old and new values, and nothing else."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from nameko.containers import ServiceContainer
from nameko.testing.services import entrypoint_hook
from typer.testing import CliRunner

from services.adapters.ledger import AUDIT, AuditChain, writer
from services.adapters.mongo import connect
from services.adapters.settings import token_hash
from services.console.audit import audit_app
from services.console.stack import Stack
from services.contracts.csvfile import MARK
from tests.integration.bus import eventually
from tests.integration.everybody import OTHER, OWN, PLANTED, ROOT, TOP, Everybody, running

pytestmark = pytest.mark.integration
Containers = Callable[[type, Mapping[str, Any]], ServiceContainer]
LI = {"id": "li", "name": "李娜", "roles": ["dispatcher"], "unit": OWN}
SUPERVISOR = f"supervisor@{TOP}"


@pytest.fixture
def town(stack: Stack, container_factory: Containers) -> Iterator[Everybody]:
    """The registry."""
    with running(stack, container_factory, "registry") as everybody:
        yield everybody


def entries(town: Everybody, token: str = ROOT, **asked: Any) -> list[dict[str, Any]]:
    """What somebody reads of it, the newest first."""
    answer = town.ask("registry", "GET", "/v1/audit", token, params=asked)
    assert answer.is_success, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def haoping(town: Everybody, *said: str) -> Any:
    """What the command says."""
    where = ("--url", town.urls["registry"], "--token", ROOT)
    return CliRunner().invoke(audit_app, [*said, *where], env={"COLUMNS": "200"})


def test_a_change_is_told_with_old_and_new_values_but_without_names_and_hashes(
    town: Everybody,
) -> None:
    assert town.ask("registry", "PUT", "/v1/people/li", ROOT, json=LI).is_success
    token = town.ask("registry", "POST", "/v1/people/li:token", ROOT).json()["token"]
    assert town.ask(
        "registry", "PUT", "/v1/people/li", ROOT, json=LI | {"roles": ["scorer"]}
    ).is_success
    last, given, first = entries(town, action="change_registry")
    changed = {each["field"]: (each["old"], each["new"]) for each in last["changes"]}
    assert changed["principals/li/roles"] == (["dispatcher"], ["scorer"])
    assert changed["version"] == (3, 4)
    assert (first["actor"], first["roles"], first["address"]) == (
        "administrator",
        ["administrator"],
        "127.0.0.1",
    )
    assert next(each["field"] for each in given["changes"]) == "principals/li/token_hash"
    kept = str(list(town.db[AUDIT].find()))
    assert not any(secret in kept for secret in ("李娜", token, token_hash(token), *PLANTED))


def test_exports_and_denials_are_in_it_and_looking_is_not(town: Everybody) -> None:
    assert town.ask("registry", "GET", "/v1/registry", ROOT).is_success
    assert town.ask("registry", "GET", "/v1/registry/people:table", ROOT).is_success
    assert town.ask("registry", "GET", "/v1/registry", f"clerk@{OWN}").status_code == 403
    for _ in range(30):
        assert town.ask("registry", "GET", "/v1/registry", "stolen").status_code == 401
    eventually(lambda: len(entries(town)) == 3)
    seen = {(each["actor"], each["route"], each["outcome"]) for each in entries(town)}
    assert seen == {
        ("administrator", "GET /v1/registry/<kind>:table", "done"),
        (f"clerk@{OWN}", "GET /v1/registry", "denied"),
        ("anonymous", "GET /v1/registry", "denied"),
    }
    town.containers["registry"].stop()
    (counted,) = town.db[AUDIT].find({"count": {"$gt": 1}})
    assert (counted["count"], counted["status"]) == (29, 401)


def test_a_supervisor_reads_of_the_administrator_too_and_another_of_the_own_unit(
    town: Everybody,
) -> None:
    for device in ("kiosk-1", "kiosk-2"):
        assert town.ask("registry", "POST", f"/v1/devices/{device}:code", ROOT).is_success
    assert {each["object"] for each in entries(town, SUPERVISOR)} == {"kiosk-1", "kiosk-2"}
    assert [each["object"] for each in entries(town, f"supervisor@{OTHER}")] == ["kiosk-2"]
    refused = town.ask("registry", "GET", "/v1/audit", f"dispatcher@{TOP}")
    assert refused.status_code == 403


def test_the_command_names_the_first_entry_that_is_wrong(town: Everybody, tmp_path: Path) -> None:
    for _ in range(4):
        town.ask("registry", "POST", "/v1/devices/kiosk-1:code", ROOT)
    whole = haoping(town, "verify")
    assert (whole.exit_code, "registry: 4 entries, whole" in whole.output) == (0, True)
    with entrypoint_hook(town.containers["registry"], "anchor_audit") as anchor:
        anchor()
    assert haoping(town, "anchors", str(tmp_path / "anchors.json")).exit_code == 0
    name = "registry:000000000003"
    town.db[AUDIT].update_one({"_id": name}, {"$set": {"actor": "wu"}})
    broken = haoping(town, "verify", "--against", str(tmp_path / "anchors.json"))
    assert broken.exit_code == 1
    assert "registry: 4 entries, first wrong: entry 3: was changed" in broken.output


def test_what_is_exported_holds_no_formula(town: Everybody, tmp_path: Path) -> None:
    assert town.ask("registry", "DELETE", "/v1/devices/=cmd()/keys", ROOT).status_code == 404
    eventually(lambda: entries(town))
    for form in ("csv", "json"):
        file = tmp_path / f"audit.{form}"
        assert haoping(town, "export", str(file), "--format", form).exit_code == 0
        assert "=cmd()" in file.read_text("utf-8")
    text = (tmp_path / "audit.csv").read_text("utf-8").removeprefix(MARK)
    (row, *_) = csv.DictReader(text.splitlines())
    assert (row["object"], row["outcome"]) == ("'=cmd()", "refused")
    assert [each["route"] for each in entries(town)][:2] == ["GET /v1/audit:export"] * 2


def test_without_the_audit_no_command_is_begun_and_what_was_done_is_told_later(
    town: Everybody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "WAIT_S", 0.5)
    monkeypatch.setattr(writer, "PATIENCE_S", 0.5)
    found = town.trail("registry")._writer
    assert found is not None
    chain = found._chain
    away = connect("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100", "away")
    found._chain = AuditChain(away, town.trail("registry").key, "registry")
    done = town.ask("registry", "POST", "/v1/devices/kiosk-1:code", ROOT)
    assert (done.status_code, "not yet in the audit" in done.json()["detail"]) == (503, True)
    eventually(lambda: found.failing)
    refused = town.ask("registry", "POST", "/v1/devices/kiosk-2:code", ROOT)
    assert (refused.status_code, "nothing was begun" in refused.json()["detail"]) == (503, True)
    codes = {each["device"]: each["code_until"] for each in devices(town)}
    assert codes["kiosk-1"]
    assert codes["kiosk-2"] is None
    found._chain = chain
    eventually(lambda: not found.failing)
    assert town.ask("registry", "POST", "/v1/devices/kiosk-2:code", ROOT).is_success
    told = [(each["object"], each["outcome"]) for each in entries(town)]
    assert ("kiosk-1", "done") in told
    away.client.close()


def devices(town: Everybody) -> Any:
    """The devices as the administrator sees them."""
    return town.ask("registry", "GET", "/v1/devices", ROOT).json()
