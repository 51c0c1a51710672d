"""The quarantine as a work list, on the fake and on the real database."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError

from services.adapters.bus import Letter
from services.contracts import topology
from services.contracts.events import BadRatingStored, ErrandReported
from services.contracts.paging import cursor_at
from services.errors import Conflict, NotAllowed, NotFound, Unavailable
from services.store.forms import Asked
from services.store.letters import rows_of
from services.store.quarantine import RECEIPTS_KEPT
from services.store.repository import Ratings
from services.store.whereabouts import whereabouts
from tests.contract.desk import AN, GROWN, INSTALLATION, WANG, Store, dead, did
from tests.county import NOON, errand, linked, press


def test_only_the_outcome_of_the_store_closes_a_replay(store: Store) -> None:
    store.store(press(window="w9", rating_id="r"))
    store.directory = GROWN
    assert store.list.replay("r", AN).replaying == 1
    assert store.row("r")["state"] == "replaying"
    store.deliver()
    assert (store.row("r")["state"], did(store.row("r"))) == ("closed", ["replay", "stored"])
    assert store.row("r")["history"][0]["by"] == "an"
    assert [each["unit"] for each in store.db["ratings"].find()] == ["land"]


def test_what_is_refused_again_is_open_again_and_counted(store: Store) -> None:
    store.store(press(window="w9", device="d9", rating_id="r"))
    store.directory = GROWN
    store.list.replay("r", AN)
    before = list(store.sent)
    store.deliver()
    shown = store.list.show("r", AN)
    assert (shown.state, shown.reason, shown.count) == ("open", "unknown_device", 2)
    store.sent = before
    store.deliver()
    assert store.list.show("r", AN).count == 2, "a redelivery by the bus is not counted"


def test_a_replay_keeps_the_receipt_so_that_presses_can_be_counted_again(store: Store) -> None:
    first = press(window="w9", rating_id="r")
    store.store(first)
    store.directory = GROWN
    store.list.replay("r", AN)
    store.deliver()
    [rating] = store.db["ratings"].find()
    assert rating["receipt"] == first.receipt == store.row("r")["receipts"][0]


def test_a_service_that_was_rated_meanwhile_ends_the_row_as_final(store: Store) -> None:
    store.store(linked("A1", window="w9", rating_id="late"))
    store.store(linked("A1", rating_id="first"))
    store.directory = GROWN
    store.list.replay("late", AN)
    store.deliver()
    assert (store.row("late")["state"], store.row("late")["reason"]) == ("final", "already_rated")
    with pytest.raises(Conflict, match="final"):
        store.list.replay("late", AN)


def test_the_same_id_with_other_content_does_not_stay_in_the_air(store: Store) -> None:
    store.store(press(window="w9", rating_id="r", fingerprint="a"))
    store.directory = GROWN
    store.db["ratings"].insert_one(
        {"_id": "r", "rating_id": "r", "fingerprint": "b", "receipt": "x"}
    )
    store.list.replay("r", AN)
    store.deliver()
    assert store.row("r")["state"] == "closed"
    assert (store.row("r:a")["state"], store.row("r:a")["reason"]) == ("open", "id_conflict")


@pytest.mark.slow
def test_all_rows_of_a_reason_are_replayed_at_once(store: Store) -> None:
    store.store(*(press(window="w9", rating_id=f"r{n}") for n in range(450)))
    store.store(press(window="w8", unit="nowhere", rating_id="other"))
    store.rows.file([dead("RatingSubmitted", "{}")], NOON)
    store.db["quarantine"].update_one({"_id": "dead"}, {"$set": {"reason": "unknown_window"}})
    store.directory = GROWN
    answer = store.list.replay_all("unknown_window", AN)
    assert (answer.replaying, list(answer.cannot), answer.left) == (450, ["dead"], False)
    store.deliver()
    assert store.db["ratings"].count_documents({}) == 450
    assert {row["_id"] for row in store.db["quarantine"].find({"state": "open"})} == {
        "other",
        "dead",
    }


def test_while_the_bus_is_down_the_row_stays_open(store: Store) -> None:
    store.store(press(window="w9", rating_id="r"))
    store.broken = True
    with pytest.raises(Unavailable):
        store.list.replay("r", AN)
    assert (store.row("r")["state"], did(store.row("r"))) == ("open", ["replay", "not_replayed"])


def test_an_errand_is_closed_by_its_trace(store: Store) -> None:
    store.rows.file([dead("ErrandReported", errand().model_dump_json())], NOON)
    store.list.replay("dead", AN)
    assert store.row("dead")["state"] == "replaying"
    assert isinstance(store.deliver()[0], ErrandReported)
    assert store.row("dead")["state"] == "closed"


def test_a_message_of_another_service_is_handed_on_and_may_come_back(store: Store) -> None:
    event = BadRatingStored(
        rating_key="r",
        level=1,
        channel="tablet",
        unit="land",
        linked=False,
        named=False,
        contactable=False,
        has_text=False,
        pressed_at=NOON,
    )
    row = dead("BadRatingStored", event.model_dump_json())
    store.rows.file([row], NOON)
    store.list.replay("dead", AN)
    [letter] = store.sent
    assert (letter.exchange, letter.routing_key) == (topology.STORED, "bad_rating.stored")
    assert store.row("dead")["state"] == "closed"
    store.rows.file([replace(row, receipt="second")], NOON)
    assert did(store.row("dead")) == ["replay", "handed_on", "refused_again"]
    assert store.row("dead")["state"] == "open"


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        ("unreadable", "\ufffd\ufffd", "unreadable is no message"),
        ("RatingSubmitted", '{"rating_id": "x", "phone": "13800000000"}', "level"),
        ("RatingSubmitted", "[]", "cannot be replayed"),
    ],
)
def test_what_cannot_be_replayed_as_it_is_says_so(
    store: Store, kind: str, text: str, why: str
) -> None:
    store.rows.file([dead(kind, text)], NOON)
    with pytest.raises(Conflict, match=why) as refusal:
        store.list.replay("dead", AN)
    assert "13800000000" not in refusal.value.message
    shown = store.list.show("dead", AN)
    assert (shown.replayable, shown.why_not) == (False, refusal.value.message)
    assert "13800000000" not in shown.model_dump_json()
    assert store.row("dead")["state"] == "open"


def test_only_who_may_mend_sees_the_payload_and_nobody_sees_who_rated(store: Store) -> None:
    store.store(linked("A7", window="w9", rating_id="r", sealed=b"cipher", staff="s1"))
    store.store(linked("A8", window="w9", rating_id="n", sealed=b"cipher", named=True))
    assert store.list.show("r", WANG).payload is None
    anonymous, named = store.list.show("r", AN).payload or {}, store.list.show("n", AN).payload
    assert (anonymous["window"], anonymous["staff"]) == ("w9", "s1")
    assert (anonymous["errand_number"], anonymous["pressed_at"]) == ("***", "2020-03-05")
    assert named is not None
    assert (named["errand_number"], named["sealed"]) == ("A8", "***")


def test_a_named_person_discards_with_a_reason_and_nothing_is_deleted(store: Store) -> None:
    store.store(press(window="w9", rating_id="r"))
    with pytest.raises(NotAllowed, match="named person"):
        store.list.discard("r", "a test", INSTALLATION)
    store.list.discard("r", "a test press", AN)
    row = store.row("r")
    assert row["state"] == "discarded"
    assert row["history"] == [{"did": "discard", "by": "an", "reason": "a test press", "at": NOON}]
    assert row["sealed"]
    for act in (store.list.replay, lambda key, actor: store.list.discard(key, "again", actor)):
        with pytest.raises(Conflict, match="discarded"):
            act("r", AN)


def test_what_a_person_discarded_stays_so_when_the_kiosk_sends_it_again(store: Store) -> None:
    lost = press(window="w9", rating_id="r")
    store.store(lost)
    store.list.discard("r", "a test press", AN)
    store.store(lost.model_copy(update={"receipt": "again"}))
    shown = store.list.show("r", AN)
    assert (shown.state, shown.count) == ("discarded", 2)


def test_a_row_that_is_not_there_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        store.list.show("nothing", AN)


def test_the_list_is_read_page_by_page_newest_first(store: Store) -> None:
    for minute in range(3):
        rows = [dead("unreadable", "x", f"k{minute}{n}") for n in range(3)]
        store.rows.file(rows, NOON + timedelta(minutes=minute))
    store.rows.file([replace(dead("x", "x", "other"), reason="strange")], NOON)
    keys, after = list[str](), None
    while True:
        place: dict[str, str] = {"cursor": after} if after else {}
        page, after = store.list.page(
            Asked.model_validate({"reason": "gave_up", "limit": 2, **place})
        )
        keys += [row.id for row in page]
        if after is None:
            break
    assert keys == ["k22", "k21", "k20", "k12", "k11", "k10", "k02", "k01", "k00"]
    assert [row.id for row in store.list.page(Asked(reason="strange"))[0]] == ["other"]
    assert store.list.page(Asked(state="closed"))[0] == []


@pytest.mark.parametrize("wrong", ["x", "eA==", cursor_at(NOON.replace(tzinfo=None), "k")])
def test_a_cursor_that_no_list_has_given_is_refused(wrong: str) -> None:
    with pytest.raises(ValidationError):
        Asked.model_validate({"cursor": wrong})


def test_a_sender_learns_where_its_rating_is(store: Store) -> None:
    store.store(linked("A1", rating_id="r1"), press(rating_id="r2", window="w9"))
    told = {id: whereabouts(id, "hall", Ratings(store.db), store.rows) for id in ("r1", "r2", "r3")}
    assert {id: each.status for id, each in told.items()} == {
        "r1": "stored",
        "r2": "quarantined",
        "r3": "not_seen_yet",
    }
    assert told["r1"].stored_at == NOON
    assert (told["r2"].reason, told["r2"].state) == ("unknown_window", "open")
    assert "w9 is not in the registry" in told["r2"].detail
    assert "keep it in your outbox" in told["r3"].detail


def test_a_device_learns_nothing_about_what_others_sent(store: Store) -> None:
    store.store(press(rating_id="r1"), press(rating_id="r2", window="w9"))
    for id in ("r1", "r2"):
        told = whereabouts(id, "kiosk-1", Ratings(store.db), store.rows)
        assert told.status == "not_seen_yet"


def test_a_dead_press_is_known_to_its_sender(store: Store) -> None:
    body = json.dumps(
        {"type": "RatingSubmitted", "items": [{"rating_id": "r", "submitted_by": "hall"}]}
    )
    letter = Letter(1, body.encode(), {}, "store.ratings", "m")
    store.rows.file(list(rows_of(letter, str.encode)), NOON)
    assert whereabouts("r", "hall", Ratings(store.db), store.rows).status == "quarantined"


def test_of_a_row_that_comes_for_ever_the_count_stays_and_the_list_is_bounded(store: Store) -> None:
    lost = press(window="w9", rating_id="r")
    for number in range(RECEIPTS_KEPT + 5):
        store.store(lost.model_copy(update={"receipt": f"receipt {number}"}))
    store.store(lost.model_copy(update={"receipt": f"receipt {RECEIPTS_KEPT + 4}"}))
    assert len(store.row("r")["receipts"]) == RECEIPTS_KEPT
    assert store.list.show("r", AN).count == RECEIPTS_KEPT + 5


def test_how_many_rows_are_left_to_do_is_told_by_state(store: Store) -> None:
    store.store(*(press(window="w9", rating_id=f"r{n}") for n in range(3)))
    store.list.replay("r0", AN)
    store.list.discard("r1", "forged", AN)
    assert store.rows.left() == {"open": 1, "replaying": 1}
