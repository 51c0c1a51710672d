"""Waiting for a condition, never for a time; giving up with the last words of what failed."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import httpx
from amqp.exceptions import AMQPError
from kombu.exceptions import KombuError
from pymongo.errors import PyMongoError

from services.adapters.trust import trusting
from services.console.stack.failure import StackFailed, last_lines
from services.console.stack.ports import LOOPBACK

T = TypeVar("T")
NOT_YET = (OSError, AMQPError, KombuError, PyMongoError, httpx.HTTPError)
POLL_S = 0.1
ANSWER_S = 2.0


def wait_until(
    probe: Callable[[], T], what: str, timeout: float, log: Path, failed: Callable[[], bool]
) -> T:
    """Repeat `probe` until it raises none of NOT_YET, and return what it returned.

    Raises StackFailed after `timeout` seconds, or at once when `failed` says there is no hope.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            return probe()
        except NOT_YET as error:
            hopeless = failed()
            if hopeless or time.monotonic() > deadline:
                reason = "ended by itself" if hopeless else f"was not ready in {timeout:g} s"
                words = f"{what} {reason} ({error})."
                raise StackFailed(f"{words}\n{last_lines(log)}") from error
        time.sleep(POLL_S)


def accepts(port: int) -> None:
    """Raises OSError until something accepts connections on this loopback port."""
    socket.create_connection((LOOPBACK, port), timeout=ANSWER_S).close()


def healthy(url: str, authority: Path | str | None = None) -> None:
    """Raises httpx.HTTPError until the service at `url` says that it is well.

    Over HTTPS its certificate has to be signed by the `authority`, or by one of the machine's.
    """
    trusted = trusting(str(authority) if authority else None)
    answer = httpx.get(f"{url}/healthz", timeout=ANSWER_S, trust_env=False, verify=trusted)
    answer.raise_for_status()
