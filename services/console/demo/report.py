"""What is printed at the end: recounted figures, beside the published ones where there are any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from rich.console import Console, Group, RenderableType

from services.console.demo import published, reckon, standing
from services.console.demo.county import County
from services.console.demo.reconcile import Check
from services.console.demo.recount import Recount
from services.console.demo.table import table_of
from services.contracts.vocabulary import Closing

CLOSINGS: dict[str, str] = {
    Closing.SATISFIED: "call-back satisfied",
    Closing.INVALIDATED: "appeal upheld, rating invalid",
    Closing.UNREACHABLE: "named rater not reached",
    Closing.NO_CONTACT: "nobody to call",
    Closing.DISSATISFIED: "still dissatisfied",
}
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
    out.print(standing.rates(found.region, book, full))
    out.print(cases(found))
    out.print(standing.terms(found.region, book))
    out.print(standing.ranking(found, county, book))


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


def cases(found: Recount) -> RenderableType:
    """What became of the bad ratings."""
    table = table_of("Cases (差评工单) by final state (synthetic)", "closed as", "cases")
    for closing, count in sorted(found.closings.items()):
        table.add_row(f"{closing}: {CLOSINGS.get(closing, 'still open')}", str(count))
    verdicts = ", ".join(f"{n} {name}" for name, n in found.region.verdicts.most_common())
    told = f"{verdicts}; {found.escalations} rungs of the ladder recorded"
    bad = f"{found.bad} bad ratings, {found.region.bad} of them valid"
    return Group(table, f" {bad}. At cut-off: {told}.")


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
