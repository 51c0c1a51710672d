"""All that will be sent in a story, and the counts that must come of it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random

from services.console.demo import days
from services.console.demo.county import County
from services.console.demo.plot import PLOT
from services.console.demo.presses import UNRATED, Form, Generator, Press, malformed
from services.contracts.rules import Tag
from services.contracts.vocabulary import Channel, Closing

BEST_OF_BAD = 2
YEAR, SEED = 2020, 20201231
UNKNOWN_WINDOW, UNKNOWN_TIMES, RATED_AGAIN = "window-nobody-knows", 5, 2
BACKLOG_SHARE, BACKLOG_MOST, BACKLOG_FROM = 100, 100, 0.6


@dataclass(frozen=True)
class Plan:
    """`presses` are stored once each; the other lists are what else arrives at the edge."""

    presses: tuple[Press, ...]
    bad: tuple[Press, ...]
    backlog: tuple[Press, ...]
    unknown: tuple[Press, ...]
    again: tuple[Press, ...]
    malformed: tuple[Form, ...]
    unrated: tuple[Form, ...]

    @property
    def ordinary(self) -> list[Press]:
        """The good presses that are sent as they happen."""
        apart = {press.id for press in (*self.bad, *self.backlog)}
        return [press for press in self.presses if press.id not in apart]

    @property
    def ends(self) -> datetime:
        """When everything has been sent that belongs to the year."""
        return days.at(days.all_days(YEAR)[-1], 23 * 60)


@dataclass(frozen=True)
class Expected:
    """What the generator says must be found, before anything was sent."""

    captured: int
    stored: int
    duplicates: int
    quarantined: Counter[str]
    refused: int
    channels: Counter[str]
    levels: Counter[int]
    invalid: int
    bad: int
    closings: Counter[str]
    verdicts: Counter[str]
    errands: int

    @property
    def bad_valid(self) -> int:
        """Bad ratings that count."""
        return self.bad - self.invalid


def draw(
    county: County, tags: Mapping[str, Tag], channels: Mapping[Channel, int], seed: int = SEED
) -> Plan:
    """The year; the same seed draws the same presses."""
    generator = Generator(county, tags, YEAR, Random(seed))
    presses = generator.year_of(channels)
    good = [press for press in presses if press.form["level"] > BEST_OF_BAD]
    backlog = kiosk_backlog(good)
    spared = {press.id for press in backlog}
    linked = [press for press in good if press.errand and press.id not in spared]
    windows = [generator.ordinary(Channel.TABLET) for _ in range(UNKNOWN_TIMES)]
    return Plan(
        presses=tuple(presses),
        bad=tuple(press for press in presses if press.form["level"] <= BEST_OF_BAD),
        backlog=tuple(backlog),
        unknown=tuple(_lost(press) for press in windows),
        again=tuple(_renamed(press, generator) for press in linked[:RATED_AGAIN]),
        malformed=tuple(malformed(good[0])),
        unrated=tuple(generator.unrated_errands(int(len(presses) * UNRATED))),
    )


def kiosk_backlog(presses: list[Press]) -> list[Press]:
    """A run of presses of the busiest kiosk: those it keeps while it has no network."""
    own = [press for press in presses if press.channel is Channel.TERMINAL]
    kiosk, _ = Counter(press.form["device"] for press in own).most_common(1)[0]
    own = [press for press in own if press.form["device"] == kiosk]
    count = min(BACKLOG_MOST, max(3, len(presses) // BACKLOG_SHARE))
    start = int(len(own) * BACKLOG_FROM)
    return own[start : start + count]


def expected(plan: Plan) -> Expected:
    """The counts that must be found for a plan in which every script is played out."""
    closings = Counter(bad.script.closing.value for bad in PLOT)
    invalid = closings[Closing.INVALIDATED]
    late = sum(not bad.script.on_time for bad in PLOT)
    quarantined = Counter(unknown_window=len(plan.unknown), already_rated=len(plan.again))
    verdicts = {"done_on_time": len(PLOT) - late - invalid, "done_late": late}
    return Expected(
        captured=len(plan.presses) + len(plan.backlog) + quarantined.total(),
        stored=len(plan.presses),
        duplicates=len(plan.backlog),
        quarantined=quarantined,
        refused=len(plan.malformed),
        channels=Counter(press.channel.value for press in plan.presses),
        levels=Counter(press.form["level"] for press in plan.presses),
        invalid=invalid,
        bad=len(plan.bad),
        closings=closings,
        verdicts=Counter(verdicts | {"invalidated": invalid}),
        errands=len(plan.unrated) + sum(press.errand is not None for press in plan.presses),
    )


def _lost(press: Press) -> Press:
    form = {name: value for name, value in press.form.items() if name not in {"device", "staff"}}
    linkless = {k: v for k, v in form.items() if k not in {"source_system", "errand_number"}}
    return Press(press.at, linkless | {"window": UNKNOWN_WINDOW})


def _renamed(press: Press, generator: Generator) -> Press:
    """The same errand rated again, under another id."""
    other = generator.ordinary(press.channel)
    return Press(press.at, press.form | {"rating_id": other.id})
