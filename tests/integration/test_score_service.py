"""Score on a real database, over HTTP: from ratings to a published month and its revision."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import amqp
import eventlet
import httpx
import pytest
from kombu import Connection
from nameko.containers import ServiceContainer
from openpyxl import load_workbook
from typer.testing import CliRunner

from services.adapters.bus.topology import declare
from services.adapters.mongo import Db, connect
from services.adapters.settings import token_hash
from services.console.bench import scoring
from services.console.bench.freshness import Busy
from services.console.month import month_app
from services.console.stack import Stack
from services.contracts.actor import Role
from services.contracts.directory import Directory, Principal
from services.contracts.topology import STORE_ERRANDS
from services.score import deciding
from services.score.service import Score
from tests import web
from tests.integration.bus import purge, settings, taken
from tests.unit.score.town import CONFIG, DIRECTORY, case_document, rating, store, touch

pytestmark = pytest.mark.integration

PATIENCE_S = 30
PERIOD = "2020-12"
SCORER = frozenset({Role.SCORER})
PEOPLE = (
    Principal(
        id="scorer", name="评分员", roles=SCORER, unit="county", token_hash=token_hash("all")
    ),
    Principal(id="clerk", name="国土", roles=SCORER, unit="land", token_hash=token_hash("land")),
)
ContainerFactory = Callable[[type, Mapping[str, Any]], ServiceContainer]


@dataclass(frozen=True)
class Running:
    """A running score service and its database."""

    db: Db
    url: str

    def ask(self, method: str, path: str, token: str = "all", **options: Any) -> httpx.Response:
        """The answer to somebody's request."""
        who = {"Authorization": f"Bearer {token}"}
        return web.request(method, self.url + path, headers=who, timeout=PATIENCE_S, **options)

    def get(self, path: str) -> Any:
        """What is shown to the scorer."""
        response = self.ask("GET", path)
        assert response.is_success, response.text
        return response.json()

    def decide(self, verb: str, **body: Any) -> httpx.Response:
        """The scorer closes or publishes the month."""
        return self.ask("POST", f"/v1/months/{PERIOD}:{verb}", json=body)

    def tallies(self) -> Any:
        """The sums of the month, as soon as the tallies have caught up."""
        with eventlet.Timeout(PATIENCE_S):
            while not (sums := self.get("/v1/tallies?from=2020-12-01&to=2020-12-31"))["fresh"]:
                eventlet.sleep(0.05)
        return sums


