"""The life of a period: open → closed (snapshot) → published → closed again as a revision. Pure.

Nothing is overwritten: what was published stays as its revision; a later closing makes the next
one and must say why (late presses, an upheld appeal).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.contracts.period import Period
from services.errors import Conflict, Invalid, NotFound


class NotOver(Conflict):
    """The period is not over; close it after its last day."""


class NotClear(Conflict):
    """Something is still open; clear it, or accept it by name in 'accept'."""


class NotClosed(Conflict):
    """Only a closed period can be published; close it first."""


class NotPublished(Conflict):
    """Only a published period can be revised; close and publish it first."""


class NoSuchRevision(NotFound):
    """There is no such revision of this period."""


class NeedsCause(Invalid):
    """This period was published; say in 'cause' why its figures change."""


class MonthState(StrEnum):
    """Open is live; closed has a snapshot; published has immutable scores."""

    OPEN = "open"
    CLOSED = "closed"
    PUBLISHED = "published"


class Value(BaseModel):
    """A part of a month."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Check(Value):
    """Something that must be clear before closing, how much of it was found, and what to do."""

    name: str
    found: int
    do: str
    named: tuple[str, ...] = ()

    @property
    def clear(self) -> bool:
        """Nothing was found."""
        return not self.found


CHECKS = {
    "in_flight": "messages are on the bus, or it does not answer; wait, then close again",
    "touched": "tallies are behind the ratings; wait some seconds and close again",
    "outboxes": "events wait for the bus; see that the broker runs, then close again",
    "quarantine": "messages were refused; mend, close or discard them, or accept that they are out",
    "undecided": "cases are neither done nor overdue; wait for them, or accept them as pending",
    "silent_devices": "devices may keep presses of the period; connect them, or accept the loss",
    "imports": "figures that an index needs were not imported; import them, or accept the lack",
    "tallies": "buckets differ from the ratings and changed while being repaired; close again",
}
MOST_NAMED = 20
Found = int | Sequence[str]


def checks_of(found: Mapping[str, Found]) -> tuple[Check, ...]:
    """The checks with what was found for each: how much, or which."""
    return tuple(_check(name, do, found.get(name, 0)) for name, do in CHECKS.items())


def _check(name: str, do: str, found: Found) -> Check:
    if isinstance(found, int):
        return Check(name=name, found=found, do=do)
    return Check(name=name, found=len(found), do=do, named=tuple(found[:MOST_NAMED]))


class Published(Value):
    """A revision that was published, from which snapshot, when, by whom and why."""

    revision: int
    snapshot: str
    at: AwareDatetime
    by: str
    cause: str | None


class Month(Value):
    """A period and what was decided about it; `version` guards every change.

    Of its `buckets`, `recounted` had changed since a check last confirmed them.
    """

    period: str
    state: MonthState = MonthState.OPEN
    revision: int = 0
    version: int = 0
    snapshot: str | None = None
    cut_off: AwareDatetime | None = None
    closed_by: str | None = None
    accepted: tuple[str, ...] = ()
    cause: str | None = None
    checks: tuple[Check, ...] = ()
    buckets: int = 0
    recounted: int = 0
    published: tuple[Published, ...] = ()

    @property
    def in_force(self) -> str | None:
        """The snapshot to read: that of the last publication, else of the closing, else none."""
        return self.published[-1].snapshot if self.published else self.snapshot

    @property
    def next_revision(self) -> int:
        """The revision that closing now prepares; closing again before publishing keeps it."""
        return len(self.published) + 1

    def as_of(self, revision: str) -> Self:
        """The month as it was while this revision was in force. Raises NoSuchRevision."""
        there_are = [str(each.revision) for each in self.published]
        if revision not in there_are:
            those = ", ".join(there_are) or "none"
            raise NoSuchRevision(f"{self.period} has no revision '{revision}'; there are {those}")
        return self.model_copy(update={"published": self.published[: int(revision)]})

    def closed(
        self,
        snapshot: str,
        cut_off: datetime,
        by: str,
        checks: Sequence[Check],
        accept: Collection[str],
        cause: str | None,
        buckets: tuple[int, int] = (0, 0),
    ) -> Self:
        """The month as closed. Raises NotClear or NeedsCause."""
        if open_ones := [each for each in checks if not each.clear and each.name not in accept]:
            raise NotClear(checks=[each.model_dump() for each in open_ones])
        if self.published and not cause:
            raise NeedsCause
        return self._moved(
            state=MonthState.CLOSED,
            revision=self.next_revision,
            snapshot=snapshot,
            cut_off=cut_off,
            closed_by=by,
            checks=tuple(checks),
            accepted=tuple(each.name for each in checks if not each.clear),
            cause=cause,
            buckets=buckets[0],
            recounted=buckets[1],
        )

    def publish(self, at: datetime, by: str) -> Self:
        """The month as published. Raises NotClosed."""
        if self.state is not MonthState.CLOSED or self.snapshot is None:
            raise NotClosed
        new = Published(
            revision=self.revision, snapshot=self.snapshot, at=at, by=by, cause=self.cause
        )
        return self._moved(state=MonthState.PUBLISHED, published=(*self.published, new))

    def _moved(self, **changes: Any) -> Self:
        return self.model_copy(update={**changes, "version": self.version + 1})


def must_be_over(period: Period, at: datetime, ends: datetime) -> None:
    """Raise NotOver before the first moment after the period."""
    if at < ends:
        raise NotOver(f"{period.key} is not over before {ends.isoformat()}")
