"""Receipts over real HTTP, bus and database: what a rater sees, appends and objects to."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest

from services.console.stack import Stack
from tests import web
from tests.integration.bus import eventually
from tests.integration.citizens import Containers, Town, town
from tests.unit.rectify.county import MONDAY

pytestmark = pytest.mark.integration


@pytest.fixture
def county(stack: Stack, container_factory: Containers) -> Iterator[Town]:
    """The county at work."""
    with town(stack, container_factory) as running:
        yield running


def test_a_good_rating_shows_stored_and_a_strange_code_is_kindly_unknown(county: Town) -> None:
    code = county.press(level=5)["receipt"]["code"]
    told = county.until(code, stage="no_case")
    assert (told["says"], told["unit"]) == ("评价已入库，无需整改，谢谢", "社保局")
    assert county.receipt(code, "?lang=en").json()["says"].startswith("Stored")
    unknown = county.receipt("0" * 40)
    assert (unknown.status_code, "没有这个回执码" in unknown.json()["detail"]) == (404, True)
    answers = [county.receipt("0" * 40).status_code for _ in range(25)]
    assert answers[-1] == 429
    assert county.receipt(code).status_code == 200
    county.at(MONDAY + timedelta(days=400))
    over = county.receipt(code)
    assert (over.status_code, "过期" in over.json()["detail"]) == (410, True)


def test_a_press_of_a_backlog_gets_its_receipt_when_it_is_sent_again_alone(county: Town) -> None:
    press = {
        "rating_id": str(uuid.uuid4()),
        "level": 2,
        "channel": "tablet",
        "unit": "social",
        "pressed_at": MONDAY.isoformat(),
    }
    headers = {"Authorization": "Bearer hall"}
    backlog = web.post(f"{county.edge}/v1/ratings:batch", json=[press], headers=headers)
    assert backlog.json()["results"] == [{"status": "accepted"}]
    sent_at = {"sent_at": (MONDAY + timedelta(minutes=1)).isoformat()}
    alone = web.post(f"{county.edge}/v1/ratings", json=press | sent_at, headers=headers)
    county.until(alone.json()["receipt"]["code"], stage="opened", level=2)
    assert len(list(county.db["ratings"].find())) == 1
    assert county.db["quarantine"].find_one() is None


@pytest.mark.parametrize("errand", [{}, {"source_system": "hall", "errand_number": "A1"}])
def test_the_one_append_goes_the_way_of_every_press(county: Town, errand: dict[str, str]) -> None:
    taken = county.press(level=1, phone="13800000000", **errand)
    code = taken["receipt"]["code"]
    county.until(code, stage="opened", append="open")
    address = f"{county.edge}/v1/receipts/{code}/append"
    first = web.post(address, json={"level": 2, "comment": "还是很慢"})
    again = web.post(address, json={"level": 2, "comment": "还是很慢"})
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["rating_id"] == again.json()["rating_id"]
    assert first.json()["receipt"]["code"] == code
    told = county.until(code, append="given")
    assert told["append_level"] == 2
    other = web.post(address, json={"level": 5})
    assert (other.status_code, "追评过" in other.json()["detail"]) == (410, True)
    key = "hall:A1:completed:1:1" if errand else taken["rating_id"]
    case = county.case_of(key)
    eventually(lambda: county.ask("du", "GET", f"/v1/cases/{case}").json()["append_level"] == 2)
    kept = county.db["ratings"].find_one({"turn": 2}) or {}
    assert (kept["rating_id"], kept["unit"]) == (first.json()["rating_id"], "social")
    assert "还是很慢" not in str(kept)


def test_an_append_to_a_good_rating_is_counted_when_it_is_bad(county: Town) -> None:
    code = county.press(level=5)["receipt"]["code"]
    county.until(code, stage="no_case")
    address = f"{county.edge}/v1/receipts/{code}/append"
    assert web.post(address, json={"level": 1}).status_code == 202
    counted = [{"unit": "social", "reason": "append", "count": 1}]
    eventually(lambda: county.ask("du", "GET", "/v1/cases:unopened").json() == counted)


def test_a_rater_follows_the_case_to_its_reply_and_the_call(county: Town) -> None:
    taken = county.press(level=1, phone="13800000000", name="张三")
    code = taken["receipt"]["code"]
    case = county.case_of(taken["rating_id"])
    for who, what, said in (
        ("li", "claim", {}),
        ("li", "verify", {}),
        ("li", "submit", {"text": "已更换叫号机"}),
    ):
        assert county.move(who, case, what, **said).is_success
    told = county.until(code, stage="awaiting_callback")
    assert told["reply"] == "已更换叫号机"
    assert county.move("he", case, "callback", result="unreachable").is_success
    assert county.move("he", case, "callback", result="dissatisfied", reason="坏了").is_success
    assert county.until(code, stage="rectifying")["due_on"]
    assert county.move("li", case, "submit", text="已再次修好").is_success
    assert county.move("he", case, "callback", result="satisfied").is_success
    told = county.until(code, stage="closed_satisfied")
    assert told["reply"] == "已再次修好"


def test_an_objection_is_made_once_read_outside_the_unit_and_sustained(county: Town) -> None:
    taken = county.press(level=1, phone="13800000000")
    code = taken["receipt"]["code"]
    case = county.case_of(taken["rating_id"])
    address = f"{county.desk}/v1/receipts/{code}/objection"
    early = web.post(address, json={"text": "为什么"})
    assert (early.status_code, "没有可提出异议" in early.json()["detail"]) == (409, True)
    assert county.move("li", case, "claim").is_success
    picture = county.file("li", case)
    assert county.move("li", case, "appeal", reason="not us", evidence=[picture]).is_success
    upheld = county.move("shen", case, "uphold", reason="窗口不符", invalidity="wrong")
    assert upheld.is_success
    told = county.until(code, stage="closed_invalidated", objection="open")
    assert (told["invalid_because"], told["decided"]) == ("误评：评价对象或内容有误", "窗口不符")
    assert county.move("he", case, "inform", text="已电话告知").is_success
    said = web.post(address, json={"text": "我在3号窗口，张三"})
    assert (said.status_code, said.json()["objection"]) == (200, "waiting")
    assert web.post(address, json={"text": "我在3号窗口，张三"}).status_code == 200
    other = web.post(address, json={"text": "另一个理由"})
    assert (other.status_code, "限一次" in other.json()["detail"]) == (410, True)
    kept = county.db["objections"].find_one() or {}
    seen = county.ask("du", "GET", f"/v1/cases/{case}")
    assert "张三" not in str(kept) + seen.text
    assert county.ask("li", "GET", f"/v1/cases/{case}/objection").status_code == 403
    words = county.ask("du", "GET", f"/v1/cases/{case}/objection").json()
    assert words == {"text": "我在3号窗口，张三"}
    assert county.move("shen", case, "sustain", reason="same person").status_code == 403
    assert county.move("du", case, "sustain", reason="录像为证").is_success
    told = county.until(code, stage="rectifying", objection="sustained", invalid_because=None)
    rating = county.db["ratings"].find_one({"rating_id": taken["rating_id"]}) or {}
    assert rating["standing"] == "valid"
    look = (county.db["objections"].find_one() or {})["looks"]
    assert [each["by"] for each in look] == ["du"]
