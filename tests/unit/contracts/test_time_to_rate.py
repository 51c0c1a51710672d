"""Until when a service may be rated, by the calendar of the place."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from services.adapters.rulebook import load_rules
from services.adapters.settings import ROOT
from services.contracts.time_to_rate import rating_ends


@pytest.mark.parametrize(
    ("place", "served", "last"),
    [
        ("weiyuan", date(2020, 3, 5), date(2020, 3, 12)),
        ("weiyuan", date(2020, 9, 27), date(2020, 10, 10)),
        ("guangdong", date(2020, 3, 5), date(2020, 3, 12)),
        ("guangdong", date(2020, 3, 7), date(2020, 3, 16)),
    ],
)
def test_it_ends_at_the_close_of_business_of_its_last_day(
    place: str, served: date, last: date
) -> None:
    """Sunday 27 September 2020 was a working day, 1 to 8 October were not, the 10th was again."""
    rules = load_rules(ROOT / "config" / "rules", place)
    ends = rating_ends(rules.region, rules.rating.time_to_rate)(served)
    assert ends == datetime(last.year, last.month, last.day, 17, tzinfo=rules.region.zone)
