"""Whose turn it is to try a password: a try is counted before the password is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from services.errors import TooMany
from services.registry.accounts import Account
from services.registry.credentials import FailedTries
from services.registry.identifying import Try, counted_on
from services.registry.lockout import ACCOUNT, Failures, Pace

SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Turn:
    """A try that was counted; give it back when it was right."""

    failures: FailedTries
    names: dict[str, Pace]

    @classmethod
    def taken(cls, failures: FailedTries, attempt: Try, account: Account) -> Turn:
        """Count a try. Raises TooMany, with the seconds until the next one, and counts nothing."""
        turn = cls(failures, counted_on(attempt, account))
        for name in turn.names:
            demand_turn(failures.get(name), attempt.now)
        for name, pace in turn.names.items():
            failures.change(name, partial(counted, pace=pace, now=attempt.now))
        return turn

    def give_back(self) -> None:
        """The owner was there: nothing counts on the account, and nothing more on the address."""
        for name, pace in self.names.items():
            right = Failures.cleared if pace is ACCOUNT else Failures.given_back
            self.failures.change(name, right)


def counted(failures: Failures, pace: Pace, now: datetime) -> Failures:
    """With one try more. Raises TooMany when somebody else has just used the turn up."""
    demand_turn(failures, now)
    return failures.tried(pace, now)


def demand_turn(failures: Failures, now: datetime) -> None:
    """Raise TooMany while one has to wait, with the whole seconds until one need not."""
    if waits := failures.waits(now):
        raise TooMany(retry_after_s=max(1, -(-waits // SECOND)))
