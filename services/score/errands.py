"""Errands of a period: who could rate, who did, and what was done in the promised time. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import reduce
from operator import add
from typing import Any, Self

from services.contracts.keys import linked_key
from services.contracts.time_to_rate import TimeToRateEnds
from services.contracts.vocabulary import Stage, Turn


@dataclass(frozen=True)
class Served:
    """Errands of one unit that reached a stage on one day; `windows` are where.

    `rated` have a first rating; `promised` were completed with a promised time, `on_time` kept it.
    """

    reported: int = 0
    rated: int = 0
    promised: int = 0
    on_time: int = 0
    windows: frozenset[str] = frozenset()

    def __add__(self, other: Served) -> Served:
        return Served(
            self.reported + other.reported,
            self.rated + other.rated,
            self.promised + other.promised,
            self.on_time + other.on_time,
            self.windows | other.windows,
        )

    def plain(self) -> dict[str, Any]:
        """What a document keeps."""
        return {**vars(self), "windows": sorted(self.windows)}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """What a document kept."""
        return cls(**{**plain, "windows": frozenset(plain.get("windows", ()))})


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


def first_rating_key(errand: Mapping[str, Any]) -> str:
    """The `_id` under which the first rating of an errand stands, if that names the errand."""
    return linked_key(errand["_id"], Turn.FIRST)


def rating_keys(errands: Iterable[Mapping[str, Any]]) -> set[str]:
    """Under what the ratings of these errands may stand: their own names, or what they point at."""
    found = {first_rating_key(errand) for errand in errands}
    return found | {errand["rated_as"] for errand in errands if errand.get("rated_as")}


def rated_errands(
    errands: Iterable[Mapping[str, Any]], ratings: Mapping[str, Mapping[str, Any]]
) -> set[str]:
    """The errands that were rated, each once; `ratings` are those found under `rating_keys`."""
    joined = {(each.get("errand") or {}).get("key") for each in ratings.values()}
    return {
        errand["_id"]
        for errand in errands
        if first_rating_key(errand) in ratings
        or (errand.get("rated_as") in ratings and errand["_id"] in joined)
    }


def served(errands: Iterable[Mapping[str, Any]], rated: Collection[str]) -> Served:
    """Errands of one unit and day; `rated` holds the keys of those that were rated."""
    return reduce(add, (_served(errand, rated) for errand in errands), Served())


def _served(errand: Mapping[str, Any], rated: Collection[str]) -> Served:
    promised = errand["promised_by"] is not None and errand["stage"] == Stage.COMPLETED
    return Served(
        reported=1,
        rated=int(errand["_id"] in rated),
        promised=int(promised),
        on_time=int(promised and errand["reached_at"] <= errand["promised_by"]),
        windows=frozenset(filter(None, [errand["window"]])),
    )


def at_cut_off(served: Served, day: date, ends: TimeToRateEnds, cut_off: datetime) -> Errands:
    """The errands of a day as they count at `cut_off`: due once their time to rate has ended."""
    due = ends(day) <= cut_off
    return Errands(
        reported=served.reported,
        due=served.reported if due else 0,
        rated=served.rated if due else 0,
        promised=served.promised,
        on_time=served.on_time,
        served=served.windows,
    )
