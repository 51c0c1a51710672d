"""The account finds what must never be: each kind of wrong, and nothing where all is well."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from tests.faults.account import Kept, Sent, complaints

GOOD = {"_id": "r1", "rating_id": "r1", "level": 5, "turn": 1, "day": "2020-03-05", "unit": "tax"}
BAD = {**GOOD, "_id": "r2", "rating_id": "r2", "level": 1}
CASE: dict[str, Any] = {
    "_id": "c2",
    "rating_key": "r2",
    "escalations": ["1:near"],
    "history": [{"move": "open"}, {"move": "escalate:near"}],
    "commands": [{"id": "officer-tax/k1"}],
}
WELL = Kept(
    ratings=[GOOD, BAD],
    quarantined=frozenset({"r3"}),
    cases=[CASE],
    tallied=Counter({("2020-03-05", "tax", 5): 1, ("2020-03-05", "tax", 1): 1}),
)
SENT = Sent({"r1": 5, "r2": 1, "r3": 5}, {"r1", "r2", "r3"}, {"k1": "c2"})


def kinds(kept: Kept, sent: Sent = SENT) -> set[str]:
    """What is wrong, by kind."""
    return {each.kind for each in complaints(sent, kept)}


def with_case(**over: Any) -> Kept:
    """All is well but for something about the case."""
    return replace(WELL, cases=[{**CASE, **over}])


def test_where_everything_is_in_its_place_there_is_no_complaint() -> None:
    assert complaints(SENT, WELL) == []


@pytest.mark.parametrize(
    ("kind", "kept"),
    [
        ("lost", replace(WELL, quarantined=frozenset())),
        ("doubled", replace(WELL, ratings=[GOOD, {**GOOD, "_id": "other"}, BAD])),
        ("invented", replace(WELL, ratings=[GOOD, BAD, {**GOOD, "_id": "x", "rating_id": "x"}])),
        ("invented", replace(WELL, ratings=[{**GOOD, "level": 4}, BAD])),
        ("without a case", replace(WELL, cases=[])),
        ("case without a rating", replace(WELL, cases=[CASE, {**CASE, "_id": "c3"}])),
        ("case without a rating", with_case(rating_key="nobody's")),
        ("escalated twice", with_case(escalations=["1:near", "1:near"])),
        ("escalated unsaid", with_case(history=[{"move": "open"}])),
        ("command lost", with_case(commands=[])),
        ("command applied twice", with_case(commands=CASE["commands"] * 2)),
        ("tally differs", replace(WELL, tallied=Counter({("2020-03-05", "tax", 5): 2}))),
        ("published changed", replace(WELL, published={"score": 9.6}, published_before=9.9)),
        ("chain broken", replace(WELL, broken=("history of c2",))),
    ],
)
def test_each_kind_of_wrong_is_found(kind: str, kept: Kept) -> None:
    assert kind in kinds(kept)


def test_what_was_not_confirmed_may_be_there_or_not() -> None:
    unsure = Sent({**SENT.levels, "r4": 5}, SENT.confirmed, SENT.commands)
    assert complaints(unsure, WELL) == []
    arrived = replace(
        WELL,
        ratings=[*WELL.ratings, {**GOOD, "_id": "r4", "rating_id": "r4"}],
        tallied=Counter({**WELL.tallied, ("2020-03-05", "tax", 5): 2}),
    )
    assert complaints(unsure, arrived) == []
