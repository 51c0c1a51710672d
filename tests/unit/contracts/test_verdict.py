"""How a case counts at a cut-off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.verdict import CaseAtCutOff, Verdict, verdict
from tests.unit.score.town import case_document

DUE = datetime(2021, 1, 25, 9, tzinfo=UTC)
DAY = timedelta(days=1)
moments = st.integers(-30, 30).map(lambda days: DUE + days * DAY)


@pytest.mark.parametrize(
    ("changes", "cut_off", "expected"),
    [
        ({"submitted_at": DUE}, DUE + DAY, Verdict.DONE_ON_TIME),
        ({"submitted_at": DUE + DAY}, DUE + 2 * DAY, Verdict.DONE_LATE),
        ({"submitted_at": DUE + DAY}, DUE, Verdict.PENDING),
        ({"submitted_at": DUE - DAY, "overran": True}, DUE, Verdict.DONE_LATE),
        ({}, DUE, Verdict.PENDING),
        ({}, DUE + DAY, Verdict.OVERDUE_OPEN),
        ({"overran": True}, DUE - DAY, Verdict.OVERDUE_OPEN),
        ({"rectify_due_at": None}, DUE + 99 * DAY, Verdict.PENDING),
        ({"invalidated": True, "submitted_at": DUE}, DUE, Verdict.INVALIDATED),
    ],
)
def test_the_verdict_on_a_case(
    changes: dict[str, Any], cut_off: datetime, expected: Verdict
) -> None:
    assert verdict(case_document(**changes), cut_off) is expected


@given(st.none() | moments, moments, moments)
def test_what_happens_after_the_cut_off_changes_nothing(
    submitted: datetime | None, cut_off: datetime, later: datetime
) -> None:
    before = case_document(submitted_at=submitted)
    known = submitted is not None and submitted <= cut_off
    after = before if known else case_document(submitted_at=max(later, cut_off + DAY))
    assert verdict(before, cut_off) is verdict(after, cut_off)


def test_a_call_back_is_due_from_its_time_or_when_the_rater_was_reached() -> None:
    waiting = CaseAtCutOff.of(case_document(callback_due_at=DUE), DUE - DAY)
    assert not waiting.callback_due
    assert CaseAtCutOff.of(case_document(callback_due_at=DUE), DUE).callback_due
    early = CaseAtCutOff.of(case_document(callback_due_at=DUE, reached=True), DUE - DAY)
    assert early.callback_due
    assert early.reached


def test_a_case_survives_the_snapshot() -> None:
    case = CaseAtCutOff.of(case_document(satisfied=False, reached=True, replied_at=DUE), DUE)
    assert CaseAtCutOff.from_plain(case.plain()) == case
    assert case.answered
    assert not case.satisfied
    assert case.replied
