"""A contender empties a queue into the database; how long it takes and what it burns."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

import amqp
import pymongo
from kombu import Connection

from services.adapters.bus import packed
from services.adapters.bus.depths import waiting
from services.adapters.bus.topology import declare
from services.adapters.mongo import Db, connect, ensure_indexes
from services.adapters.partitions import spread
from services.adapters.registry import COLLECTION, CURRENT
from services.adapters.settings import ROOT
from services.console.bench.load import DIRECTORY
from services.console.bench.stopwatch import burnt
from services.console.stack import Stack
from services.console.stack.failure import StackFailed, last_lines
from services.console.stack.processes import end_child
from services.contracts import topology
from services.contracts.events import RatingSubmitted
from services.contracts.partitions import partitions_of
from services.store.repository import INDEXES

QUEUES = (topology.STORE_RATINGS.name, topology.STORE_BACKLOG.name)
PEERS = ROOT / "tests" / "bench" / "peers"
LONGEST_S, CLEARING_S = 90.0, 900.0
LOOK_EVERY_S = 0.05
LAST_ONES, LANDMARK_EVERY = 5000, 25


@dataclass(frozen=True)
class Contender:
    """A program by its command line; its environment names the servers and whatever it is told."""

    name: str
    command: tuple[str, ...]
    told: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """Ratings a second, and CPU seconds of the contender's process for each rating."""

    per_second: float
    cpu_s: float


def service(name: str) -> Contender:
    """One of ours: `capture` is `services.capture.service:Capture`."""
    settings = ("--config", "config/services.yaml")
    found = f"services.{name}.service:{name.capitalize()}"
    return Contender(name, ("-m", "nameko", "run", *settings, found))


STORE = service("store")


def peer(name: str, **told: str) -> Contender:
    """A peer under tests/bench/peers."""
    return Contender(name, (str(PEERS / f"{name}.py"),), told)


class Course:
    """An empty database and a filled queue for each run of a contender."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.database = ""
        self.queues: tuple[str, ...] = QUEUES
        self.pids: dict[str, int] = {}
        self.log = stack.layout.state / "bench.log"
        self._watching = Connection(stack.amqp_uri)

    def run(self, contender: Contender, presses: Sequence[RatingSubmitted], pack: int = 1) -> Run:
        """Time from the first message taken to the last rating in the database.

        It looks for some of the last presses, since counting all of them is not free; that all are
        there is made sure of once the time is taken.
        """
        db = self.fresh()
        self.fill(presses, pack)
        messages = -(-len(presses) // pack)
        process = self.start(contender, len(presses))
        try:
            self._until(lambda: self.waiting() < messages, process)
            started, before = time.monotonic(), burnt([process.pid])
            self._until(lambda: self.waiting() == 0, process)
            for key in landmarks(presses):
                self._until(partial(_kept, db, key), process)
            seconds, cpu = time.monotonic() - started, burnt([process.pid]) - before
            self._until(lambda: db["ratings"].count_documents({}) >= len(presses), process)
        finally:
            self.end(process)
            self.leave(db)
        return Run(len(presses) / seconds, cpu / len(presses))

    def fresh(self) -> Db:
        """An empty database with all indexes and a registry, on a server that is new as well.

        Nothing waits at the broker either: what a contender left would be the next one's work.
        """
        self._empty_queues()
        self.stack.renew_database()
        self.database = f"bench_{uuid.uuid4().hex[:8]}"
        db = connect(self.stack.mongo_uri, self.database)
        ensure_indexes(db, INDEXES)
        registry = {"version": DIRECTORY.version, "directory": DIRECTORY.model_dump(mode="json")}
        db[COLLECTION].insert_one({"_id": CURRENT, **registry})
        return db

    def leave(self, db: Db) -> None:
        """Leave nothing behind on somebody else's server; a private one is ended or renewed."""
        if not self.stack.owns_database:
            with pymongo.timeout(CLEARING_S):
                db.client.drop_database(db.name)
        db.client.close()

    def start(
        self, contender: Contender, count: int, told: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a contender on the database of this run; `told` adds to its environment."""
        secrets = self.stack.layout.secrets
        environment = {
            **os.environ,
            "AMQP_URI": self.stack.amqp_uri,
            "MONGO_URI": self.stack.mongo_uri,
            "MONGO_DATABASE": self.database,
            "WEB_SERVER_ADDRESS": "127.0.0.1:0",
            "HAOPING_MASTER_KEY_FILE": str(secrets / "master.key"),
            "HAOPING_LEDGER_KEY_FILE": str(secrets / "ledger.key"),
            "BENCH_QUEUE": QUEUES[0],
            "BENCH_COUNT": str(count),
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "ignore",
            **contender.told,
            **(told or {}),
        }
        command = [sys.executable, *contender.command]
        self.log = self.stack.layout.state / f"bench-{contender.name}.log"
        with self.log.open("wb") as log:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        self.pids[contender.name] = process.pid
        return process

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """End a contender."""
        end_child(process)

    def _empty_queues(self) -> None:
        channel = self._watching.default_channel
        declare(channel)
        for queue in self.queues:
            channel.queue_purge(queue)

    def spread(self, partitions: int) -> None:
        """Spread what is sent from now on over so many partitions."""
        spread(self._watching.default_channel, partitions)
        self.queues = (*partitions_of(QUEUES[0], partitions), *QUEUES[1:])

    def fill(self, presses: Iterable[RatingSubmitted], pack: int) -> None:
        """Put the presses on their queue, `pack` in a message, and wait until all are there."""
        left, sent = iter(presses), 0
        with Connection(self.stack.amqp_uri) as connection:
            channel = connection.default_channel
            while together := list(islice(left, pack)):
                [out] = packed(together, "bench")
                body = amqp.Message(
                    out.body,
                    delivery_mode=2,
                    message_id=out.id,
                    content_type="application/json",
                    application_headers=dict(out.headers),
                )
                channel.basic_publish(body, out.exchange, out.routing_key)
                sent += 1
        while self.waiting() < sent:
            time.sleep(LOOK_EVERY_S)

    def waiting(self) -> int:
        """How many messages nobody has taken yet."""
        return waiting(self._watching.default_channel, self.queues)

    def _until(self, holds: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + LONGEST_S
        while not holds():
            if process.poll() is not None or time.monotonic() > deadline:
                late = f"ended, or took over {LONGEST_S:.0f} s"
                raise StackFailed(f"A contender {late}. {last_lines(self.log)}")
            time.sleep(LOOK_EVERY_S)


def _kept(db: Db, key: str) -> bool:
    return db["ratings"].find_one(key, {"_id": 1}) is not None


def landmarks(presses: Sequence[RatingSubmitted]) -> list[str]:
    """Presses among those that are stored last, in whatever order their batches come in."""
    last = presses[-LAST_ONES:]
    return [press.key for press in (*last[::LANDMARK_EVERY], last[-1])]
