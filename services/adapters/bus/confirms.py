"""Which published messages the broker has answered for: delivery tag → waiter.

`multiple` is honoured, a refusal (nack) and a return are told apart, and once the channel has
failed every waiter learns it. Nothing is ever confirmed by an answer that belongs to another tag.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from eventlet.event import Event

from services.errors import Unavailable

Answer = Exception | None


@dataclass
class Waiter:
    """One published message that waits for the broker's answer."""

    message_id: str
    returned: bool = False
    _event: Event = field(default_factory=Event)

    def wait(self) -> None:
        """Return when the broker has taken the message; raise Unavailable when it has not."""
        answer: Answer = self._event.wait()
        if answer is not None:
            raise answer

    def settle(self, answer: Answer) -> None:
        """Give the broker's answer to whoever waits."""
        self._event.send(answer)


class Confirms:
    """The waiters of one channel in confirm mode, in the order of their delivery tags."""

    def __init__(self) -> None:
        self._published = 0
        self._waiting: dict[int, Waiter] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def expect(self, message_id: str) -> Waiter:
        """Register the next message of the channel; call exactly once for each publish."""
        self._published += 1
        waiter = self._waiting[self._published] = Waiter(message_id)
        return waiter

    def acked(self, tag: int, multiple: bool) -> None:
        """The broker answers for `tag`, or for everything up to it."""
        self._settle(tag, multiple, lambda waiter: _unroutable() if waiter.returned else None)

    def nacked(self, tag: int, multiple: bool) -> None:
        """The broker refuses `tag`, or everything up to it (a full queue, an alarm)."""
        self._settle(tag, multiple, lambda waiter: Unavailable("The broker refused the message"))

    def returned(self, message_id: str) -> None:
        """No queue is bound for this message; its ack, which follows, must not count."""
        for waiter in self._waiting.values():
            if waiter.message_id == message_id:
                waiter.returned = True

    def fail(self, reason: str) -> None:
        """The channel is gone: nobody knows what became of the rest."""
        self._settle(self._published, True, lambda waiter: Unavailable(reason))

    def _settle(self, tag: int, multiple: bool, answer: Callable[[Waiter], Answer]) -> None:
        tags = [each for each in self._waiting if each <= tag] if multiple else [tag]
        for waiter in filter(None, (self._waiting.pop(each, None) for each in tags)):
            waiter.settle(answer(waiter))


def _unroutable() -> Unavailable:
    return Unavailable("No queue is bound for this kind of message")
