"""Rectify on a real broker and database: events in, officers over HTTP, commands out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from nameko.containers import ServiceContainer

from services.adapters.bus.outgoing import packed
from services.adapters.bus.publisher import ConfirmedChannel
from services.adapters.clock import MovableClock
from services.adapters.ledger import ledger_key
from services.adapters.mongo import Db, connect
from services.adapters.settings import token_hash
from services.console.stack import Stack
from services.contracts.directory import Directory
from services.contracts.events import AppendStored, RatingInvalidated
from services.contracts.ledger import first_broken
from services.contracts.message import Message
from services.contracts.rectification import rating_case_id
from services.contracts.topology import STORE_COMMANDS
from services.contracts.vocabulary import Invalidity, Level
from services.rectify.service import Rectify
from tests import web
from tests.integration.bus import eventually, free_address, purge, settings, taken
from tests.unit.rectify.county import DIRECTORY, MONDAY, bad_rating

pytestmark = pytest.mark.integration

KEY_OF_RATING = "biz:0001:completed:1:1"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
ContainerFactory = Callable[[type, Mapping[str, Any]], ServiceContainer]


@dataclass(frozen=True)
class Running:
    """Two replicas of rectify, their broker and their database."""

    db: Db
    amqp_uri: str
    urls: tuple[str, str]
    key: bytes

    @property
    def id(self) -> str:
        """The case of the rating."""
        return rating_case_id(self.key, KEY_OF_RATING)

    def tell(self, *messages: Message) -> None:
        """Publish what the store would."""
        channel = ConfirmedChannel(self.amqp_uri)
        for outgoing in packed(messages, "trace"):
            channel.send(outgoing).wait()
        channel.close("told")

    def ask(
        self, who: str, method: str, path: str, replica: int = 0, **body: Any
    ) -> httpx.Response:
        """What a person is answered; everybody's token is their name."""
        headers = {"Authorization": f"Bearer {who}"}
        return web.request(
            method, self.urls[replica] + path, headers=headers, timeout=30, json=body or None
        )

    def case(self, who: str = "du", replica: int = 0) -> Any:
        """The case as somebody sees it."""
        return self.ask(who, "GET", f"/v1/cases/{self.id}", replica).json()

    def move(self, who: str, what: str, **said: Any) -> httpx.Response:
        """Make a move on what is there now."""
        version = self.case()["version"]
        command = {"command_id": f"{who}-{version}", "move": what, "expected_version": version}
        return self.ask(who, "POST", f"/v1/cases/{self.id}/moves", **command, **said)

    def file(self, who: str) -> str:
        """The id of a picture that somebody files."""
        url, asked = f"{self.urls[0]}/v1/cases/{self.id}/evidence", {"command_id": "1", "name": "a"}
        headers = {"Authorization": f"Bearer {who}"}
        return str(web.post(url, headers=headers, params=asked, content=PNG).json()["id"])

    def opened(self) -> None:
        """Hear of a bad rating and wait for its case."""
        self.tell(bad_rating())
        eventually(lambda: self.ask("du", "GET", f"/v1/cases/{self.id}").is_success)


@pytest.fixture
def running(stack: Stack, container_factory: ContainerFactory) -> Iterator[Running]:
    """Two replicas on one database, with the business clock at the Monday of the county."""
    config = settings(stack, HAOPING_CLOCK="movable", HAOPING_RULES="weiyuan")
    purge(stack.amqp_uri)
    db = connect(stack.mongo_uri, config["MONGO_DATABASE"])
    people = [p.model_copy(update={"token_hash": token_hash(p.id)}) for p in DIRECTORY.principals]
    directory = Directory(
        version=1, units=DIRECTORY.units, windows=DIRECTORY.windows, principals=tuple(people)
    )
    kept = {"_id": "current", "version": 1, "directory": directory.model_dump(mode="json")}
    db["registry"].insert_one(kept)
    MovableClock(db).move_to(MONDAY)
    addresses = [free_address("rectify") for _ in range(2)]
    replicas = [
        container_factory(Rectify, {**config, "WEB_SERVER_ADDRESS": address})
        for address in addresses
    ]
    for replica in replicas:
        replica.start()
    first, second = (f"http://{address}" for address in addresses)
    key = ledger_key(config)
    yield Running(db, stack.amqp_uri, (first, second), key)
    for replica in replicas:
        replica.stop()
    db.client.drop_database(db.name)
    db.client.close()


def test_a_bad_rating_becomes_a_case_that_its_unit_sees(running: Running) -> None:
    running.opened()
    listed = running.ask("li", "GET", "/v1/cases?state=opened").json()
    assert [each["id"] for each in listed["items"]] == [running.id]
    assert listed["next"] is None
    assert running.case("li")["legal"] == [
        {"move": "claim", "needs": []},
        {"move": "return", "needs": ["reason"]},
    ]
    assert running.ask("qian", "GET", "/v1/cases").json()["items"] == []
    assert running.ask("qian", "GET", f"/v1/cases/{running.id}").status_code == 404


