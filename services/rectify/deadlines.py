"""When a case is due: its clocks, the ladder, and which rungs have come. Pure.

contact     from the latest dispatch until the case is verified
rectify     from the rule's start event (first dispatch, or verification) until the submit;
            stands still during an appeal's review and, up to a cap, while paused: a day on which
            offices close meanwhile is not counted (ours: no place says how its edges count)
review      from an appeal until it is decided
call-back   from the submit until the rater was called; as long as the contact term unless the
            rules say otherwise
Before a start event has happened, the clock runs from the one before it, so that a case nobody
touches still falls due. A later round's rectify clock runs from its rework or reopening.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.contracts.actor import Role
from services.contracts.calendar import DAY, Calendar, Count, Pause, calendar_of
from services.contracts.caserules import CaseClock
from services.contracts.caserules import Deadlines as Terms
from services.contracts.rules import Rules
from services.contracts.vocabulary import CaseState
from services.rectify.facts import Case

COUNTING = 2
"""A new number whenever this code counts otherwise, so that open due times are set anew."""
BEFORE_VERIFIED = {CaseState.UNDISPATCHED, CaseState.OPENED, CaseState.VERIFYING}
BEFORE_SUBMITTED = BEFORE_VERIFIED | {CaseState.RECTIFYING}


@dataclass(frozen=True)
class Rung:
    """A moment at which somebody has to be told."""

    at: datetime
    name: str
    tells: Role


@dataclass(frozen=True)
class Deadlines:
    """The clocks of one case: counts of those that have started, and the rungs not yet recorded."""

    contact: Count
    rectify: Count
    review: Count | None
    callback: Count | None
    due_at: datetime | None
    rungs: tuple[Rung, ...]

    @property
    def next_due_at(self) -> datetime | None:
        """When the next rung comes."""
        return self.rungs[0].at if self.rungs else None

    def come(self, now: datetime) -> tuple[Rung, ...]:
        """The rungs whose time has come, in order."""
        return tuple(rung for rung in self.rungs if rung.at <= now)


def basis(rules: Rules) -> str:
    """What due times follow from beside the case: the rules, the calendar and this code, named."""
    calendar = calendar_of(rules.region)
    return f"{rules.label} {rules.clockwork}, {calendar.label}, counting {COUNTING}"


def rung_key(case: Case, name: str) -> str:
    """How a recorded rung is remembered: each once in a round."""
    return f"{case.round}:{name}"


def derive(case: Case, rules: Rules) -> Deadlines:
    """All due times of a case, from its facts, the rules and the calendar."""
    calendar, terms = calendar_of(rules.region), rules.deadlines
    contact = calendar.count(case.contact_from or case.opened_at, terms.contact)
    rectify = _rectify(case, terms, calendar, contact)
    review = callback = None
    if case.state is CaseState.APPEAL_REVIEW and case.open_stop:
        review = calendar.count(case.open_stop.since, terms.appeal_review)
    if case.state is CaseState.AWAITING_CALLBACK and case.awaiting_since:
        callback = calendar.count(case.awaiting_since, terms.callback or terms.contact)
    running: dict[CaseClock, datetime | None] = {
        CaseClock.CONTACT: contact.due if case.state in BEFORE_VERIFIED else None,
        CaseClock.RECTIFY: rectify.due if case.state in BEFORE_SUBMITTED else None,
        CaseClock.REVIEW: review.due if review else None,
        CaseClock.CALLBACK: callback.due if callback else None,
    }
    due_at = min((due for due in running.values() if due), default=None)
    rungs = _unrecorded(case, sorted(_rungs(case, rules, running), key=lambda rung: rung.at))
    return Deadlines(contact, rectify, review, callback, due_at, tuple(rungs))


def _rectify(case: Case, terms: Terms, calendar: Calendar, contact: Count) -> Count:
    start = case.round_from or case.dispatched_at or case.opened_at
    if terms.rectify_from == "verified" and not case.round_from:
        start = case.verified_at or contact.due or start
    pauses = tuple(_pauses(case, terms.pause_cap_days, calendar))
    count = calendar.count(start, terms.rectify[case.difficulty], pauses)
    if case.extended_in != case.round or count.due is None:
        return count
    return count.then(calendar.count(count.due, terms.extension, pauses))


def pause_days_left(case: Case, terms: Terms, calendar: Calendar) -> int:
    """How many whole days the case may still wait for the citizen."""
    pauses = _pauses(case, terms.pause_cap_days, calendar)
    used = (_days(p.since, p.until, calendar) for p in pauses if p.until and p.why == "paused")
    return terms.pause_cap_days - sum(used)


def _pauses(case: Case, cap: int, calendar: Calendar) -> Iterator[Pause]:
    """When the clock stands still; while waiting for the citizen up to the cap, ended or not."""
    left = cap
    for stop in case.stops:
        if stop.why == "appeal":
            yield Pause(stop.since, stop.until, "appeal under review")
            continue
        capped = calendar.close_of(calendar.next_close(stop.since) + left * DAY)
        until = min(stop.until or capped, capped)
        left -= _days(stop.since, until, calendar)
        yield Pause(stop.since, until, "paused")


def _days(since: datetime, until: datetime, calendar: Calendar) -> int:
    """On how many days offices close between two moments, working or not."""
    return (calendar.next_close(until) - calendar.next_close(since)).days


def _rungs(
    case: Case, rules: Rules, running: Mapping[CaseClock, datetime | None]
) -> Iterator[Rung]:
    """The ladder of the rules; and each clock but rectify tells once when it ends."""
    unheard = Role.DISPATCHER if case.state is CaseState.UNDISPATCHED else Role.APPROVER
    for clock, due in running.items():
        if due and clock is not CaseClock.RECTIFY:
            tells = unheard if clock is CaseClock.CONTACT else Role.SUPERVISOR
            yield Rung(due, clock.value, tells)
    calendar = calendar_of(rules.region)
    for rung in rules.ladder.rungs:
        if ends := running[rung.clock]:
            yield Rung(calendar.shift(ends, rung.working_days), rung.name, rung.tells)


def _unrecorded(case: Case, rungs: list[Rung]) -> Iterator[Rung]:
    return (rung for rung in rungs if rung_key(case, rung.name) not in case.escalations)
