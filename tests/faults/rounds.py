"""Rounds: a crowd, a fault, everything mended, and the account of it."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.console.demo.client import eventually
from tests.faults.account import Complaint, Sent, complaints
from tests.faults.crowd import Crowd
from tests.faults.evidence import kept, publish_a_month, published
from tests.faults.faults import EVERY, FAULTS, IN_A_CLUSTER
from tests.faults.outages import Fault
from tests.faults.town import Town

LIVES_ON_S, PATIENCE_S, STEADY_S = 3.0, 120.0, 10.0
LONGEST_S = 900.0
"""What still waits in a queue is not lost: so long it may wait."""
REST_PER_LOOK = 2.0
"""To look at everything keeps the database from everybody else."""
NONE: frozenset[Complaint] = frozenset()


@dataclass(frozen=True)
class Outcome:
    """A round that is over. Times in seconds: the longest in which no press was confirmed, and from
    the mending until everything was where it belongs.
    """

    fault: str
    confirmed: int
    gap_s: float
    recovery_s: float
    wrong: list[Complaint]

    def count(self, kind: str) -> int:
        """How many complaints of a kind."""
        return sum(each.kind == kind for each in self.wrong)


@dataclass
class Bench:
    """A town through its rounds; everything that was ever sent is accounted for after each."""

    town: Town
    seed: int
    month: str = ""
    before: Any = None
    mistaken: bool = False
    """Whether a mistake was put in: what is wrong then stays so, and nobody waits long for it."""

    @property
    def sent(self) -> Sent:
        """What everybody in the town did."""
        return self.town.sent

    def begin(self) -> None:
        """Publish a month, which no fault may change."""
        self.month, early = publish_a_month(self.town)
        self.sent.levels |= early
        self.sent.confirmed |= early.keys()
        self.before = published(self.town, self.month)

    def rounds(self, names: Sequence[str]) -> Iterator[Outcome]:
        """One round after the other."""
        for number, name in enumerate(names):
            yield self.round(number, name, EVERY[name])

    def round(
        self, number: int, name: str, fault: Fault, known: frozenset[Complaint] = NONE
    ) -> Outcome:
        """Strike a fault among a crowd, and wait until all is well, or for `PATIENCE_S`.

        What was `known` to be wrong before is no news; of what is not, only what stays is told.
        """
        seed, before = f"{self.seed}-{number}", len(self.sent.confirmed)
        with tempfile.TemporaryDirectory() as folder:
            crowd = Crowd(self.town, Path(folder), seed, self.sent)
            with crowd:
                eventually(crowd.is_busy, "everybody to have begun", PATIENCE_S)
                fault(self.town, crowd.luck("fault"))
                self.town.keeper.await_all()
                mended = time.monotonic()
                time.sleep(LIVES_ON_S)
        for failure in crowd.failures:
            raise failure
        wrong = self._settled(known)
        confirmed = len(self.sent.confirmed) - before
        return Outcome(name, confirmed, crowd.served.longest_gap(), _since(mended), wrong)

    def wrong(self) -> frozenset[Complaint]:
        """Everything that is wrong just now."""
        return frozenset(complaints(self.sent, kept(self.town, self.month, self.before)))

    def _settled(self, known: frozenset[Complaint]) -> list[Complaint]:
        """What is wrong and stays so: for `PATIENCE_S` after the last message was handled, or where
        much was known, for `STEADY_S`.
        """
        steady = bool(known) or self.mistaken
        began = handled = time.monotonic()
        while True:
            looked = time.monotonic()
            wrong = self.wrong() - known
            if not wrong or looked > handled + (STEADY_S if steady else PATIENCE_S):
                return sorted(wrong, key=str)
            if not steady and looked < began + LONGEST_S and self.town.waiting():
                handled = time.monotonic()
            time.sleep(REST_PER_LOOK * (time.monotonic() - looked))


def _since(moment: float) -> float:
    return time.monotonic() - moment


def drawn(count: int, seed: int) -> list[str]:
    """So many faults: as many as there is room for in an order drawn from the seed, over and over,
    then what takes a cluster.
    """
    last = list(IN_A_CLUSTER)[:count]
    luck, names = random.Random(seed), list[str]()
    while len(names) < count - len(last):
        names += luck.sample(sorted(FAULTS), len(FAULTS))
    return names[: count - len(last)] + last