@pytest.fixture
def running(stack: Stack, container_factory: ContainerFactory) -> Iterator[Running]:
    """One replica of score, on a registry of a small town."""
    purge(stack.amqp_uri)
    name = f"score_{uuid.uuid4().hex[:8]}"
    db = connect(stack.mongo_uri, name)
    directory = Directory(**DIRECTORY.model_dump(exclude={"version"}), version=1)
    directory = directory.model_copy(update={"principals": PEOPLE})
    db["registry"].insert_one(
        {"_id": "current", "version": 1, "directory": directory.model_dump(mode="json")}
    )
    listening = eventlet.listen(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    listening.close()
    config = settings(stack, MONGO_DATABASE=name, WEB_SERVER_ADDRESS=f"127.0.0.1:{port}")
    container = container_factory(Score, config)
    container.start()
    yield Running(db, f"http://127.0.0.1:{port}")
    container.stop()
    db.client.drop_database(name)
    db.client.close()


def figure(line: Any, key: str) -> str:
    """The printed indicator of a line."""
    return next(str(each["printed"]) for each in line["indicators"] if each["key"] == key)


def a_month(running: Running) -> None:
    """A hundred ratings in December, one of them bad, its case fixed in time."""
    bad = rating(_id="r1", level=1)
    store(running.db, bad, *(rating(f"2020-12-{n % 28 + 1:02}") for n in range(99)))
    running.db["cases"].insert_one(case_document(submitted_at=case_document()["rectify_due_at"]))
    assert running.tallies()["total"] == 100


def test_a_month_is_previewed_closed_and_published(running: Running) -> None:
    a_month(running)
    preview = running.get(f"/v1/scores/{PERIOD}")
    assert (preview["state"], preview["index"]["label"]) == ("open", "haochaping-composite v1")
    assert figure(preview["region"], "good_rate") == "99.00%"
    assert figure(preview["region"], "rectified_on_time_rate") == "100.00%"
    running.db["quarantine"].insert_one({"_id": "q", "state": "open"})
    refused = running.decide("close")
    assert refused.status_code == 409
    assert [check["name"] for check in refused.json()["checks"]] == ["quarantine"]
    closed = running.decide("close", accept=["quarantine"]).json()
    assert (closed["state"], closed["accepted"]) == ("closed", ["quarantine"])
    assert running.decide("publish").json()["published"][0]["revision"] == 1
    published = running.get(f"/v1/scores/{PERIOD}")
    assert published["state"] == "published"
    assert published["region"] == preview["region"]


def test_what_was_published_changes_only_by_a_revision(running: Running) -> None:
    a_month(running)
    running.decide("close")
    running.decide("publish")
    before = running.get(f"/v1/scores/{PERIOD}")["region"]["score"]
    running.db["ratings"].update_one({"_id": "r1"}, {"$set": {"standing": "invalid"}})
    running.db["cases"].update_one({}, {"$set": {"invalidated": True}})
    touch(running.db, ("2020-12-01", "tax"))
    running.tallies()
    assert running.get(f"/v1/scores/{PERIOD}")["region"]["score"] == before
    assert running.decide("close").status_code == 422
    assert running.decide("close", cause="an appeal was upheld").json()["revision"] == 2
    assert running.get(f"/v1/scores/{PERIOD}")["region"]["score"] == before
    running.decide("publish")
    revised = running.get(f"/v1/scores/{PERIOD}")
    assert figure(revised["region"], "good_rate") == "100.00%"
    assert revised["cause"] == "an appeal was upheld"
    assert {each["unit"] for each in revised["differences"]} == {"region", "county", "tax"}


def test_every_figure_leads_to_the_ratings_and_cases_behind_it(running: Running) -> None:
    a_month(running)
    live = running.get(f"/v1/explain/{PERIOD}/tax")
    running.decide("close")
    frozen = running.get(f"/v1/explain/{PERIOD}/tax?index=efficiency-index")
    for told in (live, frozen):
        assert told["behind"]["bad"] == ["r1"]
        assert [case["id"] for case in told["behind"]["cases"]] == ["case-1"]
    assert live["result"]["counts"] == frozen["result"]["counts"]


def test_no_figure_is_traced_back_to_the_errand_of_a_rater(running: Running) -> None:
    a_month(running)
    linked = "hall:A-0001:completed:1:1"
    store(running.db, *(rating(level=1, _id=linked[:-3] + f"{n}:1") for n in range(1, 3)))
    touch(running.db, ("2020-12-01", "tax"))
    running.tallies()
    live = [f"/v1/explain/{PERIOD}/tax", f"/v1/explain/{PERIOD}/tax/good_rate"]
    told = [running.get(path) for path in live]
    assert len(set(told[0]["behind"]["bad"])) == 3
    assert len({each["id"] for each in told[1]["entries"]}) == 102
    running.decide("close")
    assert "A-0001" not in str([*told, *map(running.get, live)])


def test_people_see_and_decide_within_their_scope(running: Running) -> None:
    a_month(running)
    shown = running.ask("GET", f"/v1/scores/{PERIOD}", "land").json()
    assert [line["unit"] for line in shown["units"]] == ["land", "land-north"]
    assert running.ask("GET", f"/v1/explain/{PERIOD}/tax", "land").status_code == 404
    assert running.ask("GET", f"/v1/explain/{PERIOD}/region", "land").status_code == 403
    closing = running.ask("POST", f"/v1/months/{PERIOD}:close", "land", json={})
    assert closing.status_code == 403
    assert running.ask("GET", f"/v1/scores/{PERIOD}", "nobody").status_code == 401


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/scores/2020-13", 422),
        ("/v1/scores/2020-12?index=happiness", 404),
        ("/v1/tallies?from=x&to=y", 422),
        ("/v1/explain/2020-12/nowhere", 404),
    ],
)
def test_what_does_not_exist_is_refused(running: Running, path: str, status: int) -> None:
    assert running.ask("GET", path).status_code == status


