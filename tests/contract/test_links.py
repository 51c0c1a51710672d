"""A single-use link while the bus comes and goes, on the fake and on the real database."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from pydantic import ValidationError

from services.adapters.mongo import Db
from services.capture.edge import Edge
from services.capture.linking import Links
from services.capture.links import LinkForm, PlateForm, Said
from services.capture.repository import LinkUses
from services.contracts.actor import Actor, Role
from services.contracts.events import RatingSubmitted
from services.contracts.vocabulary import Channel, Level
from services.errors import Gone, Invalid, Unavailable
from tests.county import DIRECTORY, NOON, RULES

HALL = Actor("hall", frozenset({Role.SYSTEM}))
BAD, GOOD = Said(level=Level.VERY_DISSATISFIED), Said(level=Level.VERY_SATISFIED)


@dataclass
class Page:
    """The page behind one link, asked later and later."""

    db: Db
    broken: bool = False
    minutes: int = 0
    sent: list[RatingSubmitted] = field(default_factory=list)

    @property
    def links(self) -> Links:
        """The links just now."""
        now = NOON + timedelta(minutes=self.minutes)
        uses = LinkUses(self.db)
        return Links(b"k" * 32, RULES, DIRECTORY, uses, now, "http://hall", lambda kind, name: None)

    def submit(self, token: str, said: Said) -> str:
        """Rate a minute later."""
        self.minutes += 1
        links = self.links

        def edge(actor: Actor) -> Edge:
            return Edge(actor, RULES, links.now, lambda _: b"", b"k")

        return links.rate(token, said, edge, self.publish).rating_id

    def publish(self, event: RatingSubmitted) -> None:
        """Take the event; a broken bus may have taken it all the same."""
        self.sent.append(event)
        if self.broken:
            raise Unavailable


@pytest.fixture
def page(db: Db) -> Page:
    """A page."""
    return Page(db)


@pytest.fixture
def token(page: Page) -> str:
    """A link about an errand."""
    form = LinkForm(
        channel=Channel.SMS,
        source_system="hall",
        errand_number="A1",
        expires=NOON + timedelta(days=1),
    )
    return page.links.issue(form, HALL).token


@pytest.mark.parametrize("place", ["unit", "window"])
def test_whoever_orders_a_link_about_a_place_that_nobody_knows_is_told(
    page: Page, place: str
) -> None:
    """What a citizen says through it would wait in quarantine for somebody to register it."""
    form = LinkForm.model_validate(
        {
            "channel": "sms",
            "source_system": "hall",
            "errand_number": "A1",
            "expires": (NOON + timedelta(days=1)).isoformat(),
            place: "nowhere",
        }
    )
    with pytest.raises(Invalid) as refused:
        page.links.issue(form, HALL)
    detail = f"{place} nowhere is not in the registry"
    assert refused.value.extra["errors"] == [{"pointer": f"/{place}", "detail": detail}]


def test_a_double_submit_is_published_once_and_answered_alike(page: Page, token: str) -> None:
    assert page.submit(token, BAD) == page.submit(token, BAD)
    assert len(page.sent) == 1
    assert page.links.show(token).state == "used"
    with pytest.raises(Gone):
        page.submit(token, GOOD)


def test_what_the_bus_did_not_confirm_is_said_again_word_for_word(page: Page, token: str) -> None:
    """It may have arrived all the same; the store must be able to absorb the second."""
    page.broken = True
    with pytest.raises(Unavailable):
        page.submit(token, BAD)
    assert page.links.show(token).state == "open"
    page.broken = False
    page.submit(token, BAD)
    first, second = page.sent
    assert (first.rating_id, first.fingerprint) == (second.rating_id, second.fingerprint)
    assert first.pressed_at == second.pressed_at
    assert page.links.show(token).state == "used"


def test_another_mind_may_be_made_up_while_nothing_was_confirmed(page: Page, token: str) -> None:
    page.broken = True
    with pytest.raises(Unavailable):
        page.submit(token, BAD)
    page.broken = False
    page.submit(token, GOOD)
    assert page.sent[-1].level is Level.VERY_SATISFIED
    with pytest.raises(Gone):
        page.submit(token, BAD)


@pytest.mark.parametrize("level", list(Level))
def test_what_comes_through_the_link_or_plate_of_a_probe_is_one(page: Page, level: Level) -> None:
    link = LinkForm(
        channel=Channel.SMS,
        source_system="selftest",
        errand_number="A1",
        expires=NOON + timedelta(days=1),
        probe=True,
    )
    plate = PlateForm(window="w1", probe=True)
    for issued in (page.links.issue(link, HALL), page.links.issue_plate(plate, HALL)):
        page.submit(issued.token, Said(level=level))
    assert [(event.probe, event.level) for event in page.sent] == [(True, level)] * 2


def test_nobody_makes_a_probe_of_a_citizens_link(page: Page, token: str) -> None:
    page.submit(token, BAD)
    real = page.links.issue_plate(PlateForm(window="w1"), HALL)
    page.submit(real.token, BAD)
    assert [event.probe for event in page.sent] == [False, False]
    with pytest.raises(ValidationError):
        Said.model_validate({"level": 1, "probe": True})


def test_probes_do_not_use_up_what_a_plate_may_take(page: Page) -> None:
    asked: list[tuple[str, str]] = []
    links = replace(page.links, pass_or_refuse=lambda kind, name: asked.append((kind, name)))
    for probe in (True, False):
        plate = links.issue_plate(PlateForm(window="w1", probe=probe), HALL)
        links.rate(plate.token, BAD, lambda a: Edge(a, RULES, NOON, lambda _: b"", b"k"), print)
    assert [name for kind, name in asked if kind == "plate"] == ["probe of w1", "w1"]
