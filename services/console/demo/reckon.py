"""Rates and the index, reckoned again from recounted sums by another hand. Pure but for reading.

It knows the two scales of `haochaping-composite` and none of the code of score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import yaml

from services.console.demo.recount import BAD, Sums
from services.console.stack.layout import PROJECT

INDEX = "haochaping-composite"
ON_TIME, LATE, OVERDUE = "done_on_time", "done_late", "overdue_open"
Pair = tuple[int, int]


@dataclass(frozen=True)
class Book:
    """The values of the files that figures depend on, read plainly."""

    points: Mapping[int, int]
    min_sample: int
    recipe: Mapping[str, Any]


def open_book() -> Book:
    """Read points, minimum sample and recipe."""
    rules = yaml.safe_load((PROJECT / "config/rules/weiyuan.yaml").read_text("utf-8"))
    recipe = yaml.safe_load((PROJECT / f"config/index/{INDEX}.yaml").read_text("utf-8"))
    return Book(rules["levels"]["points"], rules["scoring"]["min_sample"], recipe)


def figures(sums: Sums, book: Book) -> dict[str, Pair]:
    """Numerator and denominator of each indicator."""
    rated = sums.levels.total()
    done = sums.verdicts[ON_TIME] + sums.verdicts[LATE]
    due = done + sums.verdicts[OVERDUE]
    return {
        "good_rate": (rated - sum(sums.levels[level] for level in BAD), rated),
        "service_quality": (sum(book.points[at] * n for at, n in sums.levels.items()), rated),
        "participation_rate": (sums.errands["rated"], sums.errands["due"]),
        "on_time_rate": (sums.errands["on_time"], sums.errands["promised"]),
        "hall_reach": (len(sums.rated_places), len(sums.served_places)),
        "rectified_rate": (done, due),
        "rectified_on_time_rate": (sums.verdicts[ON_TIME], due),
        "replied_rate": (sums.replied, due),
        "called_back_rate": (sums.called["reached"], sums.called["due"]),
        "callback_satisfied_rate": (sums.called["satisfied"], sums.called["answered"]),
    }


def terms_of(sums: Sums, book: Book) -> dict[str, Fraction] | None:
    """The points of each term, exact; what has no sample gives its weight to the others.

    None when nothing could be measured.
    """
    found = figures(sums, book)
    shares = {term["indicator"]: _share(term, found, sums, book) for term in book.recipe["terms"]}
    kinds = {term["indicator"]: term["scale"]["kind"] for term in book.recipe["terms"]}
    if not any(kinds[key] == "linear" and share is not None for key, share in shares.items()):
        return None
    weights = {term["indicator"]: exact(term["weight"]) for term in book.recipe["terms"]}
    held = sum(weights[key] for key, share in shares.items() if share is not None)
    grown = exact(book.recipe["of"]) / held
    return {key: (share or Fraction(0)) * weights[key] * grown for key, share in shares.items()}


def index_of(sums: Sums, book: Book) -> Fraction | None:
    """The index, exact; None when nothing could be measured."""
    terms = terms_of(sums, book)
    return None if terms is None else sum(terms.values(), Fraction(0))


def _share(
    term: Mapping[str, Any], found: Mapping[str, Pair], sums: Sums, book: Book
) -> Fraction | None:
    scale, (numerator, denominator) = term["scale"], found[term["indicator"]]
    if scale["kind"] == "deduction":
        lost = exact(scale["each"]) * (denominator - numerator)
        return max(Fraction(0), 1 - lost / exact(term["weight"]))
    sample = sums.errands["reported"] if term["indicator"] == "hall_reach" else denominator
    if not denominator or sample < book.min_sample:
        return None
    zero, target = exact(scale["zero_at"]), exact(scale["target"])
    share = (Fraction(numerator, denominator) - zero) / (target - zero)
    return min(Fraction(1), max(Fraction(0), share))


def exact(written: object) -> Fraction:
    """A number as a recipe writes it: 0.5 or 90%."""
    text = str(written)
    return Fraction(text[:-1]) / 100 if text.endswith("%") else Fraction(text)


def cut(value: Fraction, scale: int = 100) -> str:
    """`value` × `scale` with two decimals, the rest cut off."""
    hundredths = int(value * scale * 100)
    return f"{hundredths // 100}.{hundredths % 100:02}"


def half_up(value: Fraction) -> str:
    """A share in percent with two decimals, rounded half-up as the county's report does."""
    return cut(value + Fraction(1, 20_000))
