"""A short day of faults with a fixed seed, and mistakes that the bench has to see."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.broken import BROKEN
from tests.faults.faults import FAULTS, dying_at
from tests.faults.keeper import LONGEST_GOODBYE_S
from tests.faults.rounds import Bench
from tests.faults.town import town

pytestmark = pytest.mark.faults

SEED = 20201105
SHORT = ("die after-insert-before-ack", "leaving without servers")
SHOWN_BY = {
    "acknowledge_before_insert": ("store", "mid-batch", {"lost"}),
    "clear_before_publishing": ("store", "after-clear-before-relay", {"without a case"}),
    "increment": ("score", "die between-tally-read-and-replace", {"tally differs"}),
    "watermark": ("score", "wrong clocks", {"tally differs"}),
    "random_ids": ("store", "die after-insert-before-ack", {"doubled"}),
    "acknowledge_past_an_unfinished_one": ("store", "nothing", {"lost"}),
    "claim_then_act": ("rectify", "between-claim-and-act", {"escalated unsaid"}),
}


QUICKEST = ("acknowledge_before_insert", "random_ids")
"""Looked for whenever tests run; the others with what takes minutes."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A town with a published month."""
    with town(tmp_path_factory.mktemp("faults")) as made:
        bench = Bench(made, SEED)
        bench.begin()
        yield bench


def test_whatever_breaks_nothing_is_lost_and_nothing_happens_twice(bench: Bench) -> None:
    for outcome in bench.rounds(SHORT):
        assert outcome.wrong == []
        assert outcome.confirmed > 0
    assert max(bench.town.goodbyes.values()) < LONGEST_GOODBYE_S, "somebody had to be killed"


@pytest.mark.parametrize(
    "mistake",
    [pytest.param(each, marks=[] if each in QUICKEST else pytest.mark.slow) for each in BROKEN],
)
def test_a_mistake_is_seen(bench: Bench, mistake: str) -> None:
    service, fault, kinds = SHOWN_BY[mistake]
    known, number = bench.wrong(), len(SHORT) + list(BROKEN).index(mistake)
    strike = FAULTS.get(fault) or dying_at(fault)
    bench.mistaken = True
    bench.town.mistake(mistake, service)
    seen = bench.round(number, mistake, strike, known)
    assert kinds & {each.kind for each in seen.wrong}
