"""In which order collections are read, so that a copy taken under load holds together.

What points is read before what it points at, and what was announced before what it announces: a
case before the rating that it is about, the end of the audit before its newest entries, a day's sum
of anchors before these and they before what they anchor, a month before its boards, whatever is
sealed before the keys that open it. So nothing in a copy points at what is not in it. The one thing
that may be missing, the case of a bad rating that came in meanwhile, follows from the rating, and
is asked for again when the copy is restored (`restoring.asked_again`).
"""

from __future__ import annotations

from collections.abc import Iterable

FIRST = (
    "audit_ends",
    "anchor_days",
    "anchors",
    "month_snapshots",
    "touched",
    "objections",
    "notices",
    "cases",
)
LAST = (
    "unopened",
    "quarantine",
    "errands",
    "ratings",
    "evidence.files",
    "evidence.chunks",
    "scores",
    "audit",
    "registry",
    "data_keys",
)
PASSING = frozenset({"sessions", "signin_failures"})
"""What nobody misses: people sign in again."""


def in_order(names: Iterable[str]) -> list[str]:
    """The collections to copy, as they are to be read."""
    known = {name for name in names if not name.startswith("system.") and name not in PASSING}
    between = sorted(known - {*FIRST, *LAST})
    return [name for name in (*FIRST, *between, *LAST) if name in known]
