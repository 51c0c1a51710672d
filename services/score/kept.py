"""A bucket as it is kept, and what a recount of buckets starts from. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from services.contracts.vocabulary import Standing, Turn
from services.score.tally import Bucket

Place = tuple[str, str]
Document = Mapping[str, Any]


@dataclass(frozen=True)
class Stale:
    """What a recount starts from: touched documents, and the version each bucket had then."""

    touched: Mapping[str, frozenset[Place]]
    versions: Mapping[Place, int]


@dataclass(frozen=True)
class Kept:
    """A bucket as it is kept; `checked` is the version that a check has confirmed.

    With it stand the keys of the bad and of the invalid first ratings, when it was checked last.
    """

    day: str
    unit: str
    version: int
    checked: int
    text: str
    bad: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()
    told_of: frozenset[int] = frozenset()

    @classmethod
    def of(cls, document: Document) -> Kept:
        """Read a document of `tallies`."""
        named = {name: document[name] for name in ("day", "unit", "version")}
        return cls(
            **named,
            checked=document.get("checked", 0),
            text=document["cubes"],
            bad=tuple(document.get("bad", ())),
            invalid=tuple(document.get("invalid", ())),
            told_of=frozenset(document.get("told_of", ())),
        )

    def tells(self, bad: frozenset[int]) -> bool:
        """Whether its keys are those of these bad levels, and of this version."""
        return self.checked == self.version and (not self.is_telling(bad) or self.told_of == bad)

    def is_telling(self, bad: frozenset[int]) -> bool:
        """Whether it holds any bad or invalid first rating."""
        return any(
            cell.turn is Turn.FIRST and (cell.standing is Standing.INVALID or cell.level in bad)
            for cell in self.bucket.cells
        )

    @cached_property
    def bucket(self) -> Bucket:
        """Its cubes."""
        return Bucket.unpacked(self.day, self.unit, self.text)
