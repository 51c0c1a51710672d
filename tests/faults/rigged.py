"""The services as the bench runs them: they obey its orders, and may be `broken` on purpose."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import Any

from services.adapters import clock, outbox
from services.capture.service import Capture
from services.rectify import desk
from services.rectify.service import Rectify
from services.registry.service import Registry
from services.score.repository import Tallies
from services.score.service import Score
from services.score.shelf import Months
from services.store.repository import Ratings
from services.store.service import Store
from tests.faults.broken import BROKEN
from tests.faults.orders import come_past, wrong_by

__all__ = ["Capture", "Rectify", "Registry", "Score", "Store"]


def _rig(owner: Any, name: str, *, before: str | None = None, after: str | None = None) -> None:
    """Let whoever calls the method come past a point before it, or once it has done something."""
    method: Callable[..., Any] = getattr(owner, name)

    @wraps(method)
    def rigged(*args: Any, **options: Any) -> Any:
        if before:
            come_past(before)
        result = method(*args, **options)
        if after and result:
            come_past(after)
        return result

    setattr(owner, name, rigged)


def _mistake_the_time() -> None:
    right = clock.SystemClock.now
    clock.SystemClock.now = lambda self: right(self) + wrong_by()  # type: ignore[method-assign]


_mistake_the_time()
_rig(Ratings, "insert", before="mid-batch", after="after-insert-before-ack")
_rig(outbox.Outbox, "wake", before="between-outbox-write-and-relay")
_rig(outbox, "_clear", before="after-relay-before-clear")
_rig(Tallies, "replace", before="between-tally-read-and-replace")
_rig(Months, "save", before="mid-close")
_rig(desk, "escalated", before="mid-sweep")
if name := os.environ.get("FAULTS_BROKEN"):
    BROKEN[name]()
