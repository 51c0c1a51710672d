"""Where each action of the table `MAY` holds: the scope of whoever may do it."""

from __future__ import annotations

from enum import StrEnum

from services.contracts.actor import Action


class Scope(StrEnum):
    """How far a permission reaches. What lies beyond it is answered like what does not exist."""

    SUBTREE = "own subtree"
    REGION = "whole region"
    WINDOW = "own window"
    ITSELF = "its own"
    EVERYTHING = "everything"


MEANING = {
    Scope.SUBTREE: "what belongs to the actor's unit or one below it; of figures and of the audit, "
    "to whoever has no unit (an administrator, a leader of the region) all of it",
    Scope.REGION: "only for whoever sees every unit of the region",
    Scope.WINDOW: "what is about the window at which the actor sits, grouped",
    Scope.ITSELF: "what the device or system has sent itself, and its own key and settings",
    Scope.EVERYTHING: "the installation as a whole",
}
SCOPE: dict[Action, Scope] = {
    Action.SUBMIT_RATING: Scope.ITSELF,
    Action.REPORT_ERRAND: Scope.ITSELF,
    Action.ISSUE_LINK: Scope.EVERYTHING,
    Action.READ_QUARANTINE: Scope.EVERYTHING,
    Action.MEND_QUARANTINE: Scope.EVERYTHING,
    Action.READ_CASES: Scope.SUBTREE,
    Action.MOVE_CASE: Scope.SUBTREE,
    Action.OPEN_CASE: Scope.SUBTREE,
    Action.ASSIGN_CASES: Scope.SUBTREE,
    Action.REVEAL_RATER: Scope.SUBTREE,
    Action.READ_SCORES: Scope.SUBTREE,
    Action.CLOSE_MONTH: Scope.REGION,
    Action.READ_REGISTRY: Scope.EVERYTHING,
    Action.CHANGE_REGISTRY: Scope.EVERYTHING,
    Action.MANAGE_DEVICES: Scope.EVERYTHING,
    Action.BE_A_DEVICE: Scope.ITSELF,
    Action.MOVE_CLOCK: Scope.EVERYTHING,
    Action.READ_OWN_WINDOW: Scope.WINDOW,
    Action.STATE_FOR_WINDOW: Scope.WINDOW,
    Action.READ_AUDIT: Scope.SUBTREE,
    Action.MANAGE_KEYS: Scope.EVERYTHING,
    Action.READ_GRANTS: Scope.SUBTREE,
    Action.ERASE_RATER: Scope.SUBTREE,
}
