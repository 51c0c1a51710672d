"""The stage: a stack of its own, empty at the start, so that nothing of anybody else is touched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from amqp.exceptions import NotFound
from kombu import Connection
from pymongo import MongoClient

from services.console.demo.narrator import Narrator
from services.console.stack import Stack, StackFailed, processes
from services.console.stack.application import ALL
from services.console.stack.layout import Layout
from services.console.stack.lock import Lock
from services.console.stack.stopping import ignore_impatience, stop_when_asked
from services.contracts.partitions import partitions_of
from services.contracts.topology import DEAD_LETTERS, WORK_QUEUES

DATABASE = "haoping_demo"
QUEUES = (*(name for queue in WORK_QUEUES for name in partitions_of(queue.name)), DEAD_LETTERS)
CONNECT_S = 5


@contextmanager
def on_stage(state: Path, rules: str, narrator: Narrator) -> Iterator[Stack]:
    """A running, empty stack that is gone afterwards.

    Being asked to end is the same as Ctrl-C; who is impatient must not interrupt the stopping.
    """
    stop_when_asked()
    with ExitStack() as stage:
        narrator.say("Starting a broker, a database and the services ...")
        with narrator.phase("starting broker, database, services"):
            stack = stage.enter_context(empty_stack(state, rules))
        for sentence in stack.picked:
            narrator.say(sentence)
        try:
            yield stack
        finally:
            ignore_impatience()
            with narrator.phase("stopping everything"):
                stage.close()


def empty_stack(state: Path, rules: str) -> Stack:
    """A stack in `state` with a movable clock and without any data; enter it to start it.

    Raises StackFailed when a story runs there now, or when the broker named by AMQP_URI already
    serves an installation: its services would take the presses of the story for real ones.
    """
    _forget(Layout.of(state))
    if uri := os.environ.get("AMQP_URI"):
        _must_be_unused(uri)
    if uri := os.environ.get("MONGO_URI"):
        with MongoClient[dict[str, Any]](uri) as client:
            client.drop_database(DATABASE)
    chosen = {"MONGO_DATABASE": DATABASE, "HAOPING_CLOCK": "movable", "HAOPING_RULES": rules}
    return Stack(state, services=ALL, environment=chosen)


def _forget(layout: Layout) -> None:
    """Remove what an earlier story has left; its broker's messages must not reach this one."""
    layout.prepare()
    lock = Lock(layout.lock)
    lock.acquire()
    try:
        processes.end(layout.state)
        for folder in (layout.broker, layout.database, layout.logs):
            shutil.rmtree(folder)
    finally:
        lock.release()


def _must_be_unused(uri: str) -> None:
    with Connection(uri, connect_timeout=CONNECT_S) as connection:
        for name in QUEUES:
            try:
                found = connection.channel().queue_declare(name, passive=True)
            except NotFound:
                continue
            if found.consumer_count or found.message_count:
                raise StackFailed(
                    f"Queue {name} on the broker of AMQP_URI is in use ({found.consumer_count} "
                    f"consumers, {found.message_count} messages); give the story a virtual host of "
                    "its own, or unset AMQP_URI for a private broker"
                )
