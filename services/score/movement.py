"""Why a score moved: the change split over the terms of the index, and it adds up exactly. Pure.

As it is printed, too: a change is that between printed scores or points, and `rounding` is what the
printed parts lack.

Works on lines as they are shown and published, so that any two of them can be compared: two
months, two revisions, or one month under two rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from services.score.adding import printed, rounding, signed
from services.score.board import Pace

View = dict[str, Any]
Line = Mapping[str, Any]
CAP = "cap"


def score_of(line: Line | None) -> Fraction | None:
    """The exact score; None without one."""
    return Fraction(line["score"]["exact"]) if line and line["score"] else None


def moved(before: Line | None, after: Line | None) -> View:
    """From one line to another: scores, places, and each term's share of the change, largest first.

    A term moves because its value did (at the weight it had), or because weight came to it from a
    term without a sample, or went. Without a score on one side, everything there counts as nothing.
    """
    old, new = score_of(before), score_of(after)
    shown = after or before or {}
    terms = _terms(_shares(before), _shares(after), _names(before, after))
    return {
        "unit": shown["unit"],
        "name": shown["name"],
        "before": _side(before),
        "after": _side(after),
        "change": _change_of(old or Fraction(0), new or Fraction(0)),
        "rounding": signed(rounding(after) - rounding(before)),
        "terms": sorted(terms, key=_extent, reverse=True),
    }


def _side(line: Line | None) -> View:
    score = line["score"] if line else None
    return {"score": score, "rank": line["rank"] if line else None}


def _change_of(old: Fraction, new: Fraction) -> View:
    """A change as it is seen: between what was printed and what is."""
    return {"exact": str(new - old), "printed": signed(printed(new) - printed(old))}


def _points(value: Fraction) -> View:
    return {"exact": str(value), "printed": signed(printed(value))}


def _shares(line: Line | None) -> dict[str, tuple[Fraction, Fraction, str]]:
    """By term: the share of its weight that was earned, the weight in effect, and the value."""
    if line is None or not line["score"]:
        return {}
    shares = {
        term["indicator"]: (
            Fraction(term["attained"] or 0),
            Fraction(term["effective_weight"]),
            str(term["value"]),
        )
        for term in line["terms"]
    }
    cut = Fraction(line.get("cut") or 0)
    return shares | ({CAP: (Fraction(1), cut, str(cut))} if cut else {})


def _names(*lines: Line | None) -> dict[str, str]:
    terms = [term for line in lines if line for term in line["terms"]]
    return {CAP: "封顶", **{term["indicator"]: term["name"] for term in terms}}


def _terms(
    before: Mapping[str, tuple[Fraction, Fraction, str]],
    after: Mapping[str, tuple[Fraction, Fraction, str]],
    names: Mapping[str, str],
) -> Iterator[View]:
    nothing = (Fraction(0), Fraction(0), "—")
    for key in dict.fromkeys((*before, *after)):
        (old, old_weight, was), (new, new_weight, now) = (
            before.get(key, nothing),
            after.get(key, nothing),
        )
        change = new * new_weight - old * old_weight
        by_value = (new - old) * old_weight
        yield {
            "indicator": key,
            "name": names[key],
            "before": was,
            "after": now,
            "change": _change_of(old * old_weight, new * new_weight),
            "by_value": _points(by_value),
            "by_weight": _points(change - by_value),
        }


def side_by_side(before: View, after: View, pace: Pace = iter) -> View:
    """Two boards, line by line, those that moved most first."""
    old = {line["unit"]: line for line in before["units"]}
    new = {line["unit"]: line for line in after["units"]}
    every = pace(dict.fromkeys((*old, *new)))
    units = [moved(old.get(unit), new.get(unit)) for unit in every]
    return {
        "before": _head(before),
        "after": _head(after),
        "region": moved(before["region"], after["region"]),
        "units": sorted(units, key=_most_first),
    }


def _most_first(line: View) -> tuple[Fraction, str]:
    return -_extent(line), line["unit"]


def _extent(changed: View) -> Fraction:
    return abs(Fraction(changed["change"]["exact"]))


def _head(board: View) -> View:
    names = ("period", "state", "revision", "cut_off", "rules", "calendar")
    return {name: board.get(name) for name in names} | {"index": board["index"]["label"]}


def changes(before: View | None, after: View, causes: Mapping[str, Sequence[View]]) -> list[View]:
    """What a revision changes: each unit's difference, by term, and what caused it.

    A revision and its differences give the recount: before + difference = after, exactly.
    """
    if before is None:
        return []
    old = {line["unit"]: line for line in (before["region"], *before["units"])}
    new = {line["unit"]: line for line in (after["region"], *after["units"])}
    return [
        _change(unit, old.get(unit), new.get(unit), causes.get(unit, ()))
        for unit in dict.fromkeys((*old, *new))
        if score_of(old.get(unit)) != score_of(new.get(unit)) or causes.get(unit)
    ]


def _change(unit: str, old: Line | None, new: Line | None, causes: Sequence[View]) -> View:
    told = moved(old, new)
    before, after = score_of(old), score_of(new)
    return {
        "unit": unit,
        "before": None if before is None else str(before),
        "after": None if after is None else str(after),
        "difference": told["change"]["exact"],
        "terms": [term for term in told["terms"] if term["change"]["exact"] != "0"],
        "causes": list(causes),
    }
