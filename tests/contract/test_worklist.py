"""The quarantine as a work list, on the fake and on the real database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from services.adapters.bus import Letter, Outgoing
from services.adapters.bus.deliveries import FROM, unpack
from services.adapters.bus.settling import QUEUE, REASON
from services.adapters.mongo import Db
from services.adapters.outcome import Done
from services.adapters.registry import ADMINISTRATOR
from services.contracts import topology
from services.contracts.actor import Actor, Role
from services.contracts.directory import Directory, Window
from services.contracts.events import BadRatingStored, ErrandReported, RatingSubmitted
from services.contracts.message import Message
from services.contracts.vouching import HEADER, Sender
from services.errors import Conflict, NotAllowed, NotFound, Unavailable
from services.store.batch import Storing
from services.store.forms import Asked, cursor
from services.store.intake import Intake
from services.store.letters import rows_of
from services.store.quarantine import RECEIPTS_KEPT, Quarantine, Row
from services.store.repository import Ratings
from services.store.whereabouts import whereabouts
from services.store.worklist import WorkList, concluded
from tests.county import DIRECTORY, NOON, RULES, errand, linked, press

AN, WANG = Actor("an", frozenset({Role.ADMINISTRATOR})), Actor("wang", frozenset({Role.SUPERVISOR}))
INSTALLATION = Actor(ADMINISTRATOR, frozenset({Role.ADMINISTRATOR}))
W9 = Window(id="w9", name="9号窗口", hall="大厅", unit="land")
GROWN = Directory(units=DIRECTORY.units, windows=(*DIRECTORY.windows, W9))


@dataclass
class Store:
    """A store and its bus; what is published waits until `deliver`."""

    db: Db
    directory: Directory = DIRECTORY
    sent: list[Outgoing] = field(default_factory=list)
    broken: bool = False

    @property
    def rows(self) -> Quarantine:
        """The rows."""
        return Quarantine(self.db)

    @property
    def list(self) -> WorkList:
        """The work list."""
        return WorkList(self.rows, lambda sealed: {"text": sealed.decode()}, self.publish, NOON)

    def publish(self, *messages: Outgoing) -> None:
        """Take messages, or fail."""
        if self.broken:
            raise Unavailable
        self.sent += messages

    def store(self, *presses: RatingSubmitted) -> None:
        """Store presses the way the service does."""
        intake = Intake(self.directory, RULES, NOON, {})
        Storing.on(self.db, intake, sealed).store(presses)

    def deliver(self) -> Sequence[Message]:
        """Let the bus bring what was published to the store."""
        letters = [Letter(1, each.body, {}, each.routing_key, each.id) for each in self.sent]
        found = [delivery for letter in letters for delivery in unpack(letter).deliveries]
        self.sent.clear()
        self.store(*(d.message for d in found if isinstance(d.message, RatingSubmitted)))
        others = [each for each in found if not isinstance(each.message, RatingSubmitted)]
        self.rows.close(concluded(others, [Done()] * len(others)), NOON)
        return [delivery.message for delivery in found]

    def row(self, key: str) -> dict[str, Any]:
        """A row."""
        return self.rows.get(key) or {}


@pytest.fixture
def store(db: Db) -> Store:
    """An empty store."""
    return Store(db)


def sealed(each: RatingSubmitted) -> bytes:
    """The payload, sealed by nothing."""
    return each.model_dump_json().encode()


def dead(kind: str, text: str, key: str = "dead") -> Row:
    """A dead letter of some kind."""
    return Row(key, "gave_up", "too late", text.encode(), "r", kind)


def did(row: dict[str, Any]) -> list[str]:
    """What was done about a row, in order."""
    return [step["did"] for step in row.get("history", ())]


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
    assert (letter.exchange, letter.routing_key) == (topology.EVENTS, "bad_rating.stored")
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


@pytest.mark.parametrize("wrong", ["x", "eA==", cursor(NOON.replace(tzinfo=None), "k")])
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


def refused_raw() -> Row:
    """A press that the edge refused out of a letter of the kiosk."""
    sender = Sender(by="kiosk-1", role=Role.DEVICE, received_at=NOON, receipt="first")
    item = {"rating_id": "r", "level": 1, "errand_number": "A7", "phone": "13800000000"}
    body = json.dumps({"type": "RatingForm", "items": [item]}).encode()
    headers = {REASON: "malformed: /epoch", QUEUE: topology.CAPTURE_RAW.name, **sender.headers}
    [row] = rows_of(Letter(1, body, headers, "capture.raw", "m"), str.encode)
    return row


def test_a_press_that_the_edge_refused_goes_back_to_the_edge(store: Store) -> None:
    store.rows.file([refused_raw()], NOON)
    shown = store.list.show("r", AN)
    assert (shown.replayable, shown.why_not) == (True, None)
    masked = {"errand_number": "***", "phone": "***"}
    assert shown.payload == {"rating_id": "r", "level": 1, **masked}
    assert store.list.replay("r", AN).replaying == 1
    [letter] = store.sent
    assert (letter.exchange, letter.routing_key) == ("", topology.CAPTURE_RAW.name)
    assert json.loads(letter.body)["level"] == 1
    assert HEADER in letter.headers
    assert store.row("r")["state"] == "replaying"
    store.store(press(rating_id="r", receipt="first"))
    assert (store.row("r")["state"], did(store.row("r"))) == ("closed", ["replay", "stored"])


def test_a_press_that_the_edge_refuses_again_is_open_again(store: Store) -> None:
    store.rows.file([refused_raw()], NOON)
    store.list.replay_all("malformed", AN)
    store.rows.file([refused_raw()], NOON)
    shown = store.list.show("r", AN)
    assert (shown.state, shown.count) == ("open", 2)
    assert whereabouts("r", "kiosk-1", Ratings(store.db), store.rows).status == "quarantined"


def test_a_press_that_passed_the_edge_is_from_then_on_a_message(store: Store) -> None:
    store.rows.file([refused_raw()], NOON)
    store.list.replay("r", AN)
    store.store(press(rating_id="r", window="w9", submitted_by="kiosk-1"))
    row = store.row("r")
    assert (row["state"], row["kind"]) == ("open", "RatingSubmitted")
    store.sent.clear()
    store.directory = GROWN
    store.list.replay("r", AN)
    store.deliver()
    assert store.row("r")["state"] == "closed"
    assert store.db["ratings"].count_documents({}) == 1


def test_a_whole_letter_is_handed_on_and_may_come_back(store: Store) -> None:
    headers = {REASON: "forged: x", QUEUE: topology.CAPTURE_RAW.name, FROM: '{"exchange": "e"}'}
    letter = Letter(1, b'{"device": "kiosk-9"}', headers, "capture.raw", "m")
    [row] = rows_of(letter, str.encode)
    store.rows.file([row], NOON)
    store.list.replay(row.key, AN)
    [sent] = store.sent
    assert (sent.body, dict(sent.headers)) == (letter.body, {FROM: headers[FROM]})
    assert store.row(row.key)["state"] == "closed"
    store.rows.file([replace(row, receipt="second")], NOON)
    assert did(store.row(row.key)) == ["replay", "handed_on", "refused_again"]


def test_of_a_row_that_comes_for_ever_the_count_stays_and_the_list_is_bounded(store: Store) -> None:
    lost = press(window="w9", rating_id="r")
    for number in range(RECEIPTS_KEPT + 5):
        store.store(lost.model_copy(update={"receipt": f"receipt {number}"}))
    store.store(lost.model_copy(update={"receipt": f"receipt {RECEIPTS_KEPT + 4}"}))
    assert len(store.row("r")["receipts"]) == RECEIPTS_KEPT
    assert store.list.show("r", AN).count == RECEIPTS_KEPT + 5
