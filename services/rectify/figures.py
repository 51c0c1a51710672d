"""What the numbers mean: rates and times of the cases of a period, with their definitions. Pure.

A case belongs to the month of its rating and to the rated unit. The rates are those of the month;
here they stand as they are now, cases still pending beside them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil
from typing import Any

from services.contracts.printing import HIGHER_RATE
from services.contracts.rectification import CASE_RATES, CaseRate
from services.contracts.verdict import CaseAtCutOff

Document = Mapping[str, Any]
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class CaseTime:
    """How long something took, from one moment of a case to another; both must have come."""

    key: str
    name: str
    definition: str
    begins: str
    ends: str

    def of(self, case: Document) -> timedelta | None:
        """The time it took; None when it has not ended."""
        begins, ends = case[self.begins], case[self.ends]
        return ends - begins if begins and ends else None


CASE_TIMES = (
    CaseTime("time_to_contact", "核实用时", "首次派发至核实", "dispatched_at", "verified_at"),
    CaseTime("time_to_reply", "回复用时", "立单至首次答复", "opened_at", "replied_at"),
    CaseTime("time_to_close", "办结用时", "立单至办结", "opened_at", "closed_at"),
)


def figures(documents: Sequence[Document], now: datetime) -> dict[str, Any]:
    """Every rate and time of these cases of bad ratings, each beside its definition."""
    cases = [CaseAtCutOff.of(document, now) for document in documents]
    valid = [document for document in documents if not document["invalidated"]]
    return {
        "cases": len(cases),
        "verdicts": Counter(case.verdict.value for case in cases),
        "rates": [_rate(rate, cases) for rate in CASE_RATES],
        "times": [_time(each, valid) for each in CASE_TIMES],
    }


def _rate(rate: CaseRate, cases: Iterable[CaseAtCutOff]) -> dict[str, Any]:
    counted, of = rate.share(cases)
    return {
        "key": rate.key,
        "name": rate.name,
        "definition": rate.definition,
        "excludes": rate.excludes,
        "source": rate.source,
        "numerator": counted,
        "denominator": of,
        "printed": HIGHER_RATE.text(Fraction(counted, of)) if of else None,
    }


def _time(kind: CaseTime, cases: Iterable[Document]) -> dict[str, Any]:
    taken = sorted(time for case in cases if (time := kind.of(case)) is not None)
    return {
        "key": kind.key,
        "name": kind.name,
        "definition": f"{kind.definition}, 自然时间; 差评无效的除外",
        "count": len(taken),
        **{f"{name}_hours": pick(taken) for name, pick in SHOWN.items()},
    }


def _nearest(percent: int) -> Callable[[Sequence[timedelta]], float | None]:
    """The nearest rank, in hours: a time that some case has really taken."""

    def pick(taken: Sequence[timedelta]) -> float | None:
        if not taken:
            return None
        return round(taken[ceil(len(taken) * percent / 100) - 1] / HOUR, 1)

    return pick


SHOWN = {"median": _nearest(50), "p90": _nearest(90), "longest": _nearest(100)}
