"""Who acts, and what each role may do: the one table that every command is checked against."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from services.errors import NotAllowed


class Role(StrEnum):
    """The roles of the field; a person may hold several."""

    DEVICE = "device"
    SYSTEM = "system"
    DISPATCHER = "dispatcher"
    OFFICER = "officer"
    APPROVER = "approver"
    AUDITOR = "auditor"
    CALLER = "caller"
    SUPERVISOR = "supervisor"
    SCORER = "scorer"
    ADMINISTRATOR = "administrator"
    CLERK = "clerk"


class Action(StrEnum):
    """Everything that can be asked of the API."""

    SUBMIT_RATING = "submit_rating"
    REPORT_ERRAND = "report_errand"
    ISSUE_LINK = "issue_link"
    READ_QUARANTINE = "read_quarantine"
    MEND_QUARANTINE = "mend_quarantine"
    READ_CASES = "read_cases"
    MOVE_CASE = "move_case"
    OPEN_CASE = "open_case"
    ASSIGN_CASES = "assign_cases"
    REVEAL_RATER = "reveal_rater"
    READ_SCORES = "read_scores"
    CLOSE_MONTH = "close_month"
    READ_REGISTRY = "read_registry"
    CHANGE_REGISTRY = "change_registry"
    MANAGE_DEVICES = "manage_devices"
    BE_A_DEVICE = "be_a_device"
    MOVE_CLOCK = "move_clock"
    READ_OWN_WINDOW = "read_own_window"
    STATE_FOR_WINDOW = "state_for_window"
    READ_AUDIT = "read_audit"
    MANAGE_KEYS = "manage_keys"
    READ_GRANTS = "read_grants"
    ERASE_RATER = "erase_rater"


_CASE_WORKERS = frozenset(
    {Role.DISPATCHER, Role.OFFICER, Role.APPROVER, Role.AUDITOR, Role.CALLER, Role.SUPERVISOR}
)
MAY: dict[Action, frozenset[Role]] = {
    Action.SUBMIT_RATING: frozenset({Role.DEVICE, Role.SYSTEM}),
    Action.REPORT_ERRAND: frozenset({Role.SYSTEM}),
    Action.ISSUE_LINK: frozenset({Role.SYSTEM, Role.ADMINISTRATOR}),
    Action.READ_QUARANTINE: frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR}),
    Action.MEND_QUARANTINE: frozenset({Role.ADMINISTRATOR}),
    Action.READ_CASES: _CASE_WORKERS,
    Action.MOVE_CASE: _CASE_WORKERS,
    Action.OPEN_CASE: frozenset({Role.DISPATCHER, Role.CALLER, Role.SUPERVISOR}),
    Action.ASSIGN_CASES: frozenset({Role.DISPATCHER, Role.APPROVER, Role.SUPERVISOR}),
    Action.REVEAL_RATER: frozenset({Role.OFFICER, Role.CALLER, Role.AUDITOR, Role.SUPERVISOR}),
    Action.READ_SCORES: frozenset({Role.SCORER, Role.SUPERVISOR, Role.ADMINISTRATOR}),
    Action.CLOSE_MONTH: frozenset({Role.SCORER}),
    Action.READ_REGISTRY: frozenset({Role.ADMINISTRATOR, Role.DISPATCHER, Role.SCORER}),
    Action.CHANGE_REGISTRY: frozenset({Role.ADMINISTRATOR}),
    Action.MANAGE_DEVICES: frozenset({Role.ADMINISTRATOR}),
    Action.BE_A_DEVICE: frozenset({Role.DEVICE}),
    Action.MOVE_CLOCK: frozenset({Role.ADMINISTRATOR}),
    Action.READ_OWN_WINDOW: frozenset({Role.CLERK}),
    Action.STATE_FOR_WINDOW: frozenset({Role.CLERK}),
    Action.READ_AUDIT: frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),
    Action.MANAGE_KEYS: frozenset({Role.ADMINISTRATOR}),
    Action.READ_GRANTS: frozenset({Role.SUPERVISOR}),
    Action.ERASE_RATER: frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),
}


@dataclass(frozen=True)
class Actor:
    """A person, device or system: who it is, its roles, and the unit whose subtree it sees.

    `epoch`: the newest one that was issued to a device that signs; None for everybody else.
    """

    id: str
    roles: frozenset[Role]
    unit: str | None = None
    scope: frozenset[str] = field(default=frozenset(), repr=False)
    epoch: int | None = None

    def demand(self, action: Action) -> None:
        """Raise NotAllowed unless one of the actor's roles may do `action`."""
        if not self.roles & MAY[action]:
            raise NotAllowed

    def sees(self, unit: str) -> bool:
        """Whether `unit` lies in the subtree that the actor belongs to."""
        return unit in self.scope
