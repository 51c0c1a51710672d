"""`haoping replay`: a month that a government published, sent through the same machinery."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated, Any

import typer

from services.console.demo import days, published, report
from services.console.demo.client import ADMINISTRATOR, Api, eventually
from services.console.demo.county import enrol, systems
from services.console.demo.edge import RATINGS, Senders
from services.console.demo.narrator import Narrator, console
from services.console.demo.reconcile import Check
from services.console.demo.recount import Recount, read
from services.console.demo.rerun import NOT_IN_LEVELS, SOURCES, Scaled, next_month, presses, scaled
from services.console.demo.rules import levels_in_force
from services.console.demo.stage import DATABASE, on_stage
from services.console.demo.story import register
from services.console.demo.table import table_of
from services.console.stack.layout import default_state
from services.contracts.actor import Role
from services.contracts.directory import Directory, Principal, Unit
from services.contracts.vocabulary import Channel, Level
from services.score.tally import mean_points

UNIT = "region-synthetic"
SIGNING_IN = (
    (f"system-{Channel.PC}", "capture", RATINGS),
    (Role.SCORER, "score", "/v1/months/2020-01:close"),
)
Month = Annotated[str, typer.Argument(help="guangdong-2021-01 or guangdong-2020-01")]
Scale = Annotated[int, typer.Option(min=1, help="Divide the published counts by this.")]


def replay(month: Month, scale: Scale = 1000) -> None:
    """Replay a published month, divided by a scale, and compare the level mean."""
    name, _, period = month.partition("-")
    if name not in SOURCES or not published.levels(SOURCES[name].place, period):
        raise typer.BadParameter("no such month in data/published_months.csv: guangdong-2021-01")
    narrator, source = Narrator(console()), SOURCES[name]
    wanted = scaled(source, period, scale)
    directory, tokens = _registry()
    with on_stage(default_state() / "demo", source.rules, narrator) as stack:
        with Api(stack.url, {**tokens, ADMINISTRATOR: stack.admin_token}) as api:
            register(api, directory, *SIGNING_IN)
            scores = _send(api, wanted, period, narrator)
        cut_off = days.at(next_month(period), 0)
        found = read(stack.mongo_uri, DATABASE, cut_off, NOT_IN_LEVELS)
    checks = list(_checks(wanted, found, scores))
    _print(narrator, wanted, found, published.levels(source.place, period), scale)
    report.verdict(narrator.out, checks)
    raise typer.Exit(0 if all(check.holds for check in checks) else 1)


def _registry() -> tuple[Directory, dict[str, str]]:
    scorer = Principal(id=Role.SCORER, name="scorer", roles=frozenset({Role.SCORER}))
    principals, tokens = enrol([*systems(), scorer])
    return Directory(units=(Unit(id=UNIT, name="全省（合成）"),), principals=principals), tokens


def _send(api: Api, wanted: Scaled, period: str, narrator: Narrator) -> dict[str, Any]:
    """Send everything a day after the month, and wait until all of it is scored."""
    senders = Senders(api)
    senders.set_clock(days.at(next_month(period), 60))
    senders.send(presses(wanted, period, UNIT))
    narrator.say(f"The edge accepted {senders.captured:,} presses; waiting for the tallies ...")
    return eventually(lambda: _scored(api, period, wanted.total), "everything to be scored")


def _scored(api: Api, period: str, total: int) -> dict[str, Any] | None:
    scores: dict[str, Any] = api.get(Role.SCORER, "score", f"/v1/scores/{period}")
    stored = scores["region"]["counts"]["ratings"]["stored"]
    return scores if scores["fresh"] and stored >= total else None


def _checks(wanted: Scaled, found: Recount, scores: dict[str, Any]) -> Iterator[Check]:
    counts = scores["region"]["counts"]
    yield Check("stored", wanted.total, found.stored, counts["ratings"]["stored"])
    for channel, count in {**wanted.channels, **wanted.others}.items():
        told = counts["channels"][channel]["count"]
        yield Check(f"channel {channel}", count, found.channels[channel], told)
    for level, count in wanted.levels.items():
        told = counts["levels"][str(int(level))]
        yield Check(f"level {level}", count, found.region.levels[level], told)
    points = levels_in_force().points
    figures = {each["key"]: each["exact"] for each in scores["region"]["indicators"]}
    expected = str(mean_points(wanted.levels, points))
    yield Check("level mean", expected, str(_mean(found)), figures["service_quality"])


def _mean(found: Recount) -> Fraction:
    """The level mean by another hand than score's."""
    points, stored = levels_in_force().points, found.region.levels
    total = sum(points[Level(level)] * count for level, count in stored.items())
    return Fraction(total, stored.total())


def _print(
    narrator: Narrator, wanted: Scaled, found: Recount, counts: dict[Level, int], scale: int
) -> None:
    table = table_of(f"Published ÷ {scale:,}", "level", "published", "to be", "recounted")
    for level, count in counts.items():
        stored = found.region.levels[level]
        table.add_row(str(int(level)), f"{count:,}", f"{wanted.levels[level]:,}", f"{stored:,}")
    narrator.out.print(table)
    points = levels_in_force().points
    means = mean_points(counts, points), _mean(found)
    told = "level mean of the published counts {:.4f}, of what was stored {:.4f} of 10"
    narrator.say(told.format(*map(float, means)).capitalize())
    narrator.say(
        "Synthetic: days, and which level came through which channel. Levels by largest remainder; "
        f"{sum(wanted.others.values()):,} ratings by phone, SMS and kiosk are in no level."
    )
