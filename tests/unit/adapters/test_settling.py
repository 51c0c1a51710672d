"""What is published before a letter is acknowledged."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from services.adapters.bus.deliveries import Letter, unpack
from services.adapters.bus.outgoing import Outgoing, packed
from services.adapters.bus.settling import ATTEMPT, QUEUE, REASON, Settled, copies
from services.adapters.outcome import Done, Later, Never, Outcome
from services.contracts import topology
from services.contracts.events import RatingSubmitted
from services.contracts.message import Envelope
from tests.county import press


def letter(body: bytes, **headers: str) -> Letter:
    """A letter as it comes from the queue."""
    return Letter(1, body, headers, "rating.submitted", "m1")


def with_attempt(attempt: int, *presses: RatingSubmitted) -> Letter:
    """A letter whose presses have been put off `attempt` times."""
    envelope = Envelope(
        id="m1",
        type="RatingSubmitted",
        trace="t1",
        sent_at=datetime(2020, 1, 1, tzinfo=UTC),
        attempt=attempt,
        items=tuple(each.model_dump(mode="json") for each in presses),
    )
    return letter(envelope.model_dump_json().encode())


def copied(source: Letter, *outcomes: Outcome) -> list[Outgoing]:
    """The copies for these outcomes of the items in a letter."""
    unpacked = unpack(source)
    settled = Settled(source, tuple(unpacked.outcomes(iter(outcomes))), unpacked.envelope)
    return list(copies("store.ratings", settled))


def test_what_is_done_leaves_no_copy() -> None:
    assert copied(with_attempt(0, press(), press()), Done(), Done()) == []


def test_only_what_must_wait_is_put_off_and_counts_one_attempt_more() -> None:
    waiting = press(rating_id="waits")
    [copy] = copied(with_attempt(1, press(), waiting), Done(), Later("not yet"))
    envelope = Envelope.model_validate_json(copy.body)
    assert copy.exchange == topology.delay_exchange(60)
    assert copy.routing_key == "store.ratings"
    assert [item["rating_id"] for item in envelope.items] == ["waits"]
    assert (envelope.attempt, envelope.trace) == (2, "t1")


def test_items_with_the_same_fate_share_a_copy() -> None:
    outcomes: list[Outcome] = [Later("a"), Never("b"), Later("a")]
    found = copied(with_attempt(0, press(), press(), press()), *outcomes)
    assert sorted(len(Envelope.model_validate_json(each.body).items) for each in found) == [1, 2]


def test_patience_ends_in_the_dead_letters_with_the_reason() -> None:
    [copy] = copied(with_attempt(topology.MAX_ATTEMPTS, press()), Later("still not"))
    assert copy.exchange == topology.DEAD
    assert (copy.headers[REASON], copy.headers[QUEUE]) == ("still not", "store.ratings")


def test_a_letter_that_nobody_can_read_is_kept_to_the_byte() -> None:
    [copy] = copied(letter(b"\xff{not json"))
    assert (copy.exchange, copy.body) == (topology.DEAD, b"\xff{not json")
    assert copy.headers[REASON].startswith("malformed: ")


def test_one_bad_item_does_not_spoil_its_neighbours() -> None:
    body = json.loads(with_attempt(0, press(), press()).body)
    body["items"][0]["level"] = 9
    source = letter(json.dumps(body).encode())
    assert len(unpack(source).deliveries) == 1
    [copy] = copied(source, Done())
    assert copy.headers[REASON].startswith("malformed: level")


def test_a_raw_letter_counts_its_attempts_in_its_header() -> None:
    settled = Settled(letter(b"x", **{ATTEMPT: "2"}), (Later("wait"),))
    [copy] = copies("capture.raw", settled)
    assert (copy.exchange, copy.headers[ATTEMPT]) == (topology.delay_exchange(600), "3")


def test_a_backlog_is_packed_within_the_limits_of_count_and_size() -> None:
    presses = [press(sealed=b"s" * 900) for _ in range(450)]
    packs = list(packed(presses, "t1"))
    sizes = [len(Envelope.model_validate_json(each.body).items) for each in packs]
    assert sum(sizes) == 450
    assert max(sizes) <= topology.BULK_ITEMS
    assert max(len(each.body) for each in packs) <= topology.BULK_BYTES + 1000


def test_what_was_packed_comes_out_the_same() -> None:
    presses = [press(sealed=b"\x00\xff"), press(level=1, tags=("110",))]
    [pack] = packed(presses, "t1")
    received = [delivery.message for delivery in unpack(letter(pack.body)).deliveries]
    assert received == presses
