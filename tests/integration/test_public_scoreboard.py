"""The public scoreboard on a real database, over HTTP: nobody signs in, nobody is given away."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterator
from typing import Any

import eventlet
import httpx
import pytest

from services.adapters.mongo import connect
from services.console.stack import Stack
from services.contracts.directory import Directory
from services.score.service import Score
from tests import web
from tests.integration.bus import purge, settings
from tests.integration.test_score_service import (
    PATIENCE_S,
    PEOPLE,
    PERIOD,
    ContainerFactory,
    Running,
)
from tests.unit.score.town import DIRECTORY, case_document, rating, store, touch

pytestmark = pytest.mark.integration
BOARD = f"/v1/public/scores/{PERIOD}"
FORMULA = "=1+1"
NUMBERS = {"revision", "rank", "smallest", "version"}
"""All that is told as a whole number; none of it counts ratings."""


@pytest.fixture
def town(stack: Stack, container_factory: ContainerFactory) -> Iterator[Running]:
    """Score with a December of 100 ratings at tax, one of them bad, and 3 at a small office."""
    purge(stack.amqp_uri)
    name = f"public_{uuid.uuid4().hex[:8]}"
    db = connect(stack.mongo_uri, name)
    *others, small = DIRECTORY.units
    units = (*others, small.model_copy(update={"name": FORMULA}))
    kept = {**DIRECTORY.model_dump(exclude={"version", "units", "principals"}), "version": 1}
    directory = Directory(**kept, units=units, principals=PEOPLE)
    db["registry"].insert_one(
        {"_id": "current", "version": 1, "directory": directory.model_dump(mode="json")}
    )
    listening = eventlet.listen(("127.0.0.1", 0))
    address = f"127.0.0.1:{listening.getsockname()[1]}"
    listening.close()
    config = settings(stack, MONGO_DATABASE=name, WEB_SERVER_ADDRESS=address)
    container = container_factory(Score, config)
    container.start()
    running = Running(db, f"http://{address}")
    pressed = (rating(f"2020-12-{n % 28 + 1:02}") for n in range(99))
    store(db, rating(_id="r1", level=1), *pressed, *(rating(unit="land-north") for _ in range(3)))
    db["cases"].insert_one(case_document(submitted_at=case_document()["rectify_due_at"]))
    running.tallies()
    yield running
    container.stop()
    db.client.drop_database(name)
    db.client.close()


def public(town: Running, path: str) -> httpx.Response:
    """What somebody is answered of whom nothing is known."""
    return web.get(town.url + path, timeout=PATIENCE_S, trust_env=False)


def published(town: Running, period: str = PERIOD, **revised: str) -> None:
    """The scorer closes and publishes a period, or revises it for a reason."""
    verbs = ("revise",) if revised else ("close", "publish")
    for verb in verbs:
        answer = town.ask("POST", f"/v1/months/{period}:{verb}", json=revised)
        assert answer.is_success, answer.text


def whole_numbers(told: Any, name: str = "") -> set[str]:
    """The names of all whole numbers in an answer."""
    if isinstance(told, dict):
        return {found for key, value in told.items() for found in whole_numbers(value, key)}
    if isinstance(told, list):
        return {found for value in told for found in whole_numbers(value, name)}
    return {name} if isinstance(told, int) and not isinstance(told, bool) else set()


def test_nothing_is_public_before_it_is_published(town: Running) -> None:
    assert public(town, "/v1/public/months").json() == []
    assert town.decide("close").is_success
    for path in (BOARD, f"{BOARD}.csv", "/v1/public/scores/2020-11", "/v1/public/scores/2020-13"):
        assert public(town, path).status_code == 404
    assert public(town, "/v1/scores/2020-12").status_code == 401


def test_a_published_month_is_public_and_tells_of_no_rating(town: Running) -> None:
    published(town)
    answer = public(town, BOARD)
    board = answer.json()
    lines = {line["unit"]: line for line in board["units"]}
    assert (lines["tax"]["rank"], lines["tax"]["levels"]["1"]) == (1, "1.00%")
    assert lines["tax"]["rates"]["good_rate"]["printed"] == "99.00%"
    assert lines["tax"]["rates"]["rectified_rate"]["printed"] == "100.00%"
    assert (lines["land-north"]["sample"], lines["land-north"]["rates"]) == ("fewer_than_five", {})
    assert board["quarter"] == {"period": "2020-Q4", "published": False}
    assert board["rules"].startswith("gansu-weiyuan")
    assert board["definitions"]["good_rate"]["source"]
    assert whole_numbers(board) <= NUMBERS
    for told_on in ("r1", "case-1", "behind", "marked", "signals", "scorer"):
        assert told_on not in answer.text
    as_open_data(public(town, f"{BOARD}.csv"))


def as_open_data(answer: httpx.Response) -> None:
    """It opens in a spreadsheet, says the same, and runs nothing."""
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-disposition"].endswith(f'"scoreboard-{PERIOD}.csv"')
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["机构编码"] for row in rows] == ["county", "tax", "land", "land-north", "region"]
    assert (rows[1]["好评率"], rows[1]["位次"]) == ("99.00%", "1")
    assert (rows[3]["机构"], rows[3]["样本"], rows[3]["好评率"]) == (
        f"'{FORMULA}",
        "评价少于5个",
        "",
    )


def test_every_revision_stays_public_with_its_cause(town: Running) -> None:
    published(town)
    town.db["ratings"].update_one({"_id": "r1"}, {"$set": {"standing": "invalid"}})
    town.db["cases"].update_one({}, {"$set": {"invalidated": True}})
    touch(town.db, ("2020-12-01", "tax"))
    town.tallies()
    published(town, cause="an appeal was upheld")
    published(town, "2020-Q4")
    last, first = public(town, BOARD).json(), public(town, f"{BOARD}?revision=1").json()
    assert [each["cause"] for each in last["revisions"]] == ["an appeal was upheld", None]
    assert [each["region"]["levels"]["1"] for each in (last, first)] == ["0.00%", "0.97%"]
    assert last["quarter"] == {"period": "2020-Q4", "published": True}
    months = public(town, "/v1/public/months").json()
    assert [(each["period"], each["revision"]) for each in months] == [(PERIOD, 2), ("2020-Q4", 1)]
    assert public(town, f"{BOARD}?index=efficiency-index").json()["index"]["of"] == "100"
    for unknown in ("index=happiness", "revision=9"):
        assert public(town, f"{BOARD}?{unknown}").status_code == 404