def test_the_command_shows_what_the_service_says(running: Running) -> None:
    a_month(running)
    spoken = CliRunner(env={"HAOPING_SCORE_URL": running.url, "HAOPING_TOKEN": "all"})
    running.db["quarantine"].insert_one({"_id": "q", "state": "open"})
    refused = spoken.invoke(month_app, ["close", PERIOD])
    assert refused.exit_code == 1
    assert "quarantine: 1" in str(refused.exception)
    assert spoken.invoke(month_app, ["close", PERIOD, "--accept", "quarantine"]).exit_code == 0
    assert "published" in spoken.invoke(month_app, ["publish", PERIOD]).stdout
    assert "好差评综合评分" in spoken.invoke(month_app, ["preview", PERIOD]).stdout
    assert "r1" in spoken.invoke(month_app, ["explain", PERIOD, "--unit", "tax"]).stdout


def test_a_month_that_is_not_over_cannot_be_closed(running: Running) -> None:
    refused = running.ask("POST", "/v1/months/2999-01:close", json={})
    assert refused.status_code == 409
    assert "is not over" in refused.json()["detail"]


ONLINE = {"unit": "tax", "figure": "online_rate", "numerator": 9, "denominator": 10}


def told(running: Running, rows: list[Any]) -> httpx.Response:
    """Rows imported over the API."""
    body = {"period": PERIOD, "source": "一体化平台", "rows": rows}
    return running.ask("POST", "/v1/imports", json=body)


def test_figures_are_imported_whole_or_not_at_all(running: Running) -> None:
    wrong = told(running, [ONLINE, {**ONLINE, "unit": "nowhere"}])
    assert wrong.status_code == 422
    assert [each["pointer"] for each in wrong.json()["errors"]] == ["/rows/1/unit"]
    assert running.get(f"/v1/imports/{PERIOD}")["imports"] == []
    assert told(running, [ONLINE]).status_code == 201
    assert told(running, [{**ONLINE, "numerator": 5}]).json()["id"] == f"{PERIOD}/2"
    shown = running.get(f"/v1/imports/{PERIOD}")
    assert [each["printed"] for each in shown["in_force"]] == ["50.00%"]
    assert [(each["number"], each["by"]) for each in shown["imports"]] == [
        (2, "scorer"),
        (1, "scorer"),
    ]
    line = running.get(f"/v1/scores/{PERIOD}?index=county-appraisal")["region"]
    assert figure(line, "online_rate") == "50.00%"


def test_nobody_imports_for_others(running: Running) -> None:
    body = {"period": PERIOD, "source": "x", "rows": [ONLINE]}
    refused = running.ask("POST", "/v1/imports", "land", json=body)
    assert refused.status_code == 422
    assert "outside your units" in refused.json()["errors"][0]["detail"]


def command(running: Running, *words: str) -> Any:
    """`haoping month` as the scorer runs it."""
    spoken = CliRunner(env={"HAOPING_SCORE_URL": running.url, "HAOPING_TOKEN": "all"})
    return spoken.invoke(month_app, list(words))


def test_a_table_is_imported_by_the_command_with_its_errors_by_row(
    running: Running, tmp_path: Path
) -> None:
    table = tmp_path / "figures.csv"
    table.write_text("机构,指标,分子,分母\ntax,网办率,9,10\nland,幸福,1,2\n", "gb18030")
    words = ("import", str(table), "--period", PERIOD, "--source", "月报")
    refused = command(running, *words)
    assert refused.exit_code == 1
    assert "row 3" in str(refused.exception)
    table.write_text("机构,指标,分子,分母\ntax,网办率,9,10\nland,一窗率,1,2\n", "gb18030")
    assert "2 rows" in command(running, *words).stdout
    assert "90.00%" in command(running, "imports", PERIOD).stdout


def test_a_month_is_revised_compared_and_supposed_by_the_command(
    running: Running, tmp_path: Path
) -> None:
    a_month(running)
    assert command(running, "close", PERIOD).exit_code == 0
    assert command(running, "publish", PERIOD).exit_code == 0
    store(running.db, rating(_id="late", level=2))
    running.tallies()
    revised = command(running, "revise", PERIOD, "--cause", "a kiosk was offline")
    assert "revision 2" in revised.stdout
    assert "a kiosk was offline" in revised.stdout
    moved = command(running, "compare", PERIOD, "--with", f"{PERIOD}@1", "--unit", "tax")
    assert "好评率" in moved.stdout
    recipe = tmp_path / "mine.yaml"
    text = (CONFIG / "index" / "haochaping-composite.yaml").read_text("utf-8")
    recipe.write_text(text.replace("version: 1", "version: 2").replace("each: 0.5", "each: 3"))
    supposed = command(running, "what-if", PERIOD, "--index-file", str(recipe))
    assert supposed.exit_code == 0
    assert "change" in supposed.stdout
    assert command(running, "what-if", PERIOD, "--rules", "guangdong").exit_code == 0
    assert "There are no rules" in str(
        command(running, "what-if", PERIOD, "--rules", "x").exception
    )


