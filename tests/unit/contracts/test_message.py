"""A message travels without what says nothing, and nothing is lost by that."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from services.contracts.events import RatingSubmitted
from services.contracts.vocabulary import Channel, Level, Stage, Turn
from tests.county import errand, press

words = st.text("abc好", max_size=3)
said = st.fixed_dictionaries(
    {"level": st.sampled_from(Level), "channel": st.sampled_from(Channel)},
    optional={
        "stage": st.sampled_from(Stage),
        "turn": st.sampled_from(Turn),
        "occurrence": st.integers(1, 3),
        "device": st.none() | words,
        "sequence": st.none() | st.integers(1, 9),
        "tags": st.lists(words, max_size=2).map(tuple),
        "named": st.booleans(),
        "sealed": st.none() | st.binary(max_size=9),
        "sent_at": st.none() | st.datetimes(timezones=st.just(UTC)),
        "marks": st.lists(words, max_size=2).map(tuple),
        "probe": st.booleans(),
    },
)


@given(said)
def test_a_press_is_read_as_it_was_sent(fields: dict[str, object]) -> None:
    sent = press(**fields)
    assert RatingSubmitted.model_validate_json(sent.as_json()) == sent


def test_what_nobody_said_does_not_travel() -> None:
    plain, about = json.loads(press().as_json()), json.loads(errand().as_json())
    assert not {"errand_number", "probe"} & set(plain)
    assert None not in about.values()


def test_what_only_looks_like_silence_travels() -> None:
    """An empty ciphertext or the first moment there is are said all the same."""
    sent = press(sealed=b"", sent_at=datetime(1, 1, 1, tzinfo=UTC), level=Level.VERY_DISSATISFIED)
    assert {"sealed", "sent_at", "level"} <= set(json.loads(sent.as_json()))
