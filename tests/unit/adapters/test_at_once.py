"""Questions to several services go out together, on behalf of whoever asks."""

from __future__ import annotations

from contextvars import ContextVar

import eventlet
import pytest
from eventlet.event import Event

from services.adapters.at_once import at_once

asker: ContextVar[str] = ContextVar("asker")


def test_nobody_waits_for_the_answer_to_another_question() -> None:
    first, second = Event(), Event()

    def one() -> str:
        first.send(None)
        second.wait()
        return "one"

    def other() -> str:
        second.send(None)
        first.wait()
        return "other"

    with eventlet.Timeout(5):
        assert at_once(one, other) == ["one", "other"]


def test_each_question_is_asked_on_behalf_of_whoever_asks() -> None:
    asker.set("an officer")
    assert at_once(asker.get, asker.get) == ["an officer", "an officer"]


def test_what_cannot_be_answered_is_told() -> None:
    def fails() -> None:
        raise LookupError("no such month")

    with pytest.raises(LookupError, match="no such month"):
        at_once(lambda: 1, fails)
