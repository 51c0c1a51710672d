"""Who may do what in the database: each service keeps its own collections and reads what it needs.

Nobody may change or remove what stands in the audit, and nobody but its keeper can remove anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Right(StrEnum):
    """How far a service may go in a collection."""

    READ = "read"
    ADD = "add"
    CHANGE = "change"
    KEEP = "keep"


_ADDING = ("find", "insert", "createCollection", "createIndex")
ACTIONS: Mapping[Right, tuple[str, ...]] = {
    Right.READ: ("find",),
    Right.ADD: _ADDING,
    Right.CHANGE: ("find", "update"),
    Right.KEEP: (*_ADDING, "update", "remove"),
}
"""MongoDB's privilege actions of each right."""


@dataclass(frozen=True)
class Rights:
    """The collections of one service, by how far it may go in them."""

    keeps: str
    adds: str = ""
    changes: str = ""
    reads: str = ""

    def all(self) -> Iterator[tuple[str, Right]]:
        """Each collection with its right."""
        words = (self.reads, self.adds, self.changes, self.keeps)
        for text, right in zip(words, Right, strict=True):
            yield from ((name, right) for name in text.split())


SHARED = frozenset({"audit_ends", "touched", "anchors", "anchor_days"})
"""Kept by more than one service: the ends of each one's audit, and what one hands to another."""
KEEPING: Mapping[str, Rights] = {
    "capture": Rights(
        keeps="heartbeats link_uses audit_ends",
        adds="audit data_keys",
        reads="registry settings tokens device_keys ratings",
    ),
    "store": Rights(
        keeps="ratings errands touched probes unswept quarantine paces pace_hours key_passes "
        "data_keys migrations audit_ends",
        adds="audit",
        changes="objections device_keys subscriptions sessions",
        reads="registry settings tokens heartbeats cases",
    ),
    "rectify": Rights(
        keeps="cases unopened deadline_bases objections erasures grants notices subscriptions "
        "evidence.files evidence.chunks evidence.begun anchors anchor_days audit_ends",
        adds="audit data_keys",
        reads="registry settings tokens device_keys ratings",
    ),
    "score": Rights(
        keeps="tallies tally_days hours month_snapshots scores imports tally_checks touched "
        "audit_ends",
        adds="audit",
        reads="registry settings tokens device_keys heartbeats ratings errands cases quarantine",
    ),
    "registry": Rights(
        keeps="registry settings device_keys accounts signin_failures tokens anchors anchor_days "
        "audit_ends",
        adds="audit data_keys",
        reads="heartbeats sessions",
    ),
    "portal": Rights(
        keeps="sessions saved_filters audit_ends",
        adds="audit data_keys",
        reads="registry settings tokens device_keys",
    ),
}
"""The store may change what others keep, for it seals everything anew when keys are changed."""
