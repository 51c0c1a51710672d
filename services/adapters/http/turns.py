"""Large bodies are understood in turns, so that what a service holds in memory stays bounded.

A parsed backlog is ten times its bytes. A turn is taken once the body is here, so that nobody waits
for a slow sender.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from eventlet.semaphore import Semaphore
from nameko.extensions import SharedExtension
from werkzeug.wrappers import Request

from services.adapters.http.bodies import raw_body

SMALL_BYTES = 64 * 1024
AT_ONCE = 2


class Turns(SharedExtension):
    """The turns of a service process."""

    def __init__(self) -> None:
        self._free = Semaphore(AT_ONCE)

    def taken(self, request: Request) -> AbstractContextManager[object]:
        """Hold a turn while a body that is large, or may be once it is opened, is handled."""
        told = 0 if "Content-Encoding" in request.headers else request.content_length
        if 0 < (told or 0) <= SMALL_BYTES:
            return nullcontext()
        raw_body(request)
        return self._free  # type: ignore[no-any-return]
