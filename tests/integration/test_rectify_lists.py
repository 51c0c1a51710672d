"""Lists, tables, figures and examinations over HTTP and at the terminal, on a real database."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from nameko.containers import ServiceContainer
from nameko.testing.services import entrypoint_hook
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from services.adapters.clock import MovableClock
from services.adapters.ledger import ledger_key
from services.adapters.mongo import Db, connect
from services.adapters.settings import token_hash
from services.console.app import program
from services.console.bench import rectifying
from services.console.stack import Stack
from services.contracts.directory import Directory
from services.contracts.rectification import rating_case_id
from services.rectify import hearing
from services.rectify.repository import CASES, Cases
from services.rectify.service import Rectify
from tests import web
from tests.integration.bus import eventually, free_address, in_the_county
from tests.unit.rectify.county import DIRECTORY, MONDAY, RULES, bad_rating, changed, office

pytestmark = pytest.mark.integration

PEOPLE = tuple(p.model_copy(update={"token_hash": token_hash(p.id)}) for p in DIRECTORY.principals)
COUNTY = Directory(version=1, units=DIRECTORY.units, windows=DIRECTORY.windows, principals=PEOPLE)
NAMES = ("a", "b", "c")


@dataclass(frozen=True)
class Desk:
    """Rectify with three open cases, and who asks it."""

    db: Db
    url: str
    key: bytes
    container: ServiceContainer

    def id_about(self, rating_key: str) -> str:
        """The case of a rating."""
        return rating_case_id(self.key, rating_key)

    def anchor(self) -> None:
        """Let the service do what it does once a day."""
        with entrypoint_hook(self.container, "anchor_histories") as anchored:
            anchored()

    def get(self, path: str, who: str = "li") -> httpx.Response:
        """What somebody is answered; everybody's token is their name."""
        return web.get(self.url + path, headers={"Authorization": f"Bearer {who}"}, timeout=30)

    def assign(self, command_id: str, *cases: dict[str, Any]) -> Any:
        """What the dispatcher is answered who gives cases to Wu."""
        body = {"command_id": command_id, "assignee": "wu", "cases": cases}
        headers = {"Authorization": "Bearer dong"}
        return web.post(f"{self.url}/v1/cases:assign", json=body, headers=headers).json()

    def haoping(self, *words: str, who: str = "du") -> Result:
        """What the command prints."""
        told = {"HAOPING_TOKEN": who, "HAOPING_RECTIFY_URL": self.url, "COLUMNS": "200"}
        return CliRunner().invoke(program("case"), ["case", *words], env=told)


@pytest.fixture
def desk(
    stack: Stack, container_factory: Callable[[type, Mapping[str, Any]], ServiceContainer]
) -> Iterator[Desk]:
    """The desk on the Monday of the county."""
    address = free_address("rectify")
    own = {"HAOPING_CLOCK": "movable", "WEB_SERVER_ADDRESS": address}
    with in_the_county(stack, COUNTY, **own) as config:
        db = connect(config["MONGO_URI"], config["MONGO_DATABASE"])
        key = ledger_key(config)
        MovableClock(db).move_to(MONDAY)
        for name in NAMES:
            rating = bad_rating(rating_key=name, item="=1+1", tags=("201",))
            hearing.hear(Cases(db, key, RULES), office(), rating)
        container = container_factory(Rectify, config)
        container.start()
        yield Desk(db, f"http://{address}", key, container)
        container.stop()
        db.client.close()


def test_a_list_is_narrowed_by_any_filters_together(desk: Desk) -> None:
    every = "my_unit=true&state=opened&item=%3D1%2B1&tag=201&channel=tablet&unit=social"
    page = desk.get(f"/v1/cases?{every}&limit=2").json()
    assert len(page["items"]) == 2
    rest = desk.get(f"/v1/cases?{every}&limit=2&cursor={page['next']}").json()
    assert len(rest["items"]) == 1
    assert rest["next"] is None
    assert desk.get(f"/v1/cases?{every}&mine=true").json()["items"] == []
    assert desk.get("/v1/cases?due_today=true").json()["items"] == []
    MovableClock(desk.db).move_to(MONDAY + timedelta(days=1))
    assert len(desk.get("/v1/cases?due_today=true").json()["items"]) == 3
    assert desk.get("/v1/cases?channel=pigeon").status_code == 422


def test_a_list_is_taken_away_as_a_table(desk: Desk) -> None:
    table = desk.get("/v1/cases:export?lang=en&item=%3D1%2B1")
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
    head, *rows = csv.reader(io.StringIO(table.content.decode("utf-8-sig")))
    assert len(rows) == 3
    assert dict(zip(head, rows[0], strict=True))["item"] == "'=1+1"
    book = load_workbook(io.BytesIO(desk.get("/v1/cases:export?format=xlsx").content))
    assert book["差评工单"].max_row == 4
    assert desk.get("/v1/cases:export?format=pdf").status_code == 422


def test_many_cases_are_given_to_an_officer_at_once(desk: Desk) -> None:
    items = desk.get("/v1/cases").json()["items"]
    cases = [{"id": each["id"], "expected_version": each["version"]} for each in items]
    first = desk.assign("b1", *cases)
    assert (first["assigned"], first["refused"]) == (3, 0)
    assert desk.assign("b1", *cases) == first
    late = desk.assign("b2", *cases)
    assert {(each["problem"], each["code"]) for each in late["results"]} == {("Conflict", 409)}
    assert len(desk.get("/v1/cases?mine=true", "wu").json()["items"]) == 3


