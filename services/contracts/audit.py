"""The audit: who did what to what, from where, and what came of it. Pure.

Each service writes a chain of its own, so that none waits for another. An entry is sealed onto the
one before it under a key that is kept outside the database. What is personal (names, addresses of
mail, hashes of tokens) enters only as a keyed hash: equal values can be told, and erasure does not
break a chain. The network address of whoever asked is kept as it is (网络安全法 第二十一条:
six months at least).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.contracts.ledger import SEAL, link

LEDGER = "audit"
Part = Literal["capture", "store", "rectify", "score", "registry", "portal"]
PARTS: tuple[Part, ...] = get_args(Part)
"""The services that write; each has a part of the ledger."""
DIGITS = 12
DENIED = frozenset({401, 403, 429})
Document = dict[str, Any]
Plain = Mapping[str, Any]


class Outcome(StrEnum):
    """What came of it: done; refused as it was put; denied to whoever asked; failed here."""

    DONE = "done"
    REFUSED = "refused"
    DENIED = "denied"
    FAILED = "failed"

    @staticmethod
    def of(status: int) -> Outcome:
        """By the status of the answer."""
        if status < 400:
            return Outcome.DONE
        if status in DENIED:
            return Outcome.DENIED
        return Outcome.FAILED if status >= 500 else Outcome.REFUSED


class Change(BaseModel):
    """A field with the value it had and the one it has; None where there was or is none."""

    model_config = ConfigDict(frozen=True)
    field: str
    old: Any = None
    new: Any = None


class Entry(BaseModel):
    """An entry as it is read. `at` is wall time; `business_at` only where the clock was moved.

    `count`: how many of the same followed within the minute and were not written one by one.
    `trace` is the same for all that one request of a person came to.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    service: str
    number: int
    at: AwareDatetime
    business_at: AwareDatetime | None = None
    actor: str
    roles: tuple[str, ...] = ()
    action: str
    route: str
    outcome: Outcome
    status: int
    error: str | None = None
    kind: str | None = None
    object: str | None = None
    unit: str | None = None
    changes: tuple[Change, ...] = ()
    count: int = 1
    address: str
    trace: str


def hashed(key: bytes, value: Any) -> str:
    """A value as only its equals can be told; None stays None."""
    digest = hmac.new(key, b"audit\n" + repr(value).encode(), hashlib.sha256)
    return f"hmac-sha256:{digest.hexdigest()[:32]}"


def changes(before: Plain, after: Plain, key: bytes, personal: Sequence[str]) -> list[Change]:
    """What differs, field by field; `personal` are patterns of fields of which hashes are kept.

    What was added or taken away as a whole is one change.
    """
    return [
        Change(
            field=field,
            old=_kept(key, field, old, personal),
            new=_kept(key, field, new, personal),
        )
        for field, old, new in _differences("", before, after)
    ]


def _differences(path: str, before: Plain, after: Plain) -> Iterator[tuple[str, Any, Any]]:
    for name in sorted(before.keys() | after.keys()):
        field, old, new = f"{path}{name}", before.get(name), after.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _differences(f"{field}/", old, new)
        elif old != new:
            yield field, old, new


def _kept(key: bytes, field: str, value: Any, personal: Sequence[str]) -> Any:
    if isinstance(value, Mapping):
        return {name: _kept(key, f"{field}/{name}", each, personal) for name, each in value.items()}
    hidden = value is not None and any(fnmatchcase(field, pattern) for pattern in personal)
    return hashed(key, value) if hidden else value


def name_of(part: str, number: int) -> str:
    """Under which name an entry is kept; entries of a part sort by their numbers."""
    return f"{part}:{number:0{DIGITS}}"


def numbered(
    key: bytes, part: str, number: int, seal: str, entries: Sequence[Plain]
) -> list[Document]:
    """Entries as they are kept after the one with this number and seal."""
    documents: list[Document] = []
    for entry in entries:
        number += 1
        said = {**entry, "service": part, "number": number}
        seal = link(key, seal, said)
        documents.append({"_id": name_of(part, number), **said, SEAL: seal})
    return documents


def end(key: bytes, part: str, number: int, seal: str) -> Document:
    """Says where a part ends, so that one whose last entries were cut off is told."""
    said = {"part": part, "number": number, SEAL: seal}
    return {"_id": part, **said, "end": link(key, seal, said)}


def is_end(key: bytes, kept: Plain) -> bool:
    """Whether what says where a part ends was made with this key."""
    made = end(key, str(kept.get("part")), int(kept.get("number", 0)), str(kept.get(SEAL)))
    return made == kept


def moment_fault(entry: Plain) -> str | None:
    """What is wrong with the times of an entry: text in their place escapes every search."""
    times = (entry.get("at"), entry.get("business_at", entry.get("at")))
    return None if all(isinstance(at, datetime) for at in times) else "was changed"
