"""The generator: exactly the published counts, twelve bad ones, nothing that the edge refuses."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from pydantic import ValidationError

from services.capture.forms import ErrandForm, RatingForm
from services.console.demo import days
from services.console.demo.county import build
from services.console.demo.plan import SEED, YEAR
from services.console.demo.presses import IN_HALLS, Generator, Press, malformed
from services.console.demo.published import apportioned, weiyuan_channels
from services.console.demo.rules import tags
from services.contracts.vocabulary import Channel

SMALL = apportioned(weiyuan_channels(), 2000)


def generator(seed: int = SEED) -> Generator:
    return Generator(build(), tags(), YEAR, Random(seed))


@pytest.fixture(scope="module")
def year() -> list[Press]:
    return generator().year_of(weiyuan_channels())


@pytest.fixture(scope="module")
def small() -> list[Press]:
    return generator().year_of(SMALL)


def test_the_year_has_exactly_the_published_presses_of_each_channel(year: list[Press]) -> None:
    assert Counter(press.channel for press in year) == weiyuan_channels()
    assert len(year) == 24_793


def test_exactly_twelve_presses_are_bad(year: list[Press]) -> None:
    assert sum(press.form["level"] <= 2 for press in year) == 12


def test_no_two_presses_have_one_id_or_one_errand(year: list[Press]) -> None:
    assert len({press.form["rating_id"] for press in year}) == len(year)
    assert len({press.key for press in year}) == len(year)


def test_tags_fit_their_levels_and_are_in_use(year: list[Press]) -> None:
    known = tags()
    chosen = [(press.form["level"], code) for press in year for code in press.form["tags"]]
    assert chosen
    assert all(known[code].level == level for level, code in chosen)
    assert not any(known[code].retired for _, code in chosen)


def test_halls_are_rated_on_working_days_while_they_are_open(year: list[Press]) -> None:
    open_days = set(days.working_days(YEAR))
    for press in year:
        if press.channel in IN_HALLS:
            assert press.at.date() in open_days
            assert days.OPENS <= press.at.hour * 60 + press.at.minute < days.CLOSES


def test_presses_come_in_order_of_time_and_all_in_the_year(year: list[Press]) -> None:
    moments = [press.at for press in year]
    assert moments == sorted(moments)
    assert {moment.year for moment in moments} == {YEAR}


def test_the_same_seed_draws_the_same_year(small: list[Press]) -> None:
    assert generator().year_of(SMALL) == small
    assert generator(seed=1).year_of(SMALL) != small


def test_the_edge_can_read_every_press_and_errand(small: list[Press]) -> None:
    for press in small:
        form = RatingForm.model_validate(press.form)
        assert form.channel == press.channel
        if press.errand:
            assert ErrandForm.model_validate(press.errand).errand_number == form.errand_number


def test_malformed_presses_are_refused_but_for_those_that_only_the_rules_refuse(
    small: list[Press],
) -> None:
    refused = 0
    for form in malformed(small[0]):
        try:
            RatingForm.model_validate(form)
        except ValidationError:
            refused += 1
    assert refused == len(list(malformed(small[0]))) - 2


def test_too_small_a_year_for_twelve_bad_ratings_says_so() -> None:
    with pytest.raises(ValueError, match="twelve bad ratings need"):
        generator().year_of(dict.fromkeys(Channel, 1))
