"""Several questions at once, where each waits for another service: as long as the slowest takes."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from typing import Any

import eventlet


def at_once(*questions: Callable[[], Any]) -> list[Any]:
    """The answers in the order of the questions; each is asked on behalf of whoever asks this.

    Raises what the first of them that failed has raised, once the ones before it have answered.
    """
    asked = [eventlet.spawn(copy_context().run, question) for question in questions]
    return [each.wait() for each in asked]
