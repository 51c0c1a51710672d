"""Messages that are published in the same instant travel in one envelope, under one confirm.

A busy edge spends a sixth of its time on talking to the broker about single presses. Nothing is
held back for it: who comes alone travels alone, one turn of the hub later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import eventlet
from eventlet.event import Event

from services.adapters.bus.outgoing import packed
from services.contracts.message import Message
from services.contracts.topology import COMPANY
from services.errors import Unavailable


@dataclass
class Company:
    """Who travels in one envelope, and what came of it."""

    trace: str
    messages: list[Message] = field(default_factory=list)
    arrived: Event = field(default_factory=Event)


class Together:
    """Publishes messages one by one for many greenlets at once."""

    def __init__(self, publish: Callable[..., None]) -> None:
        self._publish = publish
        self._gathering: dict[type[Message], Company] = {}

    def publish(self, message: Message, trace: str) -> None:
        """Return when the broker holds the message. Raises Unavailable as `Bus.publish` does.

        An envelope has the trace of whoever came first; `COMPANY` travel together, and go the way
        of a single one.
        """
        company = self._gathering.get(type(message))
        if company is None:
            self._lead(message, trace)
        else:
            self._join(company, message)

    def _join(self, company: Company, message: Message) -> None:
        company.messages.append(message)
        if len(company.messages) == COMPANY:
            self._depart(company)
        if not company.arrived.wait():
            raise Unavailable("The broker did not confirm; send it again")

    def _lead(self, message: Message, trace: str) -> None:
        company = self._gathering[type(message)] = Company(trace, [message])
        confirmed = False
        try:
            eventlet.sleep(0)
            self._depart(company)
            self._publish(*packed(company.messages, company.trace))
            confirmed = True
        finally:
            self._depart(company)
            company.arrived.send(confirmed)

    def _depart(self, company: Company) -> None:
        """Let nobody join any more."""
        kind = type(company.messages[0])
        if self._gathering.get(kind) is company:
            del self._gathering[kind]
