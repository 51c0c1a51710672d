"""Dead letters become rows of the work list."""

from __future__ import annotations

import hashlib
import json

from services.adapters.bus import Letter, packed
from services.adapters.bus.settling import QUEUE, REASON
from services.store.letters import rows_of
from tests.county import press


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
