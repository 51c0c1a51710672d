"""Anchors: where the chains of a ledger ended on a day, so that a cut at the end is told. Pure.

A chain that was put back as it once was, out of a backup say, is whole in itself. An anchor says
where chains ended when it was made. The anchors of a part of the ledger are a chain of their own,
and each day ends with a summary of them under a keyed seal, which can be kept elsewhere.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict

from services.contracts.ledger import GENESIS, SEAL, first_broken, link

Anchor = Mapping[str, Any]


class Head(BaseModel):
    """Where a chain ended on a day: after so many lines, with that seal."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    id: str
    version: int
    seal: str
    day: date | None = None


class Top(BaseModel):
    """The last anchor of a part when a day was summed up."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    part: str
    number: int
    seal: str


class Summary(BaseModel):
    """The last anchor of each part of a ledger on a day, under a keyed seal."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    ledger: str
    day: date
    tops: tuple[Top, ...]
    seal: str

    def is_genuine(self, key: bytes) -> bool:
        """Whether it was made with this key."""
        return hmac.compare_digest(summary(key, self.ledger, self.day, self.tops).seal, self.seal)


def anchor(
    key: bytes, before: Sequence[Anchor], heads: Iterable[Head], day: date
) -> dict[str, Any]:
    """The next anchor of a part, sealed onto those before it."""
    ends = [head.model_dump(exclude={"day"}) for head in heads]
    said = {"number": len(before) + 1, "day": day.isoformat(), "heads": ends}
    return {**said, SEAL: link(key, before[-1][SEAL] if before else GENESIS, said)}


def summary(key: bytes, ledger: str, day: date, tops: Iterable[Top]) -> Summary:
    """What a day ends with."""
    known = {"ledger": ledger, "day": day.isoformat(), "tops": [top.model_dump() for top in tops]}
    return Summary.model_validate({**known, "seal": link(key, GENESIS, known)})


def fault_of(key: bytes, anchors: Sequence[Anchor], tops: Iterable[Top]) -> str | None:
    """What is wrong with the anchors of a part, which once had these tops; None: nothing."""
    numbers = [each["number"] for each in anchors]
    if first_broken(key, anchors) is not None or numbers != list(range(1, len(anchors) + 1)):
        return "the anchors were edited, or one was cut out"
    for top in tops:
        if top.number > len(anchors):
            return f"{len(anchors)} anchors are kept of {top.number}: the last were cut off"
        if anchors[top.number - 1][SEAL] != top.seal:
            return f"anchor {top.number} is not the one that was summed up"
    return None


def latest(anchors: Iterable[Anchor]) -> dict[str, Head]:
    """The last anchored head of each chain."""
    return {
        head["id"]: Head.model_validate({**head, "day": each["day"]})
        for each in anchors
        for head in each["heads"]
    }
