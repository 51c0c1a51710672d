"""Who may come in at all: so many requests from one address, so many connections at once.

This is asked before anybody is asked who they are. Our own proxies and this machine are not
counted for what they ask by themselves, for they ask for everybody.
"""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from http import HTTPStatus
from ipaddress import ip_address
from logging import getLogger
from typing import Any

from services.adapters.http.problems import problem
from services.adapters.http.throttle import Windows
from services.adapters.ledger.hop import HOP, come_from
from services.adapters.ledger.key import ledger_key
from services.adapters.settings import networks_of
from services.adapters.telemetry.metrics import turned_away
from services.contracts.origin import MANY, first_stranger, site, within
from services.errors import HaopingError, TooMany

PROXIES = "HAOPING_PROXIES"
ADDRESS, TOKEN = "address", "token"
HOP_HEADER = f"HTTP_{HOP.upper().replace('-', '_')}"
EACH_AT_ONCE = 1000
SPARE_FILES = 256
"""Files and connections that a process needs besides those of strangers."""
_log = getLogger(__name__)


class Doorway:
    """A WSGI application around another: tells it who asks, and counts how often."""

    def __init__(self, app: Any, config: Mapping[str, Any], windows: Windows) -> None:
        self._app, self._windows = app, windows
        self._proxies = networks_of(config, PROXIES)
        self._key = ledger_key(config)

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Answer, or refuse with 429 whoever has asked too often or guessed too often."""
        address = environ["REMOTE_ADDR"] = self._asker(environ)
        try:
            if self._is_counted(address):
                return self._counted(site(address), environ, start_response)
            return self._app(environ, start_response)
        except TooMany as error:
            turned_away(error.status)
            return problem(error)(environ, start_response)
        except Exception:  # noqa: BLE001 - every error has an answer
            _log.exception("a request could not be answered")
            return problem(HaopingError())(environ, start_response)

    def _asker(self, environ: Any) -> str:
        """The address at the other end, behind our own proxies and our own pages."""
        if told := come_from(environ.get(HOP_HEADER), self._key):
            return told[1]
        forwarded = str(environ.get("HTTP_X_FORWARDED_FOR", ""))
        return first_stranger(str(environ.get("REMOTE_ADDR", "")), forwarded, self._proxies)

    def _is_counted(self, address: str) -> bool:
        return not (_is_loopback(address) or within(address, self._proxies))

    def _counted(self, name: str, environ: Any, start_response: Any) -> Any:
        self._windows.pass_or_refuse(ADDRESS, name)
        if "HTTP_AUTHORIZATION" not in environ:
            return self._app(environ, start_response)
        self._windows.demand_room(TOKEN, name)

        def started(status: str, *more: Any) -> Any:
            if status.startswith(str(HTTPStatus.UNAUTHORIZED.value)):
                self._windows.use(TOKEN, name)
            return start_response(status, *more)

        return self._app(environ, started)


class Doors:
    """How many connections are open, in all and from each address.

    Without a bound a stranger could use up the files that the process may have open.
    """

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._most = files_at_once() - SPARE_FILES

    @contextmanager
    def passed(self, address: str) -> Iterator[bool]:
        """Whether one more connection from here may be served, for the length of a `with`."""
        name = site(address)
        bounded = EACH_AT_ONCE if not _is_loopback(address) else self._most
        welcome = self._open.total() < self._most and self._open[name] < bounded
        self._open[name] += 1
        try:
            yield welcome
        finally:
            self._open[name] -= 1
            if not self._open[name]:
                del self._open[name]


def files_at_once() -> int:
    """How many files this process may have open, after asking for all that it may ask for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard > 0 else soft


@lru_cache(maxsize=MANY)
def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
