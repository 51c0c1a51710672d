"""A batch: a result for each item, the good ones taken whatever is wrong with the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from services.adapters.http import refusal
from services.contracts.message import Message
from services.errors import Refused

MAX_ITEMS = 5000
Event = TypeVar("Event", bound=Message)
Form = TypeVar("Form", bound=BaseModel)


@dataclass
class Sorting(Generic[Event]):
    """The events of the items that were taken, and a result for every item in order."""

    events: list[Event] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)

    @property
    def summary(self) -> dict[str, Any]:
        """The answer to the sender."""
        accepted = len(self.events)
        return {"accepted": accepted, "refused": self.refused, "results": self.results}

    @property
    def refused(self) -> int:
        """How many were not taken."""
        return len(self.results) - len(self.events)


def sort(
    items: Iterable[Any], kind: type[Form], take: Callable[[Form, int], Event]
) -> Sorting[Event]:
    """Read what is no `kind` yet as one and `take` it; whatever is refused has its field errors."""
    sorting: Sorting[Event] = Sorting()
    for position, item in enumerate(items):
        try:
            form = item if isinstance(item, kind) else _read(kind, item)
            sorting.events.append(take(form, position))
            sorting.results.append({"status": "accepted"})
        except Refused as error:
            sorting.results.append({"status": "refused", "detail": error.message, **error.extra})
    return sorting


def _read(kind: type[Form], item: Any) -> Form:
    try:
        return kind.model_validate(item)
    except ValidationError as error:
        raise refusal(error) from None
