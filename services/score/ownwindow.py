"""What a window is shown of its own results: by level and month, and never a single rating.

Only months that are over, since a figure that moves while a citizen leaves would tell what they
pressed; and no group smaller than `SMALLEST`, nor anything from which one could be worked out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from pydantic import BaseModel
from werkzeug.wrappers import Request

from services.adapters.http import api
from services.adapters.mongo import Db, by_ids
from services.contracts.actor import Action, Actor
from services.contracts.directory import Directory, Principal
from services.contracts.vocabulary import Level
from services.errors import NotFound
from services.score.kept import Kept
from services.score.suppression import SMALLEST
from services.score.tally import Bucket, Channels, by_level, combined
from services.score.wiring import Wired

MONTHS = 6
BUCKET = dict.fromkeys(("day", "unit", "version", "cubes"), 1)


class MonthAtWindow(BaseModel):
    """Ratings that count by level; None stands for fewer than `SMALLEST`, none included.

    The total is told only when every level is, or it would give away what is not.
    """

    month: str
    levels: dict[int, int | None]
    total: int | None


class OwnResults(BaseModel):
    """A window's results in the months that are over, the newest first."""

    window: str
    name: str
    smallest: int
    months: list[MonthAtWindow]


class OwnWindow(Wired):
    """Shows whoever sits at a window how it is rated."""

    @api("GET", "/v1/my-window", Action.READ_OWN_WINDOW, answers=OwnResults)
    def get_own_window(self, request: Request, actor: Actor) -> OwnResults:
        """The asker's window by level and month, in groups of five or more."""
        directory, rules = self.registry.current, self.rules.current
        window = _person(directory, actor).window
        if window not in directory.window:
            raise NotFound("You belong to no window; ask an administrator to put it right")
        today = self.clock.now().astimezone(rules.region.zone).date()
        months = list(_months(today))
        units = {each.unit for each in directory.window_periods[window]}
        kept = _kept(self.db, units, months[-1], today.replace(day=1))
        shown = [
            shown_month(f"{first:%Y-%m}", window, kept, rules.channels.by_code) for first in months
        ]
        name = directory.window[window].name
        return OwnResults(window=window, name=name, smallest=SMALLEST, months=shown)


def _person(directory: Directory, actor: Actor) -> Principal:
    return next(each for each in directory.principals if each.id == actor.id)


def _months(today: date) -> Iterator[date]:
    """The first days of the months that are over, the newest first."""
    first = today.replace(day=1)
    for _ in range(MONTHS):
        first = (first - timedelta(days=1)).replace(day=1)
        yield first


def _kept(db: Db, units: set[str], first: date, end: date) -> list[Kept]:
    """The tallies of these units, from the first day until before the end."""
    days = ((first + timedelta(days=n)).isoformat() for n in range((end - first).days))
    ids = (Bucket(day, unit).id for day in days for unit in sorted(units))
    return [Kept.of(each) for each in by_ids(db["tallies"], ids, BUCKET)]


def shown_month(month: str, window: str, kept: list[Kept], channels: Channels) -> MonthAtWindow:
    """The month as the window may see it."""
    cells = combined(
        {cell: n for cell, n in each.bucket.cells.items() if cell.window == window}
        for each in kept
        if each.day.startswith(month)
    )
    levels = by_level(cells, channels)
    told = suppressed(levels)
    total = None if None in told.values() else sum(levels.values())
    return MonthAtWindow(month=month, levels=told, total=total)


def suppressed(levels: Mapping[Level, int]) -> dict[int, int | None]:
    """How many of each level; None for a group so small that a rater could be guessed."""
    counts = Counter(levels)
    return {
        int(level): counts[level] if counts[level] >= SMALLEST else None
        for level in reversed(Level)
    }
