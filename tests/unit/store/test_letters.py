"""Dead letters become rows of the work list."""

from __future__ import annotations

import hashlib
import json

import pytest

from services.adapters.bus import Letter, packed
from services.adapters.bus.deliveries import FROM
from services.adapters.bus.settling import QUEUE, REASON
from services.contracts import topology
from services.contracts.actor import Role
from services.contracts.commands import EraseRater
from services.contracts.vouching import Sender
from services.store.letters import BY_THE_BROKER, rows_of
from services.store.quarantine import Row
from tests.county import NOON, press

SENDER = Sender(by="kiosk-1", role=Role.DEVICE, received_at=NOON, receipt="r/3")
RAW = {REASON: "malformed: /level 9", QUEUE: topology.CAPTURE_RAW.name}


def rows(body: bytes, headers: dict[str, str] | None = None) -> list[tuple[str, str, str]]:
    """Key, reason and detail of each row."""
    letter = Letter(1, body, headers or {}, "store.ratings", "m1")
    return [(row.key, row.reason, row.detail) for row in rows_of(letter, str.encode)]


def test_each_press_in_a_letter_is_a_row_of_its_own() -> None:
    [pack] = packed([press(rating_id="a"), press(rating_id="b")], "t")
    headers = {REASON: "gave_up: too late", QUEUE: "store.ratings"}
    assert rows(pack.body, headers) == [
        ("a", "gave_up", "too late (queue store.ratings)"),
        ("b", "gave_up", "too late (queue store.ratings)"),
    ]


def test_what_the_broker_gave_up_on_says_so() -> None:
    [pack] = packed([press(rating_id="a")], "t")
    [(_, reason, _)] = rows(pack.body)
    assert reason == "delivered_too_often"


def test_a_body_that_nobody_can_read_is_kept_under_its_hash() -> None:
    for body in (b"\xff\xfe", b"[1, 2]", json.dumps({"items": 3, "type": "x"}).encode()):
        [(key, _, _)] = rows(body)
        assert key == hashlib.sha256(body.decode(errors="replace").encode()).hexdigest()


def raw(body: bytes, headers: dict[str, str]) -> Row:
    """The row of what the edge refused."""
    [row] = rows_of(Letter(1, body, {**RAW, **headers}, "capture.raw", "m1"), str.encode)
    return row


def test_a_press_of_a_known_sender_is_under_its_id_and_can_go_back() -> None:
    body = json.dumps({"type": "RatingForm", "items": [{"rating_id": "a", "level": 9}]}).encode()
    row = raw(body, SENDER.headers)
    assert (row.key, row.kind, row.receipt) == ("a", "RatingForm", "r/3")
    assert (row.submitted_by, row.back) == ("kiosk-1", SENDER.headers)
    assert json.loads(row.sealed) == {"rating_id": "a", "level": 9}


def test_a_whole_letter_can_go_back_as_it_came() -> None:
    row = raw(b'{"device": "kiosk-9"}', {FROM: "{}"})
    assert (row.kind, row.back, row.submitted_by) == ("RawLetter", {FROM: "{}"}, None)


@pytest.mark.parametrize(
    "body", [b'{"rating_id": "a"}', b'{"type": "x", "items": [{"rating_id": "a"}]}']
)
def test_a_stranger_names_no_row(body: bytes) -> None:
    assert raw(body, {FROM: "{}"}).key == hashlib.sha256(body).hexdigest()


def test_what_is_not_whole_or_not_ours_stays_where_it_is() -> None:
    assert raw(b"\xff", {FROM: "{}"}).back is None
    for headers in ({FROM: "{}"}, SENDER.headers):
        row = raw(b"{}", {**headers, BY_THE_BROKER: "true"})
        assert (row.back, row.kind, row.submitted_by) == (None, "unreadable", None)


def test_a_press_whose_id_is_in_capitals_is_under_the_id_by_which_it_is_stored() -> None:
    """iOS writes them so; by another spelling nothing would ever close the row."""
    id = "7c1d8c1e-56f6-4a68-9d80-b6c2a35a3a3f"
    item = {"rating_id": id.upper(), "level": 9}
    body = json.dumps({"type": "RatingForm", "items": [item]}).encode()
    assert raw(body, SENDER.headers).key == id


def test_an_order_about_a_rating_is_no_row_of_that_rating() -> None:
    """Else the next resend of the press would close it as stored."""
    [pack] = packed([EraseRater(command_id="c", rating_id="a", why="request")], "t")
    [(key, _, _)] = rows(pack.body)
    assert key != "a"
