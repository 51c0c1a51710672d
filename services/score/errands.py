"""Errands of a period: who could rate, who did, and what was done in the promised time. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from functools import cache
from typing import Any, Self

from services.contracts.calendar import calendar_of
from services.contracts.rules import Region, Term
from services.contracts.vocabulary import Stage, Turn

TimeToRateEnds = Callable[[date], datetime]


@dataclass(frozen=True)
class Errands:
    """Errands that reached a stage in the period. `due`: their time to rate has ended by cut-off.

    `rated` counts those due with a first rating, each errand once; `promised` the completed ones
    with a promised time, `on_time` those of them that kept it; `served` names their windows.
    """

    reported: int = 0
    due: int = 0
    rated: int = 0
    promised: int = 0
    on_time: int = 0
    served: frozenset[str] = frozenset()

    def __add__(self, other: Errands) -> Errands:
        return Errands(
            self.reported + other.reported,
            self.due + other.due,
            self.rated + other.rated,
            self.promised + other.promised,
            self.on_time + other.on_time,
            self.served | other.served,
        )

    def plain(self) -> dict[str, Any]:
        """What a snapshot keeps."""
        return {**asdict(self), "served": sorted(self.served)}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """What a snapshot kept."""
        return cls(**{**plain, "served": frozenset(plain["served"])})


def rating_ends(region: Region, term: Term) -> TimeToRateEnds:
    """When the time to rate an errand ends, by the day on which it reached its stage."""
    calendar = calendar_of(region)

    @cache
    def ends(day: date) -> datetime:
        counted = calendar.count(datetime.combine(day, time(), region.zone), term)
        return calendar.close_of(counted.days[-1].day)

    return ends


def first_rating_key(errand: Mapping[str, Any]) -> str:
    """The `_id` under which the first rating of an errand stands."""
    return f"{errand['_id']}:{int(Turn.FIRST)}"


def count_errand(
    errand: Mapping[str, Any], rated: Collection[str], ends: TimeToRateEnds, cut_off: datetime
) -> Errands:
    """One errand as it counts; `rated` holds the keys of the first ratings that there are."""
    due = ends(date.fromisoformat(errand["day"])) <= cut_off
    promised = errand["promised_by"] is not None and errand["stage"] == Stage.COMPLETED
    return Errands(
        reported=1,
        due=int(due),
        rated=int(due and first_rating_key(errand) in rated),
        promised=int(promised),
        on_time=int(promised and errand["reached_at"] <= errand["promised_by"]),
        served=frozenset(filter(None, [errand["window"]])),
    )


def count_errands(
    errands: Iterable[Mapping[str, Any]],
    rated: Collection[str],
    ends: TimeToRateEnds,
    cut_off: datetime,
) -> dict[str, Errands]:
    """Errands counted by unit."""
    counted: dict[str, Errands] = {}
    for errand in errands:
        one = count_errand(errand, rated, ends, cut_off)
        counted[errand["unit"]] = counted.get(errand["unit"], Errands()) + one
    return counted
