"""What belongs together keeps together, and with one partition nothing is spread."""

from __future__ import annotations

import re
from itertools import product

import pytest

from services.adapters.bus import packed
from services.console.stack import definitions
from services.contracts import topology
from services.contracts.access import ACCESS
from services.contracts.events import RatingSubmitted
from services.contracts.message import Message
from services.contracts.partitions import HASHED_BY, MOST, SPREAD, Spreading, partitions_of
from tests.county import errand, linked, press
from tests.unit.contracts.test_access import rights, senders

RATINGS = topology.STORE_RATINGS.name


def hashed_by(message: Message) -> str | None:
    """By what the broker chooses the partition of a message that travels alone."""
    [out] = packed([message], "trace")
    return out.headers.get(HASHED_BY)


@pytest.mark.parametrize(
    ("first", "append"),
    [
        (linked("A1"), linked("A1", turn=2, level=1)),
        (press(rating_id="r1"), press(rating_id="r2", turn=2, appends="r1")),
    ],
)
def test_an_append_follows_its_first_rating(
    first: RatingSubmitted, append: RatingSubmitted
) -> None:
    assert hashed_by(first) == hashed_by(append) is not None


def test_ratings_about_different_things_are_spread() -> None:
    others = [linked("A1"), linked("A1", occurrence=2), linked("A2"), press(), press()]
    assert len({hashed_by(each) for each in others}) == len(others)


def test_what_decides_the_partition_does_not_tell_the_errand() -> None:
    assert "20201105-7" not in str(hashed_by(linked("20201105-7")))


def test_what_is_not_spread_has_nothing_to_be_spread_by() -> None:
    assert hashed_by(errand()) is None


@pytest.mark.parametrize("number", [0, -1, MOST + 1])
def test_there_may_be_one_to_eight(number: int) -> None:
    with pytest.raises(ValueError, match=f"{number} partitions"):
        Spreading(number)


def test_only_ratings_that_come_alone_have_partitions() -> None:
    parted = [each.name for each in topology.WORK_QUEUES if len(partitions_of(each.name)) > 1]
    assert parted == [RATINGS]


def test_over_four_partitions_no_rating_takes_the_old_way_as_well() -> None:
    made = definitions.flow(4)
    names = ["store.ratings", "store.ratings.2", "store.ratings.3", "store.ratings.4"]
    ways = [(each["destination"], each["source"]) for each in made["bindings"]]
    assert [way for way in ways if way[0] in names] == [(name, SPREAD) for name in names]
    [way] = [each for each in made["bindings"] if each["destination"] == SPREAD]
    assert (way["source"], way["routing_key"]) == (topology.EVENTS, RatingSubmitted.routing_key)


def test_a_partition_is_as_safe_as_the_queue_it_is_one_of() -> None:
    whole, own = topology.STORE_RATINGS.arguments, "x-dead-letter-routing-key"
    assert list(Spreading(MOST).queues) == list(partitions_of(RATINGS))
    for name, arguments in Spreading(MOST).queues.items():
        assert arguments == {**whole, own: name}


def test_the_store_empties_every_partition_and_nobody_else_does() -> None:
    for name in partitions_of(RATINGS):
        assert [service for service in ACCESS if may_read(service, name)] == ["store"]


def may_read(service: str, queue: str) -> bool:
    """What RabbitMQ would say."""
    [may] = rights(service)
    return bool(re.search(may["read"], queue))


def test_what_comes_from_a_partition_can_be_put_off_for_it() -> None:
    for seconds, name in product(topology.DELAYS_S, partitions_of(RATINGS)):
        assert senders(topology.delay_exchange(seconds), name) == {"store"}
