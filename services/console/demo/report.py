"""What is printed at the end: recounted figures, beside the published ones where there are any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table

from services.console.demo import published, reckon
from services.console.demo.county import County
from services.console.demo.reconcile import Check
from services.console.demo.recount import Recount, Sums
from services.contracts.vocabulary import Closing

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
CLOSINGS: dict[str, str] = {
    Closing.SATISFIED: "call-back satisfied",
    Closing.INVALIDATED: "appeal upheld, rating invalid",
    Closing.UNREACHABLE: "named rater not reached",
    Closing.NO_CONTACT: "nobody to call",
    Closing.DISSATISFIED: "still dissatisfied",
}
BEST, WORST = 3, 3
NOTE = (
    "[bold]Published[/] (渭源县 2020 report): the counts by channel, their shares, the good rate. "
    "[bold]Synthetic[/] (seeded): levels, units, windows, items, days, tags, people, errands, the "
    "twelve bad ratings and all that is done about them."
)


def show(out: Console, found: Recount, refused: int, county: County, full: bool) -> None:
    """Every figure of the story, from the recount."""
    book = reckon.open_book()
    out.print(NOTE)
    out.print(arrivals(found, refused))
    out.print(channels(found, full))
    out.print(rates(found.region, book, full))
    out.print(cases(found))
    out.print(terms(found.region, book))
    out.print(ranking(found, county, book))


def arrivals(found: Recount, refused: int) -> RenderableType:
    """Where everything that the edge accepted has gone."""
    table = table_of("Captured = stored once + duplicates + quarantined", "", "presses")
    table.add_row("stored once each", f"{found.stored:,}")
    table.add_row("duplicates absorbed (a kiosk's backlog sent twice)", f"{found.duplicates:,}")
    for reason, count in sorted(found.quarantined.items()):
        table.add_row(f"quarantined: {reason}", f"{count:,}")
    table.add_section()
    table.add_row("[bold]captured[/]", f"[bold]{found.captured:,}[/]")
    table.add_row("[dim]refused at the edge with field errors, never captured[/]", f"{refused}")
    return table


def channels(found: Recount, full: bool) -> RenderableType:
    """Counts and shares by channel; half-up gives the county's own six figures."""
    counts = published.weiyuan_channels()
    table = table_of("Channels", "channel", "published", "recounted", "published %", "recounted %")
    names = {channel: name for name, channel in published.WEIYUAN_CHANNELS.items()}
    for channel, count in counts.items():
        ours = found.channels[channel]
        share = reckon.half_up(Fraction(ours, found.stored))
        printed = published.PRINTED_SHARES[channel]
        table.add_row(f"{names[channel]} {channel}", f"{count:,}", f"{ours:,}", printed, share)
    table.add_section()
    table.add_row("together", f"{sum(counts.values()):,}", f"{found.channels.total():,}", "", "")
    part = " A part of the published counts, by largest remainders."
    return table if full else Group(table, part)


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


def cases(found: Recount) -> RenderableType:
    """What became of the bad ratings."""
    table = table_of("Cases (差评工单) by final state (synthetic)", "closed as", "cases")
    for closing, count in sorted(found.closings.items()):
        table.add_row(f"{closing}: {CLOSINGS.get(closing, 'still open')}", str(count))
    verdicts = ", ".join(f"{n} {name}" for name, n in found.region.verdicts.most_common())
    told = f"{verdicts}; {found.escalations} rungs of the ladder recorded"
    bad = f"{found.bad} bad ratings, {found.region.bad} of them valid"
    return Group(table, f" {bad}. At cut-off: {told}.")


def terms(region: Sums, book: reckon.Book) -> RenderableType:
    """The index of the county with its terms."""
    total = reckon.index_of(region, book) or Fraction(0)
    title = f"{book.recipe['name']} {reckon.cut(total, 1)} of {book.recipe['of']}"
    table = table_of(title, "term", "value", "weight", "points")
    figures = reckon.figures(region, book)
    points = reckon.terms_of(region, book) or {}
    for term in book.recipe["terms"]:
        key = term["indicator"]
        value = _printed(key, *figures[key])
        table.add_row(RATES[key], value, str(term["weight"]), reckon.cut(points[key], 1))
    label = f"{book.recipe['id']} v{book.recipe['version']}"
    return Group(table, f" {label}: {book.recipe['source']}.")


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


def verdict(out: Console, checks: Sequence[Check]) -> None:
    """Whether everything reconciles; whatever does not is named with its three numbers."""
    wrong = [check for check in checks if not check.holds]
    for check in wrong:
        out.print(f"[bold red]MISMATCH[/] {check.sentence}", soft_wrap=True)
    kinds = "generator, recount of the database, and API"
    if wrong:
        out.print(f"[bold red]{len(wrong)} of {len(checks)} checks do not hold[/] ({kinds}).")
    else:
        out.print(f"[bold green]All {len(checks)} checks hold[/]: {kinds} agree.")


def spent(out: Console, seconds: Mapping[str, float]) -> None:
    """Where the time went."""
    table = table_of("Where the time went", "phase", "seconds")
    for name, value in seconds.items():
        table.add_row(name, f"{value:.1f}")
    table.add_section()
    table.add_row("together", f"{sum(seconds.values()):.1f}")
    out.print(table)


def _printed(key: str, numerator: int, denominator: int) -> str:
    if not denominator:
        return "—"
    value = Fraction(numerator, denominator)
    return reckon.cut(value, 1) if key == "service_quality" else f"{reckon.cut(value)}%"


def table_of(title: str, first: str, *others: str) -> Table:
    """An empty table: words to the left, numbers to the right."""
    table = Table(title=f"\n{title}", title_style="bold", title_justify="left")
    table.box, table.show_edge = box.SIMPLE_HEAD, False
    table.add_column(first)
    for head in others:
        table.add_column(head, justify="left" if head == "unit" else "right")
    return table
