"""Webhooks and mail to real servers: signed, once over two replicas, in office hours."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from services.adapters import webhooks
from services.adapters.settings import token_hash
from services.adapters.webhooks import Sender
from services.console.stack import Stack
from services.contracts.actor import Role
from services.contracts.directory import Directory, Principal
from services.contracts.origin import networks
from services.contracts.signing import ID, SIGNATURE, TIMESTAMP, signature
from tests import web
from tests.integration.bus import eventually
from tests.integration.citizens import COUNTY, Containers, Town, town
from tests.integration.listeners import (
    Heard,
    Letters,
    mail_server,
    trickling_listener,
    web_listener,
)
from tests.unit.rectify.county import MONDAY

pytestmark = pytest.mark.integration
ADMIN = Principal(
    id="admin",
    name="管理员",
    roles=frozenset({Role.ADMINISTRATOR}),
    token_hash=token_hash("admin"),
)
POSTED = Directory(
    version=1,
    units=COUNTY.units,
    windows=COUNTY.windows,
    principals=(
        ADMIN,
        *(
            each.model_copy(update={"mail": f"{each.id}@county.example"})
            for each in COUNTY.principals
        ),
    ),
)
EVENING = MONDAY + timedelta(hours=10)


@pytest.fixture
def heard() -> Iterator[Heard]:
    """A system that listens."""
    with web_listener() as listening:
        yield listening


@pytest.fixture
def letters(tmp_path: Path) -> Iterator[Letters]:
    """A mail server."""
    with mail_server(tmp_path / "mail") as server:
        yield server


@pytest.fixture
def county(stack: Stack, container_factory: Containers) -> Iterator[Town]:
    """The county at work, with two replicas of rectify, and without mail."""
    networks = "127.0.0.0/8"
    with town(stack, container_factory, POSTED, 2, HAOPING_WEBHOOK_NETWORKS=networks) as running:
        yield running


def subscribe(county: Town, heard: Heard, **form: Any) -> dict[str, str]:
    """The secret of a new subscription."""
    said = {"url": heard.url, "unit": "bureau", **form}
    answer = county.ask("admin", "POST", "/v1/webhooks", json=said)
    assert answer.status_code == 201, answer.text
    secret: dict[str, str] = answer.json()
    return secret


def is_signed(request: tuple[str, dict[str, str], bytes], secret: str) -> bool:
    """Whether one of its signatures was made with the secret, as Standard Webhooks says."""
    _, headers, body = request
    key = b64decode(secret.removeprefix("whsec_"))
    wanted = signature(key, headers[ID], int(headers[TIMESTAMP]), body)
    return wanted in headers[SIGNATURE].split()


def told(heard: Heard) -> list[str]:
    """The types of what has arrived."""
    return [json.loads(body)["type"] for _, _, body in heard.requests]


def due_now(county: Town) -> None:
    """Let what waits to be tried again be tried now."""
    past = {"$set": {"try_at": datetime.now(UTC)}}
    county.db["notices"].update_many({"state": "waiting"}, past)


def test_a_subscriber_is_told_once_and_can_check_who_tells(county: Town, heard: Heard) -> None:
    secret = subscribe(county, heard)["secret"]
    case = county.case_of(county.press(level=1, phone="13800000000", name="张三")["rating_id"])
    assert county.move("li", case, "claim").is_success
    eventually(lambda: sorted(told(heard)) == ["case.moved", "case.moved", "case.opened"])
    eventually(lambda: not county.db["notices"].find_one({"state": "waiting"}))
    assert len(heard.requests) == 3
    assert all(is_signed(each, secret) for each in heard.requests)
    ids = [headers[ID] for _, headers, _ in heard.requests]
    assert len(set(ids)) == 3
    bodies = b"".join(body for _, _, body in heard.requests)
    assert case.encode() in bodies
    assert "张三".encode() not in bodies
    assert secret not in str(list(county.db["subscriptions"].find()))
    assert "secret" not in county.ask("admin", "GET", "/v1/webhooks").text


def test_a_refused_webhook_is_tried_again_under_the_same_id(county: Town, heard: Heard) -> None:
    subscribe(county, heard, kinds=["case.opened"])
    heard.answers = [("500 Oops", {}), ("302 Found", {"Location": heard.url + "/elsewhere"})]
    county.case_of(county.press(level=1)["rating_id"])
    for detail in ("HTTP 500", "HTTP 302"):
        failed = partial(county.db["notices"].find_one, {"detail": detail})
        assert eventually(failed)["state"] == "waiting"
        due_now(county)
    eventually(lambda: county.db["notices"].find_one({"state": "sent"}))
    assert len({headers[ID] for _, headers, _ in heard.requests}) == 1
    assert {path for path, _, _ in heard.requests} == {"/hook"}


def test_what_nobody_took_ends_in_a_work_list_and_can_be_replayed(
    county: Town, heard: Heard
) -> None:
    subscribe(county, heard, kinds=["case.opened"])
    heard.answers = [("410 Gone", {})]
    county.case_of(county.press(level=1)["rating_id"])
    (row,) = eventually(lambda: county.ask("admin", "GET", "/v1/notices").json())
    assert (row["detail"], row["kind"], row["attempts"]) == ("HTTP 410", "case.opened", 1)
    assert county.ask("li", "GET", "/v1/notices").status_code == 403
    address = f"/v1/notices/{row['id']}/replay"
    assert county.ask("admin", "POST", address).status_code == 202
    eventually(lambda: len(heard.requests) == 2)
    assert eventually(lambda: county.ask("admin", "GET", "/v1/notices?state=sent").json())
    assert county.ask("admin", "POST", address).status_code == 409


def test_two_secrets_sign_for_a_day_after_a_rotation(county: Town, heard: Heard) -> None:
    old = subscribe(county, heard, kinds=["case.opened"])
    new = county.ask("admin", "POST", f"/v1/webhooks/{old['id']}/secret").json()
    county.case_of(county.press(level=1)["rating_id"])
    (request,) = eventually(lambda: heard.requests)
    assert is_signed(request, old["secret"])
    assert is_signed(request, new["secret"])
    assert county.ask("admin", "DELETE", f"/v1/webhooks/{old['id']}").json() == {"active": False}
    county.case_of(county.press(level=1)["rating_id"])
    assert county.db["notices"].find_one({"state": "waiting"}) is None
    assert len(heard.requests) == 1


def test_reminders_wait_for_the_opening_and_are_sent_once(county: Town, heard: Heard) -> None:
    subscribe(county, heard, kinds=["case.due_soon", "case.overdue"])
    case = county.case_of(county.press(level=1)["rating_id"])
    midnight = MONDAY.replace(day=4, hour=0)
    county.at(midnight)
    held = eventually(lambda: county.db["notices"].find_one({"kind": "case.overdue"}))
    assert held["open_at"] == midnight.replace(hour=9)
    assert heard.requests == []
    county.at(midnight.replace(hour=9))
    eventually(lambda: told(heard) == ["case.overdue"])
    eventually(lambda: county.db["notices"].find_one({"state": "sent", "case": case}))
    assert len(heard.requests) == 1


def test_a_reminder_of_a_case_closed_over_night_is_dropped(county: Town, heard: Heard) -> None:
    subscribe(county, heard, kinds=["case.overdue"])
    case = county.case_of(county.press(level=1)["rating_id"])
    assert county.move("li", case, "claim").is_success
    midnight = MONDAY.replace(day=4, hour=0)
    county.at(midnight)
    eventually(lambda: county.db["notices"].find_one({"kind": "case.overdue"}))
    assert county.move("li", case, "verify").is_success
    assert county.move("li", case, "submit", text="done").is_success
    county.at(midnight.replace(hour=9))
    eventually(lambda: county.db["notices"].find_one({"state": "dropped"}))
    assert heard.requests == []


def test_a_target_outside_the_allowed_networks_is_never_spoken_to(county: Town) -> None:
    strange = {"url": "http://192.0.2.1/hook", "unit": "bureau", "kinds": ["case.opened"]}
    assert county.ask("admin", "POST", "/v1/webhooks", json=strange).status_code == 201
    county.case_of(county.press(level=1)["rating_id"])
    row = eventually(lambda: county.db["notices"].find_one({"detail": {"$exists": True}}))
    assert "HAOPING_WEBHOOK_NETWORKS" in row["detail"]
    for url in ("ftp://x/y", "http://u:p@x/", "x"):
        refused = county.ask("admin", "POST", "/v1/webhooks", json={"url": url, "unit": "bureau"})
        assert refused.status_code == 422
    nowhere = county.ask("admin", "POST", "/v1/webhooks", json={"url": "http://x", "unit": "?"})
    assert nowhere.status_code == 422


def test_a_receiver_that_answers_a_byte_at_a_time_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(webhooks, "WITHIN_S", 0.5)
    with (
        trickling_listener() as slow,
        web_listener() as swift,
        closing(Sender(networks("127.0.0.1/32"))) as sender,
    ):
        answer = sender.post(slow, {}, b"{}")
        assert (answer.delivered, "Timeout" in answer.detail) == (False, True)
        assert sender.post(swift.url, {}, b"{}").delivered


def test_without_webhooks_and_mail_nobody_is_told(county: Town) -> None:
    case = county.case_of(county.press(level=1)["rating_id"])
    assert county.move("li", case, "claim").is_success
    eventually(lambda: not (county.db["cases"].find_one({"_id": case}) or {})["outbox"])
    assert county.db["notices"].find_one() is None


def test_mail_goes_to_those_who_have_to_act_in_the_morning(
    stack: Stack, container_factory: Containers, letters: Letters
) -> None:
    with town(stack, container_factory, POSTED, 2, HAOPING_SMTP_URL=letters.url) as county:
        county.at(EVENING)
        case = county.case_of(county.press(level=1, window="w1", name="张三")["rating_id"])
        eventually(lambda: len(list(county.db["notices"].find({"way": "mail"}))) == 2)
        assert letters.all() == []
        county.at(EVENING + timedelta(hours=14))
        eventually(lambda: len(letters.all()) == 2)
        assert {each["to"] for each in letters.all()} == {"li@county.example", "wu@county.example"}
        assert letters.all()[0]["subject"] == f"新的差评工单 {case}"
        assert letters.all()[0]["auto-submitted"] == "auto-generated"
        assert "张三" not in str(letters.all())
        eventually(lambda: not county.db["notices"].find_one({"state": "waiting"}))
        assert len(letters.all()) == 2


def test_a_mail_server_that_is_down_loses_nothing(
    stack: Stack, container_factory: Containers, tmp_path: Path
) -> None:
    with mail_server(tmp_path / "first") as server:
        url = server.url
    with town(stack, container_factory, POSTED, 1, HAOPING_SMTP_URL=url) as county:
        county.case_of(county.press(level=1)["rating_id"])
        failed = {"state": "waiting", "detail": {"$exists": True}}
        eventually(lambda: len(list(county.db["notices"].find(failed))) >= 2)
        assert web.get(f"{county.desk}/healthz").is_success
