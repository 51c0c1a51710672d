"""Giving many cases to one officer at once: each case has a result of its own."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.contracts.actor import Actor
from services.errors import Refused
from services.rectify import desk
from services.rectify.decision import Office
from services.rectify.facts import Command, Move, Name
from services.rectify.repository import Cases

MOST = 200


class Seen(BaseModel):
    """A case, and its version as the asker saw it in the list."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: Name
    expected_version: int


class Assignment(BaseModel):
    """Cases for one officer. Sent again with the same `command_id`, it changes nothing more."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    command_id: Name
    assignee: Name
    cases: Annotated[tuple[Seen, ...], Field(min_length=1, max_length=MOST)]

    def command(self, seen: Seen) -> Command:
        """The move of one of the cases."""
        return Command(
            command_id=self.command_id,
            move=Move.ASSIGN,
            expected_version=seen.expected_version,
            assignee=self.assignee,
        )


class Assigned(BaseModel):
    """What became of one case; a refusal is what the single move would have been answered."""

    id: str
    status: Literal["assigned", "refused"]
    version: int | None = None
    problem: str | None = None
    code: int | None = None
    detail: str | None = None


class AllAssigned(BaseModel):
    """A result for each case, in the order of the request."""

    assigned: int
    refused: int
    results: list[Assigned]


def assign_all(cases: Cases, office: Office, actor: Actor, order: Assignment) -> AllAssigned:
    """Give each case to the assignee; one that is refused holds up no other."""
    results = [_assign(cases, office, actor, seen, order.command(seen)) for seen in order.cases]
    assigned = sum(result.status == "assigned" for result in results)
    return AllAssigned(assigned=assigned, refused=len(results) - assigned, results=results)


def _assign(cases: Cases, office: Office, actor: Actor, seen: Seen, command: Command) -> Assigned:
    try:
        after = desk.make_move(cases, office, actor, seen.id, command)
    except Refused as error:
        wrong = "; ".join(each["detail"] for each in error.extra.get("errors", ()))
        return Assigned(
            id=seen.id,
            status="refused",
            problem=type(error).__name__,
            code=error.status,
            detail=wrong or error.message,
        )
    return Assigned(id=seen.id, status="assigned", version=after.case.version)
