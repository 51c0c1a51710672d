"""A store with its work list and a bus that waits: what tests of the work list begin with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from services.adapters.bus import Letter, Outgoing
from services.adapters.bus.deliveries import unpack
from services.adapters.mongo import Db
from services.adapters.outcome import Done
from services.adapters.registry import ADMINISTRATOR
from services.contracts.actor import Actor, Role
from services.contracts.directory import Directory, Window
from services.contracts.events import RatingSubmitted
from services.contracts.message import Message
from services.errors import Unavailable
from services.store.batch import Storing
from services.store.intake import Intake
from services.store.quarantine import Quarantine, Row
from services.store.worklist import WorkList, concluded
from tests.county import DIRECTORY, NOON, RULES

AN, WANG = Actor("an", frozenset({Role.ADMINISTRATOR})), Actor("wang", frozenset({Role.SUPERVISOR}))
INSTALLATION = Actor(ADMINISTRATOR, frozenset({Role.ADMINISTRATOR}))
W9 = Window(id="w9", name="9号窗口", hall="大厅", unit="land")
GROWN = Directory(units=DIRECTORY.units, windows=(*DIRECTORY.windows, W9))


@dataclass
class Store:
    """A store and its bus; what is published waits until `deliver`."""

    db: Db
    directory: Directory = DIRECTORY
    sent: list[Outgoing] = field(default_factory=list)
    broken: bool = False

    @property
    def rows(self) -> Quarantine:
        """The rows."""
        return Quarantine(self.db)

    @property
    def list(self) -> WorkList:
        """The work list."""
        return WorkList(self.rows, lambda sealed: {"text": sealed.decode()}, self.publish, NOON)

    def publish(self, *messages: Outgoing) -> None:
        """Take messages, or fail."""
        if self.broken:
            raise Unavailable
        self.sent += messages

    def store(self, *presses: RatingSubmitted) -> None:
        """Store presses the way the service does."""
        intake = Intake(self.directory, RULES, NOON, {})
        Storing.on(self.db, intake, sealed).store(presses)

    def deliver(self) -> Sequence[Message]:
        """Let the bus bring what was published to the store."""
        letters = [Letter(1, each.body, {}, each.routing_key, each.id) for each in self.sent]
        found = [delivery for letter in letters for delivery in unpack(letter).deliveries]
        self.sent.clear()
        self.store(*(d.message for d in found if isinstance(d.message, RatingSubmitted)))
        others = [each for each in found if not isinstance(each.message, RatingSubmitted)]
        self.rows.close(concluded(others, [Done()] * len(others)), NOON)
        return [delivery.message for delivery in found]

    def row(self, key: str) -> dict[str, Any]:
        """A row."""
        return self.rows.get(key) or {}


def sealed(each: RatingSubmitted) -> bytes:
    """The payload, sealed by nothing."""
    return each.model_dump_json().encode()


def dead(kind: str, text: str, key: str = "dead") -> Row:
    """A dead letter of some kind."""
    return Row(key, "gave_up", "too late", text.encode(), "r", kind)


def did(row: dict[str, Any]) -> list[str]:
    """What was done about a row, in order."""
    return [step["did"] for step in row.get("history", ())]
