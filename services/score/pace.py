"""How often tallies are recomputed: rest in proportion to the work, so that intake goes first."""

from __future__ import annotations

REST_PER_WORK = 2.0
LONGEST_REST_S = 0.5
"""A press that comes just after a long recount began is in the next: two of them, and this."""


class Pace:
    """After work of t seconds comes a rest of 2 t, at most half a second."""

    def __init__(self) -> None:
        self._resumes_at = float("-inf")

    def ready(self, now: float) -> bool:
        """Whether the rest is over."""
        return now >= self._resumes_at

    def worked(self, start: float, end: float) -> None:
        """Say from when to when the last work went on."""
        self._resumes_at = end + min(REST_PER_WORK * (end - start), LONGEST_REST_S)
