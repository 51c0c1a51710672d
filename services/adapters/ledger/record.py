"""What one request comes to in the audit; its handler adds what it was about and what changed."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from services.adapters.clock import to_millisecond
from services.adapters.mongo import Document
from services.contracts.actor import MAY, Action, Actor
from services.contracts.audit import Change, Outcome, changes, hashed

NOBODY = Actor("anonymous", frozenset())
SECRET_PARTS = frozenset({"token", "code"})
"""Parts of addresses that open something for whoever knows them: never written."""
CHANGES_IN_ONE = 500
UNNAMED = "somebody unknown"
Values = Mapping[str, Any] | BaseModel


@dataclass
class Record:
    """A request as the audit will tell of it. `wanted`: it is written even when all went well."""

    key: bytes = field(default=b"", repr=False)
    action: Action | None = None
    route: str = ""
    address: str = ""
    trace: str = field(default_factory=lambda: secrets.token_hex(16))
    wanted: bool = False
    actor: Actor = NOBODY
    kind: str | None = None
    object: str | None = None
    unit: str | None = None
    citizen: bool = False
    found: list[Change] = field(default_factory=list)

    def about(self, kind: str, id: str, unit: str | None = None) -> Record:
        """Say what it is about, and the unit whose supervisors may read of it."""
        self.kind, self.object, self.unit = kind, id, unit
        return self

    def sign_in(self, who: str, known: Actor | None, how: str, outcome: str, proven: bool) -> None:
        """Say who tried to sign in or out, by what, and what came of it; it is kept in any case.

        `known`: the person, if the registry has them; they did it themselves if that is `proven`.
        What else was typed may be a password in the wrong field: of that a hash is kept.
        """
        self.wanted, self.actor = True, known if known and proven else self.actor
        named = who if known else self.hidden(who) if who else UNNAMED
        self.about("sign-in", named, known.unit if known else None)
        self.changed({}, {"how": how, "outcome": outcome})

    @property
    def subject(self) -> str:
        """What tells denials of one address apart: whom it tried to be, and nothing else."""
        return self.object or "" if self.kind == "sign-in" else ""

    def hidden(self, value: str) -> str:
        """What is personal, as only its equals can be told."""
        return hashed(self.key, value)

    def about_parts(self, parts: Mapping[str, str]) -> None:
        """Until a handler says better: what the path names last, secrets only as hashes.

        Whoever holds a receipt or a link is a citizen, who may fear to be found: from where they
        asked is a hash too.
        """
        for name, value in list(parts.items())[-1:]:
            self.object = hashed(self.key, value) if name in SECRET_PARTS else value
        if SECRET_PARTS & parts.keys():
            self.citizen = True

    def changed(self, before: Values, after: Values, personal: Sequence[str] = ()) -> None:
        """Say what had which value before and after; `personal`: patterns of fields to hash."""
        self.found += changes(_plain(before), _plain(after), self.key, personal)

    def entries(self, status: int, error: str | None) -> list[Document]:
        """The entry; several when very much was changed at once."""
        first = {
            "at": to_millisecond(datetime.now(UTC)),
            "actor": self.actor.id,
            "roles": self._roles(),
            "action": self.action.value if self.action else "public",
            "route": self.route,
            "outcome": Outcome.of(status).value,
            "status": status,
            "error": error,
            "kind": self.kind,
            "object": self.object,
            "unit": self.unit,
            "units": sorted({unit for unit in (self.unit, self.actor.unit) if unit}),
            "address": hashed(self.key, self.address) if self.citizen else self.address,
            "trace": self.trace,
        }
        known = {name: value for name, value in first.items() if value is not None}
        pieces = [
            self.found[start : start + CHANGES_IN_ONE]
            for start in range(0, len(self.found), CHANGES_IN_ONE)
        ]
        return [
            {"id": uuid.uuid4().hex, **known, "changes": [each.model_dump() for each in piece]}
            for piece in pieces or [[]]
        ]

    def _roles(self) -> list[str]:
        used = self.actor.roles & MAY[self.action] if self.action else frozenset()
        return sorted(role.value for role in used or self.actor.roles)


def _plain(values: Values) -> Mapping[str, Any]:
    """As JSON would have it, which comes back from the database as it was sealed."""
    plain: Mapping[str, Any] = to_jsonable_python(values)
    return plain