def test_figures_stand_beside_their_definitions(desk: Desk) -> None:
    MovableClock(desk.db).move_to(MONDAY + timedelta(days=60))
    told = desk.get("/v1/cases/figures?period=2020-03", "du").json()
    assert (told["cases"], told["verdicts"]) == (3, {"overdue_open": 3})
    rate = told["rates"][0]
    assert (rate["name"], rate["printed"]) == ("差评整改率", "0.00%")
    assert desk.get("/v1/cases/figures?period=2020-03&unit=bureau").status_code == 404
    assert desk.get("/v1/cases/figures?period=March").status_code == 422
    shown = desk.haoping("figures", "2020-Q1")
    assert shown.exit_code == 0
    assert "已整改 ÷ (已整改 + 超期未结)" in shown.output


def test_figures_are_told_as_they_stood_at_the_end_of_a_past_day(desk: Desk) -> None:
    MovableClock(desk.db).move_to(MONDAY + timedelta(days=60))
    asked = "/v1/cases/figures?period=2020-03"
    then = desk.get(f"{asked}&on=2020-03-20", "du").json()
    assert (then["verdicts"], then["at"]) == ({"pending": 3}, "2020-03-20T23:59:59.999000+08:00")
    assert desk.get(f"{asked}&on=2020-03-01", "du").json()["cases"] == 0
    still_to_come = desk.get(f"{asked}&on=2030-01-01", "du")
    assert (still_to_come.status_code, still_to_come.json()["errors"][0]["pointer"]) == (422, "/on")
    shown = desk.haoping("figures", "2020-03", "--on", "2020-03-20")
    assert (shown.exit_code, "3 pending; as of 2020-03-20T23:59" in shown.output) == (0, True)


def test_a_history_put_back_as_it_once_was_is_found_by_its_anchor(
    desk: Desk, tmp_path: Path
) -> None:
    id, file = desk.id_about("b"), str(tmp_path / "anchors.json")
    before = desk.db[CASES].find_one({"_id": id}) or {}
    assert desk.assign("b1", {"id": id, "expected_version": 2})["assigned"] == 1
    assert desk.haoping("anchors", file).exit_code == 1, "there is nothing to write yet"
    desk.anchor()
    assert "anchors under" in desk.haoping("anchors", file).output
    assert desk.haoping("verify", "--all", "--against", file).exit_code == 0
    desk.db[CASES].replace_one({"_id": id}, before)
    for words in (("--all",), (id,)):
        found = desk.haoping("verify", *words)
        assert found.exit_code == 1
        assert "it was put back as it once was" in " ".join(found.output.split())
    for name in ("anchors", "anchor_days"):
        desk.db[name].delete_many({})
    assert desk.haoping("verify", "--all").exit_code == 0
    held_up = desk.haoping("verify", "--all", "--against", file)
    assert held_up.exit_code == 1
    assert "the last were cut off" in " ".join(held_up.output.split())


def test_a_deadline_is_explained_at_the_terminal(desk: Desk) -> None:
    shown = desk.haoping("explain", desk.id_about("a"))
    assert shown.exit_code == 0
    assert "contact: 1 working_days, due 2020-03-03T17:00" in shown.output
    assert "15 counted, 7 skipped, 0 subtracted" in shown.output


def test_an_edited_history_is_found(desk: Desk) -> None:
    whole = desk.haoping("verify", "--all")
    assert (whole.exit_code, whole.output.strip()) == (0, "3 histories examined, 0 not whole")
    desk.db[CASES].update_one({"_id": desk.id_about("b")}, {"$set": {"history.0.by": "nobody"}})
    found = desk.haoping("verify", "--all")
    assert found.exit_code == 1
    assert f"{desk.id_about('b')}: line 1 does not fit" in found.output
    assert desk.haoping("verify", desk.id_about("a")).exit_code == 0
    assert desk.haoping("verify").exit_code == 2


def test_a_change_of_rules_reaches_open_cases_by_itself(desk: Desk) -> None:
    elsewhere = changed(
        RULES.model_copy(update={"version": 0}),
        deadlines={"contact": {"count": 9, "unit": "working_days"}},
    )
    hearing.hear(
        Cases(desk.db, desk.key, elsewhere), office(rules=elsewhere), bad_rating(rating_key="old")
    )
    Cases(desk.db, desk.key, elsewhere).older_bases(MONDAY)
    desk.db["deadline_bases"].update_many({"_id": {"$regex": "v0"}}, {"$set": {"number": 0}})
    old = f"/v1/cases/{desk.id_about('old')}"
    eventually(lambda: desk.get(old).json()["rules"] == RULES.label)
    entry = desk.get(old).json()["history"][-1]
    assert entry["move"] == "rederive"
    assert entry["details"]["rules"] == ["gansu-weiyuan v0", RULES.label]


@pytest.mark.slow
def test_the_bench_keeps_its_bars_on_a_small_county(stack: Stack) -> None:
    size = rectifying.Size(cases=200, due=10, lists=10, presses=200)
    result = rectifying.run(stack, 1, lambda _: None, size)
    bars = {bar.name: bar for bar in result.bars}
    assert set(bars) == {"press_to_case_p99_s", "list_p95_ms", "sweep_s", "swept_again"}
    assert bars["swept_again"].value == 0
    assert result.raw["bad presses"].median >= 1
