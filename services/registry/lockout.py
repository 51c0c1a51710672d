"""How long whoever guessed wrong has to wait: values over time, nothing else. Pure.

GB/T 22239-2019 (等保) 8.1.4.1 b) asks to bound failed sign-ins; NIST SP 800-63B (§3.2.2 of revision
4) bounds them at 100 in a row and names growing waits as the way to get there without locking the
owner out. Every failure is counted on two names: the account (as typed, whether it exists or not)
and the address. After a few free ones each further failure doubles the wait; failures fade with
time, so no wait is for good. A browser that the account's owner signed in from before counts apart
and waits for no stranger (OWASP, *Slow Down Online Guessing Attacks with Device Cookies*).

A try is counted before the password is looked at and given back if it was right, so that tries at
the same moment cannot pass together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
MOST_DOUBLINGS = 30
ROUNDING = 1e-6


@dataclass(frozen=True)
class Pace:
    """How many failures are free, how waits grow, and how long it takes for one to be forgotten."""

    free: int
    first: timedelta
    longest: timedelta
    fades: timedelta

    def wait(self, count: float) -> timedelta:
        """How long one waits after so many failures; one that has half faded still counts."""
        beyond = math.ceil(count - self.free - ROUNDING)
        if beyond < 0:
            return timedelta()
        doublings = min(beyond, MOST_DOUBLINGS)
        return min(self.first * (1 << doublings), self.longest)


ACCOUNT = Pace(5, timedelta(seconds=30), timedelta(hours=1), timedelta(hours=1))
"""At most some 40 guesses a day on one account, from wherever."""
ADDRESS = Pace(20, timedelta(seconds=30), timedelta(minutes=15), timedelta(minutes=3))
"""A whole hall may sign in from one address, and people mistype."""


class Failures(BaseModel):
    """What was counted on one name: so many failures at `at`, and until when one waits for them."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    name: str
    count: float = 0
    at: AwareDatetime = NEVER
    until: AwareDatetime = NEVER
    version: int = 0

    def left(self, pace: Pace, now: datetime) -> float:
        """What is not forgotten of the count by now."""
        return max(0.0, self.count - max(timedelta(), now - self.at) / pace.fades)

    def waits(self, now: datetime) -> timedelta:
        """How long until the next try; zero when one may try now."""
        return max(timedelta(), self.until - now)

    def tried(self, pace: Pace, now: datetime) -> Failures:
        """With one more, which counts as a failure until it is known to be none."""
        count = self.left(pace, now) + 1
        wait = pace.wait(count)
        return self._changed(count=count, at=now, until=now + wait if wait else NEVER)

    def given_back(self) -> Failures:
        """Without the last one, which was right; whoever fails next waits as they would have."""
        return self._changed(count=max(0.0, self.count - 1), until=NEVER)

    def cleared(self) -> Failures:
        """Nothing counts any more: the owner was there."""
        return self._changed(count=0.0, until=NEVER)

    def _changed(self, **fields: float | datetime) -> Failures:
        return self.model_copy(update={**fields, "version": self.version + 1})
