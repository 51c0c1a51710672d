"""A few green threads of a process that wait for slow servers, so that nobody else has to."""

from __future__ import annotations

from collections.abc import Callable
from logging import getLogger
from typing import Any

from eventlet import GreenPool
from nameko.extensions import DependencyProvider

AT_ONCE = 20
_log = getLogger(__name__)


class Couriers(DependencyProvider):
    """Gives workers the couriers; a job that they cannot take waits until one is back."""

    def __init__(self) -> None:
        self._pool: Any = GreenPool(AT_ONCE)

    def setup(self) -> None:
        """A pool for each container."""
        self._pool = GreenPool(AT_ONCE)

    @property
    def free(self) -> int:
        """How many could go at once."""
        return int(self._pool.free())

    def send(self, job: Callable[[], object]) -> None:
        """Have a job done some time soon; whatever it raises is logged."""
        self._pool.spawn_n(_done, job)

    def stop(self) -> None:
        """Wait until all are back."""
        self._pool.waitall()

    def get_dependency(self, worker_ctx: object) -> Couriers:
        """The couriers."""
        return self


def _done(job: Callable[[], object]) -> None:
    try:
        job()
    except Exception as error:  # noqa: BLE001 - it is tried again when its lease ends
        _log.warning("a notice could not be sent or recorded: %r", error)
