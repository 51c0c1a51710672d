"""Days that are remembered: whatever changes them, they tell what a fresh look tells."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.adapters.mongo import Db
from services.adapters.remembered import Memory
from services.contracts.period import days_between
from services.score.audit import audit
from services.score.dailies import Dailies
from services.score.editions import Editions
from services.score.happenings import Happenings
from services.score.hours import Hours
from services.score.repository import Tallies
from services.score.sums import RECENT, stretches
from tests.contract.test_tallies_repository import BAD, DECEMBER, ENDS
from tests.unit.score.town import CUT_OFF, rating, store, touch

DAYS = ("2020-12-01", "2020-12-02", "2020-12-15", "2020-12-31")
SPAN = DECEMBER.first, DECEMBER.last


class Looks:
    """A process that remembers, and one that does not."""

    def __init__(self, db: Db) -> None:
        self.db, self.memory = db, Memory(most=100)

    def remembered(self) -> object:
        """What the one that remembers tells."""
        remember = self.memory.get
        return (
            Happenings(self.db, remember).facts(DECEMBER, CUT_OFF, ENDS),
            Dailies(self.db, remember).between(*SPAN),
            list(Hours(self.db, remember).between(*SPAN)),
        )

    def afresh(self) -> object:
        """What is so."""
        return (
            Happenings(self.db).facts(DECEMBER, CUT_OFF, ENDS),
            Dailies(self.db).between(*SPAN),
            list(Hours(self.db).between(*SPAN)),
        )


def test_whatever_changes_a_day_is_seen_at_the_next_look(db: Db) -> None:
    looks, wrong = Looks(db), rating(DAYS[2], level=1)
    for presses in ([rating(DAYS[0])], [rating(DAYS[1], unit="land"), wrong], [rating(DAYS[3])]):
        store(db, *presses)
        Tallies(db).recompute()
        Hours(db).refresh(DECEMBER.last)
        assert looks.remembered() == looks.afresh()
    db["ratings"].update_one({"_id": wrong["_id"]}, {"$set": {"standing": "invalid"}})
    touch(db, (DAYS[2], "tax"))
    Tallies(db).recompute()
    assert looks.remembered() == looks.afresh()


def test_a_repaired_bucket_is_seen_at_the_next_look(db: Db) -> None:
    looks = Looks(db)
    store(db, rating(DAYS[0]))
    Tallies(db).recompute()
    before = looks.remembered()
    db["ratings"].insert_one(rating(DAYS[0]))
    audit(Tallies(db), *SPAN, BAD, everything=True)
    assert looks.remembered() == looks.afresh() != before


def test_days_that_did_not_change_are_not_read_again(db: Db) -> None:
    looks = Looks(db)
    store(db, rating(DAYS[0]), rating(DAYS[3]))
    Tallies(db).recompute()
    before = looks.remembered()
    db["tallies"].delete_many({})
    assert looks.remembered() == before
    Editions(db).renew([DAYS[0]])
    assert looks.remembered() not in (before, looks.afresh())


@pytest.mark.parametrize("length", [1, 28, 31, 92, 366])
@given(st.dates(date(2019, 1, 1), date(2031, 1, 1)), st.integers(0, 500))
def test_stretches_are_all_days_in_order_each_within_a_month(
    length: int, first: date, ago: int
) -> None:
    days = list(days_between(first, first + timedelta(days=length - 1)))
    parts = list(stretches(days, days[-1] + timedelta(days=ago)))
    assert [day for part in parts for day in part] == days
    assert all(len({(day.year, day.month) for day in part}) == 1 for part in parts)
    assert all(len(part) <= 7 for part in parts if ago + length < RECENT.days)
