"""The audit as it is kept, on the fake and on the real database: appended to, and found out."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo.errors import NetworkTimeout

from services.adapters.anchors import Anchors
from services.adapters.ledger import AUDIT, ENDS, AuditChain
from services.adapters.mongo import Db, Document
from services.contracts.audit import LEDGER
from services.registry.auditlog import Asked, AuditLog, Filters
from services.registry.examination import Examiner, anchor_all
from tests.fake import fake_database

KEY, PART = b"k" * 32, "rectify"
NOON = datetime(2020, 3, 5, 4, 0, tzinfo=UTC)
DAY = date(2020, 3, 5)


def entry(number: int = 0, **fields: Any) -> Document:
    """What a request came to."""
    said = {
        "id": uuid.uuid4().hex,
        "at": NOON + timedelta(minutes=number),
        "actor": "li",
        "roles": ["officer"],
        "action": "move_case",
        "route": "POST /v1/cases/<id>/moves",
        "outcome": "done",
        "status": 200,
        "units": ["tax"],
        "changes": [{"field": "state", "old": "opened", "new": "verifying"}],
        "address": "192.0.2.7",
        "trace": f"t{number}",
    }
    return said | fields


def written(db: Db, *counts: int) -> None:
    """So many entries in each of some appends."""
    chain, number = AuditChain(db, KEY, PART), 0
    for count in counts:
        chain.append([entry(number + each) for each in range(count)])
        number += count


def faults(db: Db, elsewhere: Any = None) -> list[tuple[int, str]]:
    """What is found wrong with the part."""
    examiner = Examiner(KEY, AuditLog(db), Anchors(db, KEY, LEDGER))
    _, found, following = examiner.next(PART, 0, elsewhere)
    assert following is None
    return [(each.number, each.what) for each in found]


def name(number: int) -> str:
    """Under which name an entry is kept."""
    return f"{PART}:{number:012}"


def traces(db: Db) -> list[str]:
    """The entries of the part in their order."""
    return [each["trace"] for each in AuditLog(db).after(PART, 0, 1000)]


def test_what_was_written_is_whole(db: Db) -> None:
    written(db, 1, 3, 2)
    assert traces(db) == ["t0", "t1", "t2", "t3", "t4", "t5"]
    assert faults(db) == []


def test_replicas_append_to_one_chain_and_lose_nothing(db: Db) -> None:
    one, other = AuditChain(db, KEY, PART), AuditChain(db, KEY, PART)
    one.append([entry(0)])
    other.append([entry(1), entry(2)])
    one.append([entry(3)])
    other.append([entry(4)])
    assert traces(db) == ["t0", "t1", "t2", "t3", "t4"]
    assert faults(db) == []


class Forgetful:
    """A collection that keeps what it is given, and once does not live to say so."""

    def __init__(self, collection: Any) -> None:
        self.collection, self.forgot = collection, False

    def insert_many(self, documents: Iterable[Document]) -> Any:
        """Keep documents."""
        kept = self.collection.insert_many(documents)
        if not self.forgot:
            self.forgot = True
            raise NetworkTimeout("no answer came")
        return kept

    def __getattr__(self, name: str) -> Any:
        return getattr(self.collection, name)


def test_an_entry_whose_answer_was_lost_is_kept_once(db: Db) -> None:
    chain, batch = AuditChain(db, KEY, PART), [entry(0), entry(1)]
    chain._entries = Forgetful(db[AUDIT])  # type: ignore[assignment]
    with pytest.raises(NetworkTimeout):
        chain.append(batch)
    AuditChain(db, KEY, PART).append([entry(2)])
    chain.append(batch)
    chain.append([entry(3)])
    assert traces(db) == ["t0", "t1", "t2", "t3"]
    assert faults(db) == []


def test_an_entry_that_was_changed_is_named(db: Db) -> None:
    written(db, 5)
    db[AUDIT].update_one({"_id": name(3)}, {"$set": {"actor": "wu"}})
    assert faults(db) == [(3, "was changed")]


def test_an_entry_that_is_missing_is_named(db: Db) -> None:
    written(db, 5)
    db[AUDIT].delete_one({"_id": name(3)})
    assert faults(db)[0] == (3, "3 missing before 4")


def test_entries_that_are_out_of_order_are_named(db: Db) -> None:
    written(db, 5)
    kept = {number: db[AUDIT].find_one({"_id": name(number)}) or {} for number in (2, 3)}
    for at, other in ((2, 3), (3, 2)):
        db[AUDIT].replace_one({"_id": name(at)}, {**kept[other], "_id": name(at)})
    assert faults(db)[0] == (2, "out of order: it says that it is number 3")


def test_entries_that_were_cut_off_at_the_end_are_told_at_once_and_for_ever(db: Db) -> None:
    written(db, 5)
    db[AUDIT].delete_many({"_id": {"$gte": name(4)}})
    assert faults(db) == [(4, "cut off at the end: 5 were written, 3 are kept")]
    AuditChain(db, KEY, PART).append([entry(9)])
    assert faults(db)[0] == (4, "4–5 missing before 6")


def test_a_chain_put_back_as_it_once_was_is_told_by_its_anchor(db: Db) -> None:
    written(db, 2)
    before = {each["_id"]: each for each in db[ENDS].find()}
    AuditChain(db, KEY, PART).append([entry(2)])
    made = anchor_all(Anchors(db, KEY, LEDGER), AuditLog(db), DAY)
    db[AUDIT].delete_one({"_id": name(3)})
    db[ENDS].replace_one({"_id": PART}, before[PART])
    assert faults(db) == [(3, "anchored on 2020-03-05, and gone")]
    db["anchors"].delete_many({})
    db["anchor_days"].delete_many({})
    assert faults(db) == [], "then only what was kept outside the database can tell"
    assert faults(db, made.tops[0]) == [(0, "0 anchors are kept of 1: the last were cut off")]


def test_a_part_that_is_gone_as_a_whole_is_told(db: Db) -> None:
    written(db, 3)
    anchor_all(Anchors(db, KEY, LEDGER), AuditLog(db), DAY)
    db[AUDIT].delete_many({})
    assert faults(db)[0] == (1, "cut off at the end: 3 were written, 0 are kept")
    db[ENDS].delete_many({})
    assert faults(db) == [(3, "anchored on 2020-03-05, and gone")]


def test_it_is_read_page_by_page_the_newest_first(db: Db) -> None:
    written(db, 7)
    log, seen, cursor = AuditLog(db), [], None
    while True:
        asked = Asked.model_validate({"limit": 3, **({"cursor": cursor} if cursor else {})})
        found, cursor = log.page(asked, None)
        seen += [each.trace for each in found]
        if cursor is None:
            break
    assert seen == ["t6", "t5", "t4", "t3", "t2", "t1", "t0"]


def test_it_is_filtered_and_a_supervisor_reads_of_the_own_subtree(db: Db) -> None:
    chain = AuditChain(db, KEY, PART)
    chain.append([entry(0), entry(1, units=["land"], actor="wu"), entry(2, units=[])])
    log = AuditLog(db)
    assert [e.trace for e in log.between(Filters(), {"tax"})] == ["t0"]
    assert [e.trace for e in log.between(Filters(actor="wu"), None)] == ["t1"]
    within = Filters.model_validate({"from": NOON + timedelta(minutes=1), "to": entry(2)["at"]})
    assert [e.trace for e in log.between(within, None)] == ["t1"]


LEAVES = st.sampled_from(["actor", "at", "status", "units", "changes", "seal", "service", "number"])
WRONG: st.SearchStrategy[Any] = st.sampled_from(
    ["other", 0, None, [], 1.5, True, NOON - timedelta(days=1), {"a": 1}]
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), count=st.integers(2, 6))
def test_whatever_is_done_to_a_stored_entry_is_found(data: st.DataObject, count: int) -> None:
    """On the fake alone: what is found is a matter of what is kept, not of who keeps it."""
    db = fake_database(f"tampered_{uuid.uuid4().hex[:8]}")
    written(db, count)
    number = data.draw(st.integers(1, count))
    kept = db[AUDIT].find_one({"_id": name(number)}) or {}
    how = data.draw(
        st.sampled_from(["field", "added", "removed", "deleted", "replaced", "renamed"])
    )
    tampered = dict(kept)
    if how == "field":
        field = data.draw(LEAVES)
        tampered[field] = data.draw(WRONG.filter(lambda wrong: wrong != kept[field]))
    elif how == "added":
        tampered["note"] = data.draw(WRONG)
    elif how == "removed":
        del tampered[data.draw(st.sampled_from(sorted(kept.keys() - {"_id"})))]
    elif how == "replaced":
        other = data.draw(st.integers(1, count).filter(lambda other: other != number))
        tampered = {**(db[AUDIT].find_one({"_id": name(other)}) or {}), "_id": name(number)}
    db[AUDIT].delete_one({"_id": name(number)})
    if how == "renamed":
        tampered["_id"] = name(data.draw(st.integers(count + 1, count + 5)))
    if how != "deleted":
        db[AUDIT].insert_one(tampered)
    assert faults(db), f"{how} of entry {number} of {count} was not found"
    assert faults(db)[0][0] <= number