def test_an_upheld_appeal_reaches_the_store_and_comes_back(running: Running) -> None:
    running.opened()
    assert running.move("li", "claim").is_success
    unfiled = running.move("li", "appeal", reason="not us", evidence=["the video"])
    assert (unfiled.status_code, unfiled.json()["errors"][0]["pointer"]) == (422, "/evidence/0")
    picture = running.file("li")
    assert running.move("li", "appeal", reason="not us", evidence=[picture]).is_success
    upheld = running.move("shen", "uphold", reason="proven", invalidity="wrong").json()
    assert (upheld["state"], upheld["mark_pending"]) == ("closed", True)
    letters = eventually(lambda: taken(running.amqp_uri, STORE_COMMANDS.name))
    sent = [item for letter in letters for item in json.loads(letter.body)["items"]]
    (command,) = {each["command_id"]: each for each in sent}.values()
    assert command["rating_key"] == KEY_OF_RATING
    assert command["decided_by"] == ["li", "shen"]
    assert command["command_id"] == f"{running.id}:{upheld['version']}"
    event = RatingInvalidated(
        rating_key=KEY_OF_RATING, reason=Invalidity.WRONG, command_id=command["command_id"]
    )
    running.tell(event, event)
    eventually(lambda: not running.case()["mark_pending"])
    assert running.case()["version"] == upheld["version"] + 1


def test_an_append_reopens_what_was_closed(running: Running) -> None:
    running.opened()
    for who, what, said in (
        ("li", "claim", {}),
        ("li", "verify", {"reached": True}),
        ("li", "submit", {"text": "apologised"}),
        ("he", "callback", {"result": "satisfied"}),
    ):
        assert running.move(who, what, **said).is_success
    assert running.case()["closing"] == "satisfied"
    append = AppendStored(
        rating_key="biz:0001:completed:1:2",
        first_key=KEY_OF_RATING,
        level=Level.VERY_DISSATISFIED,
        pressed_at=MONDAY,
    )
    running.tell(append)
    eventually(lambda: running.case()["state"] == "rectifying")


def test_two_replicas_record_each_rung_once_after_an_outage(running: Running) -> None:
    running.opened()
    MovableClock(running.db).move_to(MONDAY + timedelta(days=60))
    eventually(lambda: running.case()["rung"] == 4)
    assert running.case()["next_due_at"] is None
    history = running.case(replica=1)["history"]
    rungs = [entry["move"] for entry in history if entry["move"].startswith("escalate")]
    assert rungs == [f"escalate:{name}" for name in ("contact", "amber", "red", "supervised")]
    kept = running.db["cases"].find_one({"_id": running.id}) or {}
    assert first_broken(running.key, kept["history"]) is None
    overdue = running.ask("du", "GET", "/v1/cases?overdue=true").json()["items"]
    assert [each["id"] for each in overdue] == [running.id]


def test_the_second_of_two_officers_learns_what_changed(running: Running) -> None:
    running.opened()
    seen = running.case()["version"]
    assert running.move("li", "claim").is_success
    late = running.ask(
        "wu",
        "POST",
        f"/v1/cases/{running.id}/moves",
        replica=1,
        command_id="w1",
        move="claim",
        expected_version=seen,
    )
    assert late.status_code == 409
    problem = late.json()
    assert [(each["by"], each["move"]) for each in problem["since"]] == [("li", "claim")]


def test_a_command_sent_again_to_another_replica_changes_nothing(running: Running) -> None:
    running.opened()
    command = {"command_id": "c1", "move": "claim", "expected_version": running.case()["version"]}
    path = f"/v1/cases/{running.id}/moves"
    answers = [running.ask("li", "POST", path, replica, **command) for replica in (0, 1)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["version"] == answers[1].json()["version"]


def test_refusals_say_what_to_do(running: Running) -> None:
    running.opened()
    illegal = running.move("li", "submit", text="done")
    assert illegal.status_code == 409
    assert [each["move"] for each in illegal.json()["legal"]] == ["claim", "return"]
    assert running.move("he", "claim").status_code == 403
    unsaid = running.move("li", "return")
    assert (unsaid.status_code, unsaid.json()["errors"][0]["pointer"]) == (422, "/reason")
    assert running.ask("li", "GET", "/v1/cases?state=lost").status_code == 422
    assert running.ask("li", "GET", "/v1/cases?cursor=*").status_code == 422
    assert running.ask("nobody", "GET", "/v1/cases").status_code == 401


def test_a_deadline_is_explained_day_by_day(running: Running) -> None:
    running.opened()
    told = running.ask("li", "GET", f"/v1/cases/{running.id}/deadline").json()
    contact = told["clocks"]["contact"]
    assert contact["due"] == "2020-03-03T17:00:00+08:00"
    days = [(day["day"], day["counts_as"], day["kind"], day["why"]) for day in contact["days"]]
    assert days == [
        ("2020-03-02", None, "skipped", "day of the start event"),
        ("2020-03-03", 1, "counted", "working day"),
    ]
    assert [rung["name"] for rung in told["rungs"]] == ["contact", "amber", "red", "supervised"]


def test_a_letter_opens_a_case_and_pages_follow_each_other(running: Running) -> None:
    for number in range(3):
        letter: dict[str, Any] = {"source": "letter", "reference": f"l{number}", "unit": "social"}
        assert running.ask("dong", "POST", "/v1/cases", **letter).status_code == 201
    seen: list[str] = []
    path = "/v1/cases?limit=2"
    while path:
        page = running.ask("li", "GET", path).json()
        seen += [each["reference"] for each in page["items"]]
        path = f"/v1/cases?limit=2&cursor={page['next']}" if page["next"] else ""
    assert sorted(seen) == ["l0", "l1", "l2"]
    assert running.ask("li", "GET", "/v1/cases:unopened").json() == []
    assert web.get(running.urls[0] + "/healthz").json() == {"live": True}
