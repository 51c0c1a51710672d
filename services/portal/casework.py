"""What every page about a case works with: the services, the names, and the one view of a case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from services.adapters.clock import Clock
from services.adapters.pages import View, Visitor
from services.adapters.registry import RegistryCache
from services.adapters.rulebook import RulesInForce
from services.adapters.services import ServicesByName
from services.contracts.calendar import calendar_of
from services.errors import HaopingError, NotAllowed
from services.portal.caseforms import Typed, offers
from services.portal.casenames import Choices, Names
from services.portal.remaining import Remaining, remaining

CASES = "/v1/cases"
Row = Mapping[str, Any]


class Casework:
    """Asks about cases with the token of whoever looks."""

    clock: Clock
    rulebook: RulesInForce
    registry: RegistryCache
    services: ServicesByName

    def words(self, visitor: Visitor) -> dict[str, Any]:
        """The names of everything, and what can be chosen."""
        names = Names(self.registry.current, self.rulebook.current)
        return {"names": names, "choices": Choices(names, visitor.actor.scope, self.clock.now())}

    def left(self, row: Row, now: datetime) -> Remaining:
        """How much working time a case has left; of many, at one moment: the clock may be kept in
        the database.
        """
        due = datetime.fromisoformat(row["due_at"]) if row["due_at"] else None
        calendar, paused = calendar_of(self.rulebook.current.region), is_paused(row)
        return remaining(due, now, calendar, paused=paused)

    def case_view(
        self,
        visitor: Visitor,
        id: str,
        *,
        typed: Typed | None = None,
        error: HaopingError | None = None,
        revealed: Mapping[str, Any] | None = None,
        done: str = "",
    ) -> View:
        """The case as it is now, with what somebody has typed, what became of it, or the rater."""
        case = self.services.get("rectify", f"{CASES}/{id}", visitor.token)
        seconds = _seconds(revealed) if revealed else 0
        values = {
            "case": case,
            "left": self.left(case, self.clock.now()),
            "rater": self._rater(visitor, id),
            "offers": offers(case["legal"], typed),
            "typed": typed,
            "error": error,
            "revealed": revealed,
            "seconds": seconds,
            "done": done,
            "reveal_id": str(uuid4()),
            "attach_id": str(uuid4()),
        }
        status = error.status if error else HTTPStatus.OK
        headers = {"Refresh": f"{seconds}; url=/work/cases/{id}"} if seconds else {}
        return View("work/case.html", {**values, **self.words(visitor)}, status, headers)

    def _rater(self, visitor: Visitor, id: str) -> Row | None:
        """The rater, masked; None for whoever was rated, who sees nothing of them."""
        try:
            found: Row = self.services.get("rectify", f"{CASES}/{id}/rater", visitor.token)
        except NotAllowed:
            return None
        return found


def is_paused(row: Row) -> bool:
    """Whether it waits for the citizen: as a list tells it, or as a stop that has no end."""
    stops = (stop for stop in row.get("stops", ()) if stop["until"] is None)
    return bool(row.get("paused")) or any(stop["why"] == "pause" for stop in stops)


def _seconds(revealed: Mapping[str, Any]) -> int:
    left = datetime.fromisoformat(revealed["expires_at"]) - datetime.now(UTC)
    return max(1, int(left.total_seconds()))
