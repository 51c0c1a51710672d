"""The watch: what is too quiet is told, and what has its reasons is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.store.forms import Finding
from services.store.pace import Count
from services.store.watch import watch
from tests.county import NOON, RULES

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ZONE = RULES.region.zone
OTHERS = ("pc", "mobile", "qr", "terminal", "phone", "sms")
LIMITS = RULES.watch


def hour(at: datetime, channel: str = "tablet", count: int = 5, level: int = 5) -> Count:
    """So many ratings in the hour that begins at `at`."""
    local = at.astimezone(ZONE)
    return Count(local.date(), local.hour, channel, level, count, at)


def office_days(channel: str, until: datetime, count: int = 5, bad: int = 1) -> Iterator[Count]:
    """Four weeks of ratings from nine to five, every day, up to an instant; some of them bad."""
    for back in range(28):
        for of_day in range(9, 17):
            local = (NOON - back * DAY).astimezone(ZONE).replace(hour=of_day)
            if local <= until:
                yield hour(local, channel, count)
    if bad:
        yield hour(until - 20 * DAY, channel, bad, level=1)


def found(counts: Iterable[Count], now: datetime = NOON) -> list[Finding]:
    """What is found about channels at noon."""
    return watch(counts, [], now, RULES).findings


def everywhere(until: datetime = NOON) -> list[Count]:
    """All channels at their usual pace."""
    return [each for name in ("tablet", *OTHERS) for each in office_days(name, until)]


def test_channels_at_their_usual_pace_are_no_news() -> None:
    assert found(everywhere()) == []


def test_a_channel_whose_counter_stands_still_is_told_with_its_own_pace() -> None:
    counts = [each for each in everywhere() if each.channel != "sms"]
    still = office_days("sms", NOON - 2 * DAY)
    [finding] = found([*counts, *still])
    assert (finding.kind, finding.subject) == ("channel_still", "sms")
    assert "no rating since 2020-03-03 12:00" in finding.detail
    assert "selftest --channel sms" in finding.do


def test_a_quiet_night_or_a_slow_channel_is_no_standstill() -> None:
    assert found(everywhere(until=NOON + 5 * HOUR), NOON + 20 * HOUR) == []
    slow = [each for each in everywhere() if each.channel != "sms"]
    slow += office_days("sms", NOON - 2 * DAY, count=0)
    assert found([*slow, hour(NOON - 3 * DAY, "sms", 1, level=2)]) == []


def test_expected_is_the_mean_of_the_same_hours_of_the_weeks_before() -> None:
    last = hour(NOON - 4 * HOUR, count=1)
    before = [hour(NOON - week * 7 * DAY - 2 * HOUR, count=week) for week in (1, 2, 3)]
    [tablet] = [each for each in watch([last, *before], [], NOON, RULES).channels if each.ratings]
    assert (tablet.expected, tablet.today, tablet.ratings) == (2.0, 1, 7)


def test_a_channel_without_a_rating_in_four_weeks_is_told_while_others_move() -> None:
    counts = [each for each in everywhere() if each.channel != "phone"]
    [finding] = found(counts)
    assert (finding.kind, finding.subject) == ("channel_unused", "phone")


def test_an_installation_without_any_rating_is_one_finding() -> None:
    assert [each.kind for each in found([])] == ["no_ratings"]


def test_a_channel_that_never_had_a_bad_rating_is_told_with_its_statistics() -> None:
    counts = [each for each in everywhere() if each.channel != "mobile"]
    [finding] = found([*counts, *office_days("mobile", NOON, bad=0)])
    assert (finding.kind, finding.subject) == ("never_bad", "mobile")
    number = sum(each.count for each in office_days("mobile", NOON, bad=0))
    assert f"not one bad rating among {number} in 28 days" in finding.detail
    assert f"fewer than {300 / number:.2f} % are bad" in finding.detail
    assert "6 of" in finding.detail


@pytest.mark.parametrize(
    ("count", "told"), [(LIMITS.never_bad_in - 1, []), (LIMITS.never_bad_in, ["never_bad"])]
)
def test_so_few_ratings_say_nothing_about_bad_ones(count: int, told: list[str]) -> None:
    counts = [each for each in everywhere() if each.channel != "mobile"]
    kinds = [each.kind for each in found([*counts, hour(NOON, "mobile", count)])]
    assert kinds == told


@given(
    st.lists(
        st.builds(
            hour,
            st.integers(0, 27 * 24).map(lambda hours: NOON - hours * HOUR),
            st.sampled_from(("tablet", *OTHERS)),
            st.integers(1, 900),
            st.integers(1, 5),
        ),
        max_size=30,
    )
)
def test_whatever_there_is_each_channel_is_found_at_most_once_of_a_kind(
    counts: list[Count],
) -> None:
    told = watch(counts, [], NOON, RULES)
    names = [(each.kind, each.subject) for each in told.findings]
    assert len(set(names)) == len(names)
    assert sum(each.ratings for each in told.channels) == sum(each.count for each in counts)
    bad = {c.channel for c in counts if c.level in RULES.levels.bad}
    assert bad.isdisjoint(each.subject for each in told.findings if each.kind == "never_bad")
