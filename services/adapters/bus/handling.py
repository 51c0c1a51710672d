"""Runs a service's handler on a batch, and tells whose fault it is when it fails."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from logging import getLogger
from typing import Any

from eventlet.event import Event
from pymongo.errors import BulkWriteError, PyMongoError, WriteError

from services.adapters.leaving import Leaving
from services.adapters.outcome import Failed, Outcome
from services.adapters.patience import pauses
from services.adapters.telemetry.work import IN_CONTEXT, trace_at_hand

HOLD_S = 120
_log = getLogger(__name__)


class HandlerError(Exception):
    """A handler raised; what it was is in the chain."""


class Handling:
    """The handler of one entrypoint, run in a worker of its container."""

    def __init__(self, entrypoint: Any) -> None:
        self._entrypoint = entrypoint

    def outcomes(self, batch: Sequence[Any]) -> Sequence[Outcome]:
        """The handler's outcomes; when it fails, each message is tried alone, then put off.

        Raises PyMongoError when the database has failed for `HOLD_S`.
        """
        try:
            return self._while_database_fails(batch)
        except HandlerError as error:
            _log.error("cannot handle a batch of %d", len(batch), exc_info=error)
            if len(batch) == 1:
                return [Failed(repr(error.__cause__))]
            return [outcome for one in batch for outcome in self.outcomes([one])]

    def _while_database_fails(self, batch: Sequence[Any]) -> Sequence[Outcome]:
        """A failing database is no message's fault: hold the batch and try again, for a while.

        What takes it too long is tried in halves: a database that is too slow for a whole batch
        would be asked for it again and again, each time before it has given up the last.
        """
        outcomes: list[Outcome] = []
        at, size, pause, held_until = 0, len(batch), pauses(), time.monotonic() + HOLD_S
        leaving: Leaving = self._entrypoint.leaving
        while at < len(batch):
            try:
                outcomes += self._call(batch[at : at + size])
                at, held_until = at + size, time.monotonic() + HOLD_S
            except PyMongoError as error:
                if leaving.asked or time.monotonic() > held_until:
                    raise
                _log.warning("the database fails, holding a batch of %d: %r", len(batch), error)
                size = max(1, size // 2) if error.timeout else size
                leaving.rest(next(pause))
        return outcomes

    def _call(self, batch: Sequence[Any]) -> Sequence[Outcome]:
        """Run the service method; its exception is wrapped, unless the database is failing."""
        done = Event()
        handled = partial(_report, done)
        self._entrypoint.container.spawn_worker(
            self._entrypoint,
            (batch,),
            {},
            context_data={IN_CONTEXT: trace_at_hand()},
            handle_result=handled,
        )
        try:
            outcomes: Sequence[Outcome] = done.wait()
        except Exception as error:
            if is_the_databases(error):
                raise
            raise HandlerError from error
        return outcomes


def is_the_databases(error: Exception) -> bool:
    """Whether the database is at fault, and may do later what it did not do now.

    A write that it refuses is the document's fault, and would be refused for ever; one that it
    took, but that no majority confirmed in time, is not.
    """
    if isinstance(error, BulkWriteError):
        return not error.details.get("writeErrors")
    return isinstance(error, PyMongoError) and not isinstance(error, WriteError)


def _report(done: Event, _worker: object, result: Any, exc_info: Any) -> tuple[Any, Any]:
    done.send(result, exc_info)
    return result, exc_info
