"""`haoping demo`: the whole story on a stack of its own; exit 0 only if everything reconciles."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import typer

from services.console.demo import plan, published, reckon, reconcile, report
from services.console.demo.client import ADMINISTRATOR, Api
from services.console.demo.county import County, build
from services.console.demo.edge import Senders
from services.console.demo.leaks import Leaks, search
from services.console.demo.narrator import Narrator, console
from services.console.demo.reconcile import Check, Told
from services.console.demo.recount import Recount, read
from services.console.demo.rules import PLACE, levels_in_force, tags
from services.console.demo.sabotage import Sabotage, tamper
from services.console.demo.stage import DATABASE, on_stage
from services.console.demo.story import SIGNING_IN, Story, register
from services.console.demo.telling import for_machines, listen
from services.console.demo.wiretap import Wiretap
from services.console.sample import sign_ins
from services.console.stack import Stack
from services.console.stack.application import PAGES
from services.console.stack.layout import default_state
from services.score.tally import mean_points

GUANGDONG = ("广东省", "2021-01")
Presses = Annotated[
    int | None, typer.Option(min=200, help="A smaller year: so many presses instead of 24,793.")
]
Tampering = Annotated[
    Sabotage | None, typer.Option(help="Tamper with the database, to see that it is caught.")
]

Look = Annotated[
    bool, typer.Option("--look", help="Keep the pages of the year at the end, until Ctrl-C.")
]
GLANCE_S = 0.5


@dataclass(frozen=True)
class Ending:
    """What was found at the end, by the three paths."""

    expected: plan.Expected
    found: Recount
    told: Told
    leaks: Leaks

    def checks(self, year: plan.Plan, full: bool) -> Iterator[Check]:
        """Everything that must agree; in full, with what the county published."""
        yield from self.leaks.checks(year)
        yield from reconcile.arrivals(self.expected, self.found, self.told)
        yield from reconcile.quality(self.expected, self.found, self.told)
        yield from reconcile.scores(self.found, self.told, reckon.open_book())
        if full:
            shares = published.PRINTED_SHARES
            yield from reconcile.published_shares(self.found, self.told, shares)
            yield from reconcile.published_good_rate(self.found, self.told)


def demo(presses: Presses = None, sabotage: Tampering = None, look: Look = False) -> None:
    """The whole story: the published year of 渭源, captured, rectified, scored, counted again."""
    narrator, county = Narrator(console()), build()
    channels = published.weiyuan_channels()
    if presses:
        channels = published.apportioned(channels, presses)
    year = plan.draw(county, tags(), channels)
    with on_stage(default_state() / "demo", PLACE, narrator) as stack:
        ending = perform(stack, county, year, narrator, sabotage)
        checks = list(ending.checks(year, full=not presses))
        _print(narrator, ending, county, checks, full=not presses)
        figures = for_machines(ending.found, ending.told.refused, checks, narrator.seconds)
        _keep(narrator, figures)
        if look:
            _let_look(narrator, stack, county)
    raise typer.Exit(0 if figures["reconciled"] else 1)


def perform(
    stack: Stack, county: County, year: plan.Plan, narrator: Narrator, sabotage: Sabotage | None
) -> Ending:
    """Live through the year on an empty stack, close it, and count again."""
    tokens = {**county.tokens, ADMINISTRATOR: stack.admin_token}
    tap = Wiretap(stack.amqp_uri)
    with Api(stack.url, tokens) as api:
        tap.begin()
        register(api, county.directory, *SIGNING_IN)
        senders = Senders(api)
        names = {office.id: office.name for office in county.offices}
        story = Story(api, senders, year, names, narrator)
        story.tell()
        if sabotage:
            narrator.say(tamper(stack.mongo_uri, DATABASE, sabotage))
        story.close()
        with narrator.phase("counting again"):
            told = listen(api, senders)
            cut_off = datetime.fromisoformat(told.scores["cut_off"])
            found = read(stack.mongo_uri, DATABASE, cut_off)
        with narrator.phase("looking for what is personal"):
            bus, logs = tap.messages(), stack.layout.logs
            keys = {case: key for key, case in story.cases.items()}
            leaks = search(year, keys, api, stack.mongo_uri, DATABASE, logs, bus)
    for sentence in leaks.sentences:
        narrator.say(f"Readable: {sentence}")
    return Ending(plan.expected(year), found, told, leaks)


def _keep(narrator: Narrator, figures: Mapping[str, Any]) -> None:
    file = default_state() / "demo.json"
    file.write_text(json.dumps(figures, ensure_ascii=False, indent=2), "utf-8")
    narrator.say(f"Figures for machines: {file}")


def _let_look(narrator: Narrator, stack: Stack, county: County) -> None:
    """Keep the pages of the year until Ctrl-C."""
    narrator.say(f"\nLook at the year: {stack.url(PAGES)}\nSign in as one of its people:")
    for words, token in sign_ins(county.tokens):
        narrator.say(f"  {words:<6} {token}")
    narrator.say("Ctrl-C stops everything.")
    with suppress(KeyboardInterrupt):
        while stack.is_alive():
            time.sleep(GLANCE_S)


def _print(
    narrator: Narrator, ending: Ending, county: County, checks: list[Check], full: bool
) -> None:
    report.show(narrator.out, ending.found, ending.told.refused, county, full)
    narrator.say(f"\n{_guangdong()}")
    report.spent(narrator.out, narrator.seconds)
    report.verdict(narrator.out, checks)


def _guangdong() -> str:
    counts = published.levels(*GUANGDONG)
    mean = mean_points(counts, levels_in_force().points)
    together = f"{sum(counts.values()):,}"
    said = f"{float(mean):.4f} by the function that scores months"
    return f"{' '.join(GUANGDONG)}, {together} published ratings: level mean {said}."
