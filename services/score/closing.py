"""Closing, publishing and revising a period: nothing that was published is ever changed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict

from services.contracts.period import Period
from services.errors import Conflict
from services.score import views
from services.score.audit import Audit, audit
from services.score.causes import causes_by_unit
from services.score.late import horizon, without
from services.score.months import (
    Month,
    MonthState,
    NotClear,
    NotPublished,
    checks_of,
    must_be_over,
)
from services.score.movement import changes
from services.score.reading import Reading
from services.score.scorer import Scorer
from services.score.views import View

SCHEDULE = "schedule"
WEEK = timedelta(days=6)


class Overtaken(Conflict):
    """The period was decided about meanwhile; look at what is in force and decide anew."""


class Closing(BaseModel):
    """A request to close: the checks that are accepted as they are, and why a revision is made.

    `after` is the revision in force when this was decided, 0 for none: sent twice it is done once.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    accept: tuple[str, ...] = ()
    cause: str | None = None
    after: int | None = None


@dataclass(frozen=True)
class Closer:
    """Decides about periods; every decision is one guarded write, so replicas cannot both win.

    Raises Overtaken for whoever comes second.
    """

    scorer: Scorer

    def close(self, key: str, closing: Closing, by: str) -> View:
        """Take the snapshot that everything later reads. Raises NotOver, NotClear, NeedsCause."""
        return self._closed(Period.parse(key), self.scorer.months.get(key), closing, by)

    def _closed(self, period: Period, month: Month, closing: Closing, by: str) -> View:
        closed = self._close(period, month, closing, by)
        return {**views.month_view(closed), "settlement": self._settlement(period.before)}

    def _close(self, period: Period, month: Month, closing: Closing, by: str) -> Month:
        if closing.after not in {None, len(month.published)}:
            raise Overtaken
        scorer = self.scorer
        must_be_over(period, scorer.now, period.ends(scorer.rules.region.zone))
        scorer.tallies.catch_up()
        audited = audit(scorer.tallies, period.first, period.last, scorer.bad)
        reading = scorer.live(month, audited.kept)
        lost = [each.unit for each in audited.differences if not each.repaired]
        found = {**scorer.found(reading), "tallies": lost}
        snapshot = f"{period.key}/{month.next_revision}/{uuid.uuid4().hex}"
        closed = month.closed(
            snapshot,
            scorer.now,
            by,
            checks_of(found),
            closing.accept,
            closing.cause,
            (audited.buckets, audited.recounted),
        )
        self._keep(closed, self._within_horizon(scorer.explained(reading, audited.kept)))
        return closed

    def _keep(self, closed: Month, reading: Reading) -> None:
        months, snapshot = self.scorer.months, str(closed.snapshot)
        months.keep(snapshot, reading.context, reading.facts)
        try:
            months.save(closed)
        except Conflict as lost:
            months.forget(snapshot)
            raise Overtaken from lost

    def _within_horizon(self, reading: Reading) -> Reading:
        """Once published, what comes in after the horizon is listed and no longer scored."""
        period, until = reading.period, self._horizon_of(reading.month)
        if until is None:
            return reading
        today = self.scorer.now.astimezone(self.scorer.rules.region.zone).date()
        # A press of a later day may rate an errand of the period.
        late = self.scorer.happenings.received_after(until, period.first, today)
        facts = without(reading.facts, late, period)
        context = reading.context.model_copy(update={"horizon": until})
        return replace(reading, context=context, facts=facts)

    def _horizon_of(self, month: Month) -> datetime | None:
        """The horizon of a published period, once it is over; what was first published stays."""
        if not month.published:
            return None
        rules, period = self.scorer.rules, Period.parse(month.period)
        ends = period.ends(rules.region.zone)
        until = horizon(period, rules.scoring.revision_horizon_months, ends)
        until = max(until, self.scorer.months.context(month.published[0].snapshot).cut_off)
        return until if until < self.scorer.now else None

    def late(self, key: str) -> View:
        """Presses that came in after the horizon: listed, not scored."""
        period, until = Period.parse(key), self._horizon_of(self.scorer.months.get(key))
        days, find = (period.first, period.last), self.scorer.happenings.received_after
        late = find(until, *days) if until else []
        return {"period": key, "late": [each.plain() for each in late]}

    def publish(self, key: str, by: str) -> View:
        """Score the snapshot by every index and make it the revision in force. Raises NotClosed."""
        before = self.scorer.months.get(Period.parse(key).key)
        after = before.publish(self.scorer.now, by)
        reading = self._snapshot(after, after.published[-1].snapshot)
        causes = self._causes(before, reading)
        for recipe in reading.context.recipes:
            page = {**reading.page(recipe.id, lambda unit: True), "cause": after.cause}
            page["differences"] = changes(self._page_before(before, recipe.id), page, causes)
            self.scorer.months.keep_scores(after.published[-1].snapshot, recipe.id, page)
        self.scorer.months.save(after)
        return views.month_view(after)

    def _snapshot(self, month: Month, snapshot: str) -> Reading:
        months = self.scorer.months
        context, facts = months.context(snapshot), months.facts(snapshot)
        return Reading(Period.parse(month.period), month, context, facts)

    def _causes(self, before: Month, after: Reading) -> dict[str, list[dict[str, Any]]]:
        if not before.published:
            return {}
        old = self._snapshot(before, before.published[-1].snapshot)
        joined = self.scorer.happenings.joined_after(old.context.cut_off, after.period)
        return causes_by_unit((old.context, old.facts), (after.context, after.facts), joined)

    def _page_before(self, month: Month, index: str) -> View | None:
        if not month.published:
            return None
        return self.scorer.months.scores(month.published[-1].snapshot, index)

    def revise(self, key: str, closing: Closing, by: str) -> View:
        """Close a published period again and publish the revision, with difference and cause.

        Raises NotPublished, NeedsCause, NotClear.
        """
        period = Period.parse(key)
        month = self.scorer.months.get(key)
        if not month.published:
            raise NotPublished
        self._close(period, month, closing, by)
        return self.publish(key, by)

    def _settlement(self, period: Period) -> View | None:
        """What a revision of the period before would change: it is proposed, never made."""
        month = self.scorer.months.get(period.key)
        if not month.published:
            return None
        live = self._within_horizon(self.scorer.live(month))
        causes = self._causes(month, live)
        moved = sorted(unit for unit, found in causes.items() if found)
        do = f"haoping month revise {period.key} --cause settlement"
        return {"period": period.key, "units": moved, "do": do} if moved else None

    def due(self) -> list[Month]:
        """Months whose day has come, that are open and hold anything, the oldest first.

        As far back as late presses are scored: a case may have kept one open for long.
        """
        zone, day = self.scorer.rules.region.zone, self.scorer.rules.scoring.closes_on_day
        if day is None:
            return []
        period = Period.month_of(self.scorer.now.astimezone(zone).date() - timedelta(days=day - 1))
        found: list[Month] = []
        for _ in range(max(1, self.scorer.rules.scoring.revision_horizon_months)):
            period = period.before
            month = self.scorer.months.get(period.key)
            anything = next(self.scorer.tallies.between(period.first, period.last), None)
            if month.state is MonthState.OPEN and anything:
                found.insert(0, month)
        return found

    def close_due(self) -> View | None:
        """Close the first month that is due and clear, as `close` does; nothing is accepted.

        Called again and again, on any replica: a month that was closed is left alone, and of two
        that close at once the guard lets one win.
        """
        for month in self.due():
            try:
                return self._closed(Period.parse(month.period), month, Closing(), SCHEDULE)
            except (NotClear, Conflict):
                continue
        return None

    def check(self, first: date, last: date) -> Audit:
        """Recount every bucket of these days and repair what differs, a week at a time."""
        found = Audit(first, last, 0, 0)
        while first <= last:
            until = min(last, first + WEEK)
            found += audit(self.scorer.tallies, first, until, self.scorer.bad, everything=True)
            first = until + timedelta(days=1)
        return found

    def nights(self) -> tuple[date, date]:
        """The days that a nightly check covers: as far back as a month may still be revised."""
        today = self.scorer.now.astimezone(self.scorer.rules.region.zone).date()
        first = today.replace(day=1)
        for _ in range(self.scorer.rules.scoring.revision_horizon_months + 1):
            first = (first - timedelta(days=1)).replace(day=1)
        return first, today
