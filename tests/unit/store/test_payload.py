"""What of a payload may be shown, whatever a stranger has put into it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.events import RatingSubmitted
from services.contracts.topology import MESSAGE_TYPES
from services.errors import Conflict
from services.store.payload import kind_of, shown
from tests.county import linked, press

SECRET = "张三13800000000"
KINDS = st.sampled_from([*MESSAGE_TYPES, "unreadable"])
WRAPPED = st.recursive(
    st.just(SECRET),
    lambda inner: st.lists(inner, min_size=1) | st.dictionaries(st.text(), inner, min_size=1),
)


@given(kind=KINDS, name=st.text(), value=WRAPPED)
def test_a_field_that_nobody_declared_is_masked(kind: str, name: str, value: Any) -> None:
    declared = MESSAGE_TYPES[kind].model_fields if kind in MESSAGE_TYPES else {}
    if name not in declared:
        assert SECRET not in json.dumps(shown(kind, json.dumps({name: value})), ensure_ascii=False)


@given(kind=KINDS, value=WRAPPED)
def test_what_is_no_object_is_not_shown_at_all(kind: str, value: Any) -> None:
    for text in (SECRET, json.dumps([value]), f"{{{SECRET}"):
        assert set(shown(kind, text)) == {"unreadable"}
        assert SECRET not in str(shown(kind, text))


@given(value=st.dictionaries(st.text(), st.just(SECRET), min_size=1))
def test_an_object_inside_a_declared_field_is_masked(value: dict[str, str]) -> None:
    assert shown("RatingSubmitted", json.dumps({"window": value}))["window"] == "***"


def test_nothing_is_masked_that_is_not_there() -> None:
    plain = shown("RatingSubmitted", press(window="w1").model_dump_json())
    assert (plain["window"], plain["sealed"], plain["errand_number"]) == ("w1", None, None)


def test_only_what_a_consumer_could_read_may_be_replayed() -> None:
    text = linked("A1").model_dump_json()
    assert kind_of("RatingSubmitted", text) is RatingSubmitted
    for kind, body in (("RatingSubmitted", "{}"), ("BadRatingStored", text), ("x", text)):
        with pytest.raises(Conflict, match="cannot be replayed as it is"):
            kind_of(kind, body)
