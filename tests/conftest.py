"""What every kind of test may use: one real broker and database for the whole session.

Timing decides no test, a property's neither; but one that hangs fails under its name.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Iterator

import pytest
from hypothesis import settings

from services.console.stack import Stack

EXAMPLES = int(os.environ.get("HAOPING_EXAMPLES", "100"))
"""How many examples a property is tried with; `make slow` tries five times as many."""
settings.register_profile("haoping", deadline=None, max_examples=EXAMPLES)
settings.load_profile("haoping")
HANGS_S, SLOW_HANGS_S = 420, 3600


class Hangs(BaseException):
    """Nothing that a test calls may take this for an error of its own."""


def _give_up(*_: object) -> None:
    raise Hangs


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Give up on a test, and on what it has to wait for, by a signal: green threads get it too."""
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(SLOW_HANGS_S if item.get_closest_marker("slow") else HANGS_S)
    try:
        return (yield)
    finally:
        signal.alarm(0)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A private broker, over TLS as well, and a database in a folder of this session.

    HAOPING_TEST_AMQP_URI and HAOPING_TEST_MONGO_URI put others in their place; the AMQP_URI and
    MONGO_URI of whoever runs the tests are left alone, for they may hold somebody's ratings.
    """
    environment = {
        "AMQP_URI": os.environ.get("HAOPING_TEST_AMQP_URI", ""),
        "MONGO_URI": os.environ.get("HAOPING_TEST_MONGO_URI", ""),
    }
    folder = tmp_path_factory.mktemp("stack")
    with Stack(folder, environment=environment, tls=()) as running:
        yield running
