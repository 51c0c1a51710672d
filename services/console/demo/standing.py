"""How the county stands: its rates, its index with every term, and its units among their peers."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from rich.console import Group, RenderableType

from services.console.demo import published, reckon
from services.console.demo.county import County
from services.console.demo.recount import Recount, Sums
from services.console.demo.table import table_of

RATES = {
    "good_rate": "好评率 good rate",
    "rectified_rate": "差评整改率 rectified",
    "rectified_on_time_rate": "按时整改率 rectified in time",
    "replied_rate": "差评回复率 answered",
    "called_back_rate": "实名差评回访率 named raters reached",
    "callback_satisfied_rate": "回访满意率 satisfied at call-back",
    "participation_rate": "参评率 errands rated",
    "on_time_rate": "按时办结率 errands done in time",
    "hall_reach": "大厅推广度 halls and windows rated",
    "service_quality": "政务服务质量 mean points of 10",
}
BEST, WORST = 3, 3


def rates(region: Sums, book: reckon.Book, full: bool) -> RenderableType:
    """The rates of the county."""
    table = table_of(
        "Rates of the county (synthetic, but for 好评率)", "rate", "of", "value", "published"
    )
    for key, (numerator, denominator) in reckon.figures(region, book).items():
        of = f"{numerator:,} ÷ {denominator:,}"
        said = published.PRINTED_GOOD_RATE if full and key == "good_rate" else ""
        table.add_row(RATES[key], of, _printed(key, numerator, denominator), said)
    return table


def terms(region: Sums, book: reckon.Book) -> RenderableType:
    """The index of the county with its terms; each is cut, so what that leaves has its own row."""
    total = reckon.cut(reckon.index_of(region, book) or Fraction(0), 1)
    title = f"{book.recipe['name']} {total} of {book.recipe['of']}"
    table = table_of(title, "term", "value", "from … to", "weight", "points")
    figures, points = reckon.figures(region, book), reckon.terms_of(region, book) or {}
    printed = {key: reckon.cut(each, 1) for key, each in points.items()}
    for term in book.recipe["terms"]:
        key = term["indicator"]
        value, weight = _printed(key, *figures[key]), str(term["weight"])
        table.add_row(RATES[key], value, _way(term["scale"]), weight, printed.get(key, "—"))
    left = Fraction(total) - sum(map(Fraction, printed.values()))
    table.add_row("取整尾差 left by rounding", "", "", "", reckon.cut(left, 1))
    label = f"{book.recipe['id']} v{book.recipe['version']}"
    return Group(table, f" {label}: {book.recipe['source']}.")


def _way(scale: Mapping[str, Any]) -> str:
    """From which value to which points are earned, or what each miss costs."""
    if scale["kind"] == "deduction":
        return f"-{scale['each']} each"
    return f"{scale['zero_at']} … {scale['target']}"


def ranking(found: Recount, county: County, book: reckon.Book) -> RenderableType:
    """The best and the last units, each among its peers; equal printed values share a place."""
    table = table_of(
        "Units among their peers (synthetic)", "group", "unit", "place", "index", "rated"
    )
    for group in dict.fromkeys(office.peers for office in county.offices):
        own = [office for office in county.offices if office.peers == group]
        scores = {office.id: reckon.index_of(found.units[office.id], book) for office in own}
        printed = {unit: reckon.cut(each, 1) for unit, each in scores.items() if each is not None}
        order = sorted(printed, key=lambda unit: -float(printed[unit]))
        for office in sorted(own, key=lambda office: [*order, office.id].index(office.id)):
            place, score = _place(office.id, printed), printed.get(office.id, "—")
            if place is None or not BEST < order.index(office.id) + 1 <= len(order) - WORST:
                rated = f"{found.units[office.id].levels.total():,}"
                table.add_row(group, office.name, str(place or "not ranked"), score, rated)
            elif order.index(office.id) == BEST:
                table.add_row("", f"[dim]… {len(order) - BEST - WORST} more[/]", "", "", "")
        table.add_section()
    return table


def _place(id: str, printed: Mapping[str, str]) -> int | None:
    if id not in printed:
        return None
    return 1 + sum(float(other) > float(printed[id]) for other in printed.values())


def _printed(key: str, numerator: int, denominator: int) -> str:
    if not denominator:
        return "—"
    value = Fraction(numerator, denominator)
    return reckon.cut(value, 1) if key == "service_quality" else f"{reckon.cut(value)}%"
