"""The one who writes the audit: together, in order, and whatever comes."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.adapters.clock import MovableClock
from services.adapters.ledger import AUDIT, AuditChain
from services.adapters.ledger.writer import UNWRITABLE, Writer
from services.adapters.mongo import Db, Document
from tests.fake import fake_database

KEY = b"k" * 32


@pytest.fixture
def db() -> Db:
    """An empty database."""
    return fake_database(f"writer_{uuid.uuid4().hex[:8]}")


def entry(trace: str, **fields: Any) -> Document:
    """What a request came to."""
    at = datetime.now(UTC).replace(microsecond=0)
    said = {"at": at, "actor": "li", "roles": [], "action": "a", "route": "r", "address": "x"}
    return {
        "id": uuid.uuid4().hex,
        **said,
        "outcome": "done",
        "status": 200,
        "trace": trace,
    } | fields


def kept(db: Db) -> list[Document]:
    """What is in the audit."""
    return list(db[AUDIT].find().sort("_id", 1))


def write(db: Db, *entries: Document, counted: Any = lambda over: [], clock: Any = None) -> None:
    """Write entries and close."""
    writer = Writer(AuditChain(db, KEY, "score"), counted, clock)
    for each in entries:
        writer.note([each])
    writer._closing = True
    writer.run()


def test_what_was_noted_is_written_in_order_and_what_was_counted_at_the_end(db: Db) -> None:
    write(db, entry("1"), entry("2"), counted=lambda over: [entry("3", count=9)] if over else [])
    assert [each["trace"] for each in kept(db)] == ["1", "2", "3"]


def test_what_no_database_keeps_takes_no_other_entry_along(db: Db) -> None:
    write(db, entry("1"), entry("2", object="\ud800"), entry("3"))
    assert [each["trace"] for each in kept(db)] == ["1", "2", "3"]
    assert kept(db)[1]["error"] == UNWRITABLE
    assert "object" not in kept(db)[1]


def test_where_the_business_clock_was_moved_an_entry_tells_both_times(db: Db) -> None:
    clock = MovableClock(db)
    write(db, entry("now"), clock=clock)
    clock.move_to(datetime.now(UTC) + timedelta(days=30))
    write(db, entry("later"), clock=clock)
    now, later = kept(db)
    assert "business_at" not in now
    moved = later["business_at"] - later["at"]
    assert timedelta(days=29) < moved <= timedelta(days=30, seconds=2)
