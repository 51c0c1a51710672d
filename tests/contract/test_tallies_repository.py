"""What score keeps and reads, on the fake and on the real database."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from services.adapters.mongo import AT_ONCE, Db
from services.contracts.period import Period
from services.contracts.time_to_rate import rating_ends
from services.errors import Conflict
from services.score import repository
from services.score.board import Context
from services.score.errands import Errands
from services.score.facts import UnitFacts
from services.score.happenings import Happenings
from services.score.kept import Kept, Stale
from services.score.months import CHECKS, Month, checks_of
from services.score.repository import Tallies
from services.score.shelf import LINES, Months
from services.score.tally import Bucket, Topic
from tests.unit.score.town import (
    COMPOSITE,
    CUT_OFF,
    DIRECTORY,
    RULES,
    case_document,
    cell,
    did,
    rating,
    store,
    touch,
)

NOW = datetime(2020, 12, 31, 2, tzinfo=UTC)
DECEMBER = Period.parse("2020-12")
PLACE = ("2020-12-01", "tax")
BAD = frozenset({1, 2})
ENDS = rating_ends(RULES.region, RULES.rating.time_to_rate)


def counted(db: Db) -> dict[tuple[str, str], int]:
    """How many ratings the tallies hold in each bucket."""
    return {
        (kept.day, kept.unit): kept.bucket.cells.total()
        for kept in map(Kept.of, db["tallies"].find())
    }


def there(db: Db) -> Counter[tuple[str, str]]:
    """How many ratings there are in each bucket."""
    return Counter((each["day"], each["unit"]) for each in db["ratings"].find())


def stale(db: Db) -> Stale:
    """What a replica starts from."""
    found = Tallies(db).stale()
    assert found is not None
    return found


def test_both_cubes_are_recounted_from_the_ratings(db: Db) -> None:
    store(db, rating(), rating(), rating(level=1), rating(level=1, standing="invalid"))
    assert Tallies(db).recompute() == 1
    cells = Tallies(db).cells(DECEMBER.first, DECEMBER.last, None)
    assert cells[cell(5)] == 2
    assert cells.total() == 4
    topics = Happenings(db).facts(DECEMBER, CUT_OFF, ENDS)["tax"].topics
    assert topics == {Topic("i1", None): 3, Topic("i1", "110"): 1}


def test_ratings_without_window_item_or_tags_are_counted_too(db: Db) -> None:
    bare = rating()
    del bare["window"], bare["item"], bare["tags"]
    store(db, bare, rating(window=None, item=None))
    Tallies(db).recompute()
    facts = Happenings(db).facts(DECEMBER, CUT_OFF, ENDS)["tax"]
    assert facts.cells == {cell(5, window=None): 2}
    assert facts.topics == {Topic(None, None): 2}


def test_tallies_are_fresh_when_nothing_is_touched(db: Db) -> None:
    assert Tallies(db).fresh
    store(db, rating())
    assert not Tallies(db).fresh
    Tallies(db).recompute()
    assert Tallies(db).fresh
    assert Tallies(db).recompute() == 0


def test_recounting_twice_counts_nothing_twice(db: Db) -> None:
    store(db, rating(), rating())
    Tallies(db).recompute()
    touch(db, PLACE)
    Tallies(db).recompute()
    assert counted(db) == {PLACE: 2}


def test_only_touched_buckets_are_recounted(db: Db) -> None:
    store(db, rating())
    Tallies(db).recompute()
    db["ratings"].insert_many([rating(), rating(unit="land")])
    touch(db, ("2020-12-01", "land"))
    Tallies(db).recompute()
    assert counted(db) == {PLACE: 1, ("2020-12-01", "land"): 1}


def test_an_invalidated_rating_changes_its_bucket(db: Db) -> None:
    wrong = rating(level=1)
    store(db, wrong)
    Tallies(db).recompute()
    db["ratings"].update_one({"_id": wrong["_id"]}, {"$set": {"standing": "invalid"}})
    touch(db, PLACE)
    Tallies(db).recompute()
    facts = Happenings(db).facts(DECEMBER, CUT_OFF, ENDS)["tax"]
    assert sum(n for kind, n in facts.cells.items() if kind.counts) == 0


def test_a_replica_that_slept_between_reading_and_replacing_harms_nothing(db: Db) -> None:
    sleepy, awake = Tallies(db), Tallies(db)
    store(db, rating())
    read = stale(db)
    old = sleepy.recount(read.versions)
    store(db, rating(), rating())
    awake.recompute()
    store(db, rating())
    assert sleepy.replace(read, old) == frozenset()
    assert not awake.fresh
    awake.recompute()
    assert counted(db) == {PLACE: 4}
    assert awake.fresh


def test_a_replica_beaten_by_an_older_count_leaves_its_touches_for_another_recount(db: Db) -> None:
    store(db, rating())
    older = stale(db)
    without = Tallies(db).recount(older.versions)
    store(db, rating())
    newer = stale(db)
    with_both = Tallies(db).recount(newer.versions)
    assert Tallies(db).replace(older, without) == {PLACE}
    assert Tallies(db).replace(newer, with_both) == frozenset()
    assert not Tallies(db).fresh
    Tallies(db).recompute()
    assert counted(db) == {PLACE: 2}


def test_a_replica_that_slept_over_a_first_count_harms_nothing(db: Db) -> None:
    store(db, rating())
    read = stale(db)
    old = Tallies(db).recount(read.versions)
    store(db, rating(unit="land"))
    Tallies(db).recompute()
    assert Tallies(db).replace(read, old) == frozenset()
    assert counted(db) == {PLACE: 1, ("2020-12-01", "land"): 1}


def test_a_touch_that_came_after_the_reading_is_not_forgotten(db: Db) -> None:
    store(db, rating())
    read = stale(db)
    recount = Tallies(db).recount(read.versions)
    store(db, rating())
    assert Tallies(db).replace(read, recount) == {PLACE}
    assert not Tallies(db).fresh
    Tallies(db).recompute()
    assert counted(db) == {PLACE: 2}


class Replicas:
    """Any number of replicas of score, each of which may sleep between reading and replacing."""

    def __init__(self, db: Db, chance: random.Random) -> None:
        self.db, self.chance = db, chance
        self.asleep: list[tuple[Stale, list[Bucket]]] = []

    def read(self) -> None:
        """A replica reads and recounts, then sleeps."""
        found = Tallies(self.db).stale()
        if found:
            self.asleep.append((found, Tallies(self.db).recount(found.versions)))

    def replace(self) -> None:
        """One of those asleep wakes up and replaces."""
        if self.asleep:
            woken = self.asleep.pop(self.chance.randrange(len(self.asleep)))
            Tallies(self.db).replace(*woken)

    def press(self) -> None:
        """Meanwhile somebody rates."""
        day, unit = f"2020-12-0{self.chance.randint(1, 3)}", self.chance.choice(["tax", "land"])
        store(self.db, rating(day, unit), rating(day, unit, level=1))


@pytest.mark.parametrize("seed", range(5))
def test_any_interleaving_of_replicas_ends_with_the_right_counts(db: Db, seed: int) -> None:
    replicas = Replicas(db, random.Random(seed))
    for _ in range(40):
        replicas.chance.choice([replicas.read, replicas.replace, replicas.press])()
    while replicas.asleep:
        replicas.replace()
    while not Tallies(db).fresh:
        Tallies(db).recompute()
    assert counted(db) == there(db)


@pytest.mark.slow
def test_more_touches_than_fit_at_once_are_all_settled(
    db: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "MOST_TOUCHES", AT_ONCE)
    ratings = [rating(f"2020-12-{n % 28 + 1:02}", f"u{n % 9}") for n in range(300)]
    db["ratings"].insert_many(ratings)
    for each in ratings[: AT_ONCE + 50]:
        touch(db, (each["day"], each["unit"]))
    touch(db, *{(each["day"], each["unit"]) for each in ratings})
    Tallies(db).recompute()
    assert Tallies(db).fresh
    assert counted(db) == there(db)


def test_however_many_touches_name_a_bucket_it_is_recounted_once(db: Db) -> None:
    store(db, rating())
    for _ in range(AT_ONCE + 50):
        touch(db, PLACE)
    assert Tallies(db).recompute() == 1
    assert Tallies(db).fresh


def test_tallies_of_some_days_and_units(db: Db) -> None:
    store(db, rating(), rating("2020-11-30"), rating(unit="land"), rating("2021-01-01"))
    Tallies(db).recompute()
    first, last = DECEMBER.first, DECEMBER.last
    assert Tallies(db).cells(first, last, None).total() == 2
    assert Tallies(db).cells(first, last, frozenset({"tax"})).total() == 1


def errands(db: Db, keys: Iterable[str], day: str = "2020-12-01") -> None:
    """Errands as the store keeps them."""
    common = {"unit": "tax", "window": "w2", "stage": "completed", "day": day}
    when = {"reached_at": NOW, "promised_by": NOW}
    db["errands"].insert_many([{"_id": key, **common, **when} for key in keys])
    touch(db, (day, "tax"))


def test_errands_are_matched_with_their_first_ratings(db: Db) -> None:
    keys = [f"sys:{n}:completed:1" for n in range(AT_ONCE + 30)]
    errands(db, keys)
    errands(db, ["sys:x:completed:1"], "2021-01-01")
    store(db, *(rating(_id=f"{key}:1") for key in keys[::2]), rating(_id=f"{keys[1]}:2", turn=2))
    Tallies(db).recompute()
    happened = Happenings(db).facts(DECEMBER, CUT_OFF, ENDS)["tax"].errands
    many = AT_ONCE + 30
    assert happened == Errands(many, many, many // 2, many, many, frozenset({"w2"}))


def test_a_case_belongs_to_the_month_of_its_rating_and_other_sources_stay_out(db: Db) -> None:
    db["cases"].insert_many(
        [
            case_document(submitted_at=CUT_OFF),
            case_document(_id="case-2", source="letter"),
            case_document(_id="case-3", rating_month="2021-01", rating_day="2021-01-01"),
        ]
    )
    cases = Happenings(db).facts(DECEMBER, CUT_OFF, ENDS)["tax"].cases
    assert [each.id for each in cases] == ["case-1"]


def test_bad_and_invalid_ratings_behind_a_figure_are_named(db: Db) -> None:
    store(
        db,
        rating(_id="bad", level=2),
        rating(_id="good"),
        rating(_id="out", level=1, standing="invalid"),
        rating(_id="append", level=1, turn=2),
        rating(_id="elsewhere", level=1, unit="land"),
    )
    Tallies(db).recompute()
    happenings = Happenings(db)
    behind = happenings.behind(happenings.buckets(DECEMBER), frozenset({"tax"}), BAD)
    assert behind == {"tax": (("bad",), ("out",))}


def test_what_is_still_on_its_way_is_counted(db: Db) -> None:
    db["ratings"].insert_one(rating(outbox=[{"id": "x"}]))
    db["cases"].insert_one(case_document(outbox=[]))
    db["quarantine"].insert_many([{"_id": 1, "state": "open"}, {"_id": 2, "state": "closed"}])
    touch(db, PLACE)
    assert Happenings(db).waiting() == {"touched": 1, "outboxes": 1, "quarantine": 1}


def closed(month: Month) -> Month:
    """The month closed with nothing in the way."""
    clear = checks_of(dict.fromkeys(CHECKS, 0))
    return month.closed("2020/1/abc", CUT_OFF, "li", clear, (), "a cause")


def test_a_month_is_open_until_it_is_saved_otherwise(db: Db) -> None:
    months = Months(db)
    assert months.get("2020") == Month(period="2020")
    month = closed(months.get("2020"))
    months.save(month)
    assert months.get("2020") == month
    published = month.publish(CUT_OFF, "li")
    months.save(published)
    assert months.get("2020") == published


def test_of_two_who_decide_at_once_the_second_is_refused(db: Db) -> None:
    months = Months(db)
    seen = months.get("2020")
    months.save(closed(seen))
    with pytest.raises(Conflict):
        months.save(closed(seen))


def test_a_snapshot_gives_back_what_was_kept(db: Db) -> None:
    facts = {"tax": did({5: 3, 1: 1}).explained(("r1",), ("r2",)), "land": UnitFacts()}
    context = Context.of(RULES, [COMPOSITE], DIRECTORY, CUT_OFF)
    Months(db).keep("2020/1/abc", context, facts)
    Months(db).keep("2020/1/other", context, {"tax": UnitFacts()})
    Months(db).save(closed(Month(period="2020")))
    assert Months(db).facts("2020/1/abc") == facts
    assert Months(db).context("2020/1/abc") == context


def test_published_scores_never_change(db: Db) -> None:
    lines = [{"unit": f"u{n}", "score": "1/3"} for n in range(LINES + 1)]
    Months(db).keep_scores("2020/1/abc", "x", {"of": "10", "units": lines})
    Months(db).keep_scores("2020/1/abc", "x", {"of": "100", "units": []})
    assert Months(db).scores("2020/1/abc", "x") == {"of": "10", "units": lines}
    assert Months(db).scores("2020/1/abc", "y") is None


def test_how_far_the_tallies_are_behind_is_told(db: Db) -> None:
    assert Tallies(db).waiting() == (0, None)
    touch(db, PLACE)
    touch(db, PLACE)
    waiting, oldest = Tallies(db).waiting()
    assert (waiting, oldest) == (2, db["touched"].find_one({})["at"])  # type: ignore[index]
    Tallies(db).recompute()
    assert Tallies(db).waiting() == (0, None)
