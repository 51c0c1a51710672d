"""Leaving when asked to: what is in hand is finished, rests end at once, nothing waits for ever.

Everything here is safe to be cut short: what was not acknowledged is delivered again. So work that
hangs, such as on a database that is away, is given up in time for whoever stops the service, who
would otherwise kill it (Docker after 10 s, systemd and supervisord by their settings).
"""

from __future__ import annotations

from collections.abc import Iterator
from logging import getLogger

import eventlet
from eventlet.event import Event
from nameko.extensions import SharedExtension

from services.adapters.patience import pauses

LONGEST_S = 6.0
_log = getLogger(__name__)


class Leaving(SharedExtension):
    """Whether a service has been asked to stop, for whoever rests between tries."""

    def __init__(self) -> None:
        self._asked: Event = Event()
        self._giving_up = None

    @property
    def asked(self) -> bool:
        """The service is to stop: take nothing new."""
        return bool(self._asked.ready())

    def ask(self) -> None:
        """The service is to stop; what is not done within `LONGEST_S` is given up."""
        if not self.asked:
            self._asked.send()
            self._giving_up = eventlet.spawn_after(LONGEST_S, self._give_up)

    def rest(self, seconds: float) -> None:
        """Wait so long, or until the service is to stop."""
        with eventlet.Timeout(seconds, False):
            self._asked.wait()

    def tries(self) -> Iterator[None]:
        """Turns to try something, with longer and longer rests, until the service is to stop."""
        for pause in pauses():
            yield
            if self.asked:
                return
            self.rest(pause)

    def stop(self) -> None:
        """Everything has ended by itself."""
        if self._giving_up is not None:
            self._giving_up.cancel()

    def _give_up(self) -> None:
        name = self.container.service_name
        _log.warning("%s still waits after %s s; it leaves, others redo it", name, LONGEST_S)
        self.container.kill()
