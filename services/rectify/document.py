"""A case as the document that is kept, with the due times and keys that queries need. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import Enum
from itertools import combinations
from typing import Any

from services.contracts import outbox
from services.contracts.ledger import GENESIS, SEAL, link
from services.contracts.rules import Rules
from services.contracts.vocabulary import CaseState
from services.errors import Conflict
from services.rectify.deadlines import basis, derive
from services.rectify.decision import Entry, Step
from services.rectify.facts import Case, Command

Document = dict[str, Any]
RUNNING, PAUSED, CLOSED = "1|", "2|", "3|"
"""How the `order` of a case begins."""
SLOTS = 128


@dataclass(frozen=True)
class Kept:
    """A case as it was read: the seal its history goes on from, and the commands it has seen."""

    case: Case
    seal: str
    commands: tuple[Mapping[str, Any], ...]

    def has_made(self, command: Command) -> bool:
        """Whether the command was carried out before. Raises Conflict if its id meant another."""
        before = next((each for each in self.commands if each["id"] == command.command_id), None)
        if before and before["move"] != command.move:
            raise Conflict("This command_id was used for another move; choose a new one")
        return before is not None


def kept(document: Mapping[str, Any]) -> Kept:
    """Read back what `fields` and `sealed` wrote."""
    case = Case.model_validate({**document, "id": document["_id"]})
    return Kept(case, document["seal"], tuple(document.get("commands", ())))


def fields(case: Case, rules: Rules) -> Document:
    """Everything about the case except its history: what each write sets."""
    deadlines = derive(case, rules)
    derived = {
        "rating_month": case.rating_day[:7],
        "seen_from": case.seen_from,
        "rung": len(case.escalations),
        "contact_due_at": deadlines.contact.due,
        "rectify_due_at": case.due_when_submitted or deadlines.rectify.due,
        "callback_due_at": callback_due(case, deadlines.contact.due),
        "due_at": deadlines.due_at,
        "next_due_at": deadlines.next_due_at,
        "order": order(case, deadlines.due_at),
        "slot": slot(case.id),
        "facets": facets(case),
        "erasable_from": case.erasable_from,
        "rules": rules.label,
        "basis": None if case.state is CaseState.CLOSED else basis(rules),
    }
    return {
        name: _plain(value) for name, value in (case.model_dump(exclude={"id"}) | derived).items()
    }


def opening(step: Step, key: bytes, rules: Rules) -> Document:
    """The whole document of a new case."""
    entries, seal = sealed(key, GENESIS, step.entries)
    lists = {"history": entries, "commands": [], "outbox": outgoing(step)}
    ends = {"seal": seal, "head": head(key, step.case, seal)}
    return {"_id": step.case.id, **fields(step.case, rules), **lists, **ends}


def order(case: Case, due_at: datetime | None) -> str:
    """The key by which lists are sorted: what is due first, paused cases after it, closed last."""
    if due_at is None:
        return f"{CLOSED}{case.id}"
    return f"{PAUSED if case.paused else RUNNING}{moment(due_at)}|{case.id}"


def facets(case: Case) -> list[str]:
    """What lists ask for, each under one name: of all cases, and of those that a unit sees."""
    named = {"unit": case.unit, "item": case.item, "assignee": case.assignee}
    always = [f"state={case.state.value}"]
    always += [f"channel={case.channel.value}"] if case.channel else []
    tags = [f"tag={tag}" for tag in case.tags]
    return [
        *(f"{name}={value}" for name, value in named.items() if value),
        *always,
        *tags,
        *dict.fromkeys(pair for tag in (tags or [""]) for pair in pairs([*always, tag])),
        *(f"{unit}/{facet}" for unit in case.seen_from for facet in ("", *always, *tags)),
    ]


def pairs(broad: Iterable[str]) -> Iterator[str]:
    """State, channel and tag leave many cases each; two of them together leave few."""
    return (f"{one}&{other}" for one, other in combinations(filter(None, broad), 2))


def slot(id: str) -> int:
    """One of so many equal parts of all cases: a sample that shows where the others lie."""
    return zlib.crc32(id.encode()) % SLOTS


def moment(at: datetime) -> str:
    """A time as `order` holds it, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def sealed(key: bytes, previous: str, entries: Sequence[Entry]) -> tuple[list[Document], str]:
    """The entries as kept, each sealed onto the one before it, and the last seal."""
    documents: list[Document] = []
    for entry in entries:
        document = {name: _plain(value) for name, value in asdict(entry).items()}
        previous = link(key, previous, document)
        documents.append({**document, SEAL: previous})
    return documents, previous


def head(key: bytes, case: Case, seal: str) -> str:
    """Seals where the history ends, so that one whose last lines were cut off is told."""
    return link(key, seal, {"case": case.id, "version": case.version})


def outgoing(step: Step) -> list[Document]:
    """The events and commands that must follow the write."""
    return [
        outbox.entry(step.case.id, version, ordinal, message)
        for ordinal, (version, message) in enumerate(step.messages)
    ]


def callback_due(case: Case, contact_due: datetime | None) -> datetime | None:
    """From when a call-back counts as due: the contact deadline or the first submit."""
    moments = (contact_due, case.awaited_first)
    return min((moment for moment in moments if moment), default=None)


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, tuple | list) else value
