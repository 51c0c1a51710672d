"""Single presses of one instant share an envelope and its confirm; nobody is told a lie for it."""

from __future__ import annotations

import eventlet
import pytest

from services.adapters.bus import Outgoing
from services.adapters.bus.outgoing import packed
from services.adapters.bus.together import Together
from services.contracts.events import RatingSubmitted
from services.contracts.message import Envelope
from services.contracts.topology import COMPANY, EVENTS, backlog_key
from services.errors import Unavailable
from tests.county import press

ALONE, BACKLOG = RatingSubmitted.routing_key, backlog_key(RatingSubmitted)


class Broker:
    """Keeps what is published, or refuses everything."""

    def __init__(self, refuses: bool = False) -> None:
        self.refuses = refuses
        self.letters: list[Outgoing] = []

    def publish(self, *letters: Outgoing) -> None:
        """Take the letters."""
        eventlet.sleep(0)
        if self.refuses:
            raise Unavailable
        self.letters += letters

    @property
    def contents(self) -> list[list[str]]:
        """Which presses came together."""
        envelopes = [Envelope.model_validate_json(letter.body) for letter in self.letters]
        return [[str(item["rating_id"]) for item in each.items] for each in envelopes]


def published(broker: Broker, presses: list[RatingSubmitted]) -> list[bool]:
    """Publish all in one instant; whether each was told that it is held."""
    together = Together(broker.publish)

    def tell(each: RatingSubmitted) -> bool:
        try:
            together.publish(each, f"trace of {each.rating_id}")
        except Unavailable:
            return False
        return True

    return [each.wait() for each in [eventlet.spawn(tell, each) for each in presses]]


def test_who_comes_alone_travels_alone() -> None:
    broker, alone = Broker(), press()
    assert published(broker, [alone]) == [True]
    assert broker.contents == [[alone.rating_id]]


@pytest.mark.parametrize("count", [2, COMPANY, COMPANY + 1, 3 * COMPANY + 2])
def test_every_press_of_an_instant_is_published_once_in_envelopes_of_bounded_size(
    count: int,
) -> None:
    broker, presses = Broker(), [press() for _ in range(count)]
    assert published(broker, presses) == [True] * count
    assert [each for letter in broker.contents for each in letter] == [p.rating_id for p in presses]
    assert len(broker.letters) == -(-count // COMPANY)


def test_single_presses_never_wait_behind_a_backlog() -> None:
    broker = Broker()
    published(broker, [press(), press()])
    [letter] = broker.letters
    assert (letter.exchange, letter.routing_key) == (EVENTS, RatingSubmitted.routing_key)


def test_when_the_broker_refuses_nobody_of_the_company_is_told_that_it_is_held() -> None:
    assert published(Broker(refuses=True), [press() for _ in range(5)]) == [False] * 5


def test_who_comes_after_a_refusal_is_published() -> None:
    broker, late = Broker(refuses=True), press()
    together = Together(broker.publish)
    with pytest.raises(Unavailable):
        together.publish(press(), "first")
    broker.refuses = False
    together.publish(late, "second")
    assert broker.contents == [[late.rating_id]]


def test_when_the_leader_is_killed_its_company_learns_that_nothing_is_certain() -> None:
    broker = Broker()
    together = Together(broker.publish)
    leader = eventlet.spawn(together.publish, press(), "leader")
    follower = eventlet.spawn(together.publish, press(), "follower")
    eventlet.sleep(0)
    leader.kill()
    with pytest.raises(Unavailable):
        follower.wait()
    together.publish(later := press(), "later")
    assert broker.contents == [[later.rating_id]]


@pytest.mark.parametrize(("count", "key"), [(1, ALONE), (COMPANY, ALONE), (COMPANY + 1, BACKLOG)])
def test_a_few_go_the_way_of_a_single_one_and_more_are_a_backlog(count: int, key: str) -> None:
    [letter] = packed([press()] * count, "t")
    assert letter.routing_key == key