def test_every_id_behind_a_figure_is_shown_and_gives_its_digit_again(running: Running) -> None:
    a_month(running)
    shown = command(running, "explain", PERIOD, "--unit", "tax", "--figure", "good_rate").stdout
    assert "好评率 99.00% = 99 ÷ 100" in shown
    assert "counted again from these alone: 99.00%, the same" in shown
    assert "r1 0/1" in shown


def test_reports_and_exports_are_files(running: Running, tmp_path: Path) -> None:
    a_month(running)
    pressed = {"pressed_at": case_document()["rectify_due_at"], "named": True}
    running.db["ratings"].update_many({}, {"$set": pressed})
    out = tmp_path / "board.xlsx"
    assert command(running, "report", PERIOD, "--out", str(out)).exit_code == 0
    book = load_workbook(out)
    assert book.sheetnames == ["得分与位次", "中位数", "差评原因", "指标定义"]
    cells = [cell.value for row in book["得分与位次"].iter_rows() for cell in row]
    assert "税务" in cells
    export = tmp_path / "ratings.csv"
    assert (
        command(running, "export", PERIOD, "--form", "gbt39046", "--out", str(export)).exit_code
        == 0
    )
    assert len(export.read_text("utf-8-sig").splitlines()) == 101


def test_the_tallies_are_checked_on_demand(running: Running) -> None:
    a_month(running)
    running.db["ratings"].delete_one({"_id": "r1"})
    found = command(running, "check", "2020-12-01/2020-12-31").stdout
    assert "1 differed" in found
    assert running.tallies()["total"] == 99


def test_a_message_on_the_bus_keeps_a_month_open(
    running: Running, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding, "WAIT_S", 1.0)
    a_month(running)
    with Connection(stack.amqp_uri) as connection:
        declare(connection.default_channel)
        connection.default_channel.basic_publish(amqp.Message(b"{}"), "", STORE_ERRANDS.name)
    try:
        with eventlet.Timeout(PATIENCE_S):
            while not (refused := running.decide("close")).is_client_error:
                eventlet.sleep(0.1)
        assert [each["name"] for each in refused.json()["checks"]] == ["in_flight"]
        assert running.decide("close", accept=["in_flight"]).is_success
    finally:
        taken(stack.amqp_uri, STORE_ERRANDS.name)


@pytest.mark.slow
def test_the_bench_measures_what_was_promised(stack: Stack) -> None:
    small = scoring.Size(ratings=600, units=6, busy=Busy(ratings=50, presses=64, load_s=1))
    result = scoring.run(stack, 1, lambda told: None, small)
    bars = ["close_vs_group", "preview_s", "freshness_p99_s", "tally_cost", "score_rss_mb"]
    assert [bar.name for bar in result.bars] == bars
    [recounted] = result.raw["buckets recounted"].runs
    assert recounted == 1


def test_a_dashboard_and_the_ratings_behind_its_numbers_are_shown(running: Running) -> None:
    a_month(running)
    days = "first=2020-12-01&last=2020-12-28"
    told = running.get(f"/v1/overview?{days}")
    assert (told["count"], told["bad"], told["fresh"]) == (100, 1, True)
    one_bad = running.get(f"/v1/records?{days}&bad=true&level=1&channel=pc")["items"]
    assert [each["unit"] for each in one_bad] == ["tax"]
    elsewhere = running.ask("GET", f"/v1/overview?{days}", token="land")
    assert elsewhere.status_code == 403
    too_long = running.ask("GET", "/v1/overview?first=2020-01-01&last=2020-12-31")
    assert too_long.status_code == 422


def test_a_board_of_a_moment_ago_is_told_only_to_whoever_asks_for_it(running: Running) -> None:
    a_month(running)
    path = f"/v1/scores/{PERIOD}"
    assert running.get(f"{path}?age=60")["region"]["counts"]["ratings"]["in_levels"] == 100
    store(running.db, rating())
    assert running.tallies()["total"] == 101
    assert running.get(f"{path}?age=60")["region"]["counts"]["ratings"]["in_levels"] == 100
    assert running.get(path)["region"]["counts"]["ratings"]["in_levels"] == 101
