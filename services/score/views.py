"""What the API shows: exact fractions as `n/d`, and beside them what a person reads. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from services.contracts.period import Period
from services.contracts.printing import POINTS, SHARE, Printing
from services.contracts.verdict import Verdict
from services.contracts.vocabulary import Channel, Level, Standing, Turn
from services.score.adding import printed, rounding
from services.score.board import Context, Line, Scoring
from services.score.facts import Facts, UnitFacts
from services.score.honesty import beside
from services.score.index import Recipe, Scored
from services.score.indicators import INDICATORS
from services.score.measure import Measured
from services.score.months import Month, MonthState
from services.score.span import Span
from services.score.tally import Cell, combined, total_of, with_parts

View = dict[str, Any]
GOOD_RATE = "good_rate"
Sees = Callable[[str], bool]


def figure(value: Fraction | None, printing: Printing) -> View | None:
    """A value, exact and printed."""
    return None if value is None else {"exact": str(value), "printed": printing.text(value)}


def head(period: Period, month: Month, context: Context) -> View:
    """Which period this is, which revision is in force, and under what it is scored."""
    last = month.published[-1] if month.published else None
    return {
        "period": period.key,
        "first": f"{period.first}",
        "last": f"{period.last}",
        "state": MonthState.PUBLISHED.value if last else month.state.value,
        "revision": last.revision if last else month.revision,
        "cut_off": context.cut_off.astimezone(context.rules.region.zone).isoformat(),
        "rules": context.rules.label,
        "calendar": context.calendar,
    }


def recipe_view(recipe: Recipe) -> View:
    """Which index, of how many points, and whose weights."""
    fields = {"id", "version", "name", "source"}
    return {**recipe.model_dump(include=fields), "label": recipe.label, "of": str(recipe.of)}


def board(scoring: Scoring, period: Period, sees: Sees) -> View:
    """The region, and every unit that `sees` allows, with places among peers.

    One that was not there in the period is listed only if something was counted there.
    """
    units, span = scoring.context.directory.unit, Span.of(period, scoring.context.rules.region.zone)
    return {
        "index": recipe_view(scoring.recipe),
        "region": line_view(scoring.region, period, None),
        "units": [
            line_view(line, period, scoring.places.get(line.unit))
            for line in scoring.pace(scoring.lines)
            if sees(line.unit) and (line.facts.did.anything or span.met([units[line.unit]]))
        ],
    }


def line_view(line: Line, period: Period, rank: int | None) -> View:
    """A unit with its score, its terms, every indicator and the counts behind them.

    A unit that is not ranked names the quarter in which its sample may suffice. `rounding` is what
    the printed points lack of the printed score.
    """
    quarter = None if line.result.ranked else period.quarter
    told = {
        "unit": line.unit,
        "name": line.name,
        "peers": line.peers,
        "ranked": line.result.ranked,
        "rank": rank,
        "quarter": quarter.key if quarter else None,
        "score": figure(line.result.total, POINTS),
        "cut": str(line.result.cut),
        "cut_printed": str(printed(line.result.cut)),
        "beside": beside(line.facts),
        "terms": [term_view(scored) for scored in line.result.terms],
        "indicators": [measured_view(measured) for measured in line.figures.values()],
        "counts": counts(line.facts),
    }
    return {**told, "rounding": str(rounding(told))}


def in_brief(page: View) -> View:
    """A board whose units are told without the terms of their scores, and their good rate only."""
    return {**page, "units": list(map(_in_brief, page["units"]))}


def _in_brief(line: View) -> View:
    told = {name: line[name] for name in line.keys() - {"terms", "indicators", "counts"}}
    rates = [each for each in line["indicators"] if each["key"] == GOOD_RATE]
    return {**told, "indicators": rates, "counts": {"ratings": line["counts"]["ratings"]}}


def measured_view(measured: Measured) -> View:
    """An indicator of a unit."""
    return {
        "key": measured.indicator.key,
        "name": measured.indicator.name,
        "numerator": str(measured.numerator),
        "denominator": str(measured.denominator),
        "exact": None if measured.value is None else str(measured.value),
        "printed": measured.printed,
        "state": measured.state.value,
        "sample": measured.sample,
    }


def term_view(scored: Scored) -> View:
    """A term of an index: value, weight, weight received or given away, and points."""
    return {
        "indicator": scored.term.indicator,
        "name": scored.term.counted.name,
        "item": scored.term.item,
        "value": scored.measured.printed,
        "weight": str(scored.term.weight),
        "given": str(scored.given),
        "effective_weight": str(scored.weight),
        "attained": None if scored.attained is None else str(scored.attained),
        "points": figure(scored.points, POINTS),
        "why": scored.why,
    }


def definitions() -> View:
    """What each indicator counts, leaves out, and where that comes from."""
    fields = ("name", "definition", "excludes", "source")
    kinds = ("direction", "no_data", "behind")
    return {
        key: {name: getattr(each, name) for name in fields}
        | {name: getattr(each, name).value for name in kinds}
        for key, each in INDICATORS.items()
    }


def behind(did: UnitFacts) -> View:
    """The single ratings and cases that a figure can be traced back to."""
    return {
        "bad": list(did.bad),
        "invalid": list(did.invalid),
        "cases": [case.plain() for case in did.cases],
    }


def counts(facts: Facts) -> View:
    """The counts behind the figures: raw and official side by side."""
    errands = facts.did.errands.plain()
    verdicts = Counter(case.verdict for case in facts.did.cases)
    return {
        "ratings": _ratings(facts),
        "levels": {str(int(level)): facts.levels[level] for level in reversed(Level)},
        "channels": _channels(facts),
        "cases": {verdict.value: verdicts[verdict] for verdict in Verdict},
        "errands": {name: errands[name] for name in errands if name != "served"},
    }


def _ratings(facts: Facts) -> View:
    cells = facts.did.cells
    levels = facts.levels.total()
    return {
        "stored": cells.total(),
        "valid": sums(cells, "standing")[Standing.VALID.value],
        "invalid": sums(cells, "standing")[Standing.INVALID.value],
        "appends": sums(cells, "turn")[str(int(Turn.APPEND))],
        "in_levels": levels,
        "good": facts.good(facts.levels),
        "bad": levels - facts.good(facts.levels),
    }


def _channels(facts: Facts) -> View:
    rules = facts.rules.channels.by_code
    firsts = {cell: n for cell, n in facts.did.cells.items() if cell.turn is Turn.FIRST}
    own = combined({cell.channel: count} for cell, count in firsts.items())
    published = with_parts(own, rules)
    total = total_of(published, rules)
    return {
        channel.value: {
            "label": rules[channel].label,
            "count": own[channel],
            "with_parts": count,
            "share": figure(Fraction(count, total), SHARE) if total else None,
        }
        for channel, count in published.items()
    }


def sums(cells: Mapping[Cell, int], field: str) -> Counter[str]:
    """How many ratings there are of each code of one field of the cube."""
    kinds: dict[str, Any] = {"level": Level, "channel": Channel, "standing": Standing, "turn": Turn}
    found = combined({str(getattr(cell, field).value): n} for cell, n in cells.items())
    return Counter({str(code.value): 0 for code in kinds[field]} | found)


def month_view(month: Month) -> View:
    """A period and what was decided about it."""
    view = month.model_dump(mode="json", exclude={"snapshot", "published"})
    view["checks"] = [{**each.model_dump(), "clear": each.clear} for each in month.checks]
    view["published"] = [
        each.model_dump(mode="json", exclude={"snapshot"}) for each in month.published
    ]
    return view


def tallies_view(cells: Mapping[Cell, int], fresh: bool) -> View:
    """Raw sums of the first cube: everything stored, appends and invalid ratings included."""
    by = {f"by_{field}": sums(cells, field) for field in ("channel", "level", "standing", "turn")}
    return {"total": sum(cells.values()), **by, "fresh": fresh}
