"""What the edge refused over MQTT and AMQP, as rows of the work list, on both databases."""

from __future__ import annotations

import json
from dataclasses import replace

from services.adapters.bus import Letter
from services.adapters.bus.deliveries import FROM
from services.adapters.bus.settling import QUEUE, REASON
from services.contracts import topology
from services.contracts.actor import Role
from services.contracts.vouching import HEADER, Sender
from services.store.letters import rows_of
from services.store.quarantine import Row
from services.store.repository import Ratings
from services.store.whereabouts import whereabouts
from tests.contract.desk import AN, GROWN, Store, did
from tests.county import NOON, press


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
    assert (letter.exchange, letter.routing_key) == (topology.BACK, topology.CAPTURE_RAW.name)
    assert json.loads(letter.body)["level"] == 1
    assert HEADER in letter.headers
    assert store.row("r")["state"] == "replaying"
    store.store(press(rating_id="r", receipt="first"))
    assert (store.row("r")["state"], did(store.row("r"))) == ("closed", ["replay", "stored"])


def test_a_probe_that_was_refused_and_comes_through_closes_its_row(store: Store) -> None:
    store.rows.file([refused_raw()], NOON)
    store.list.replay("r", AN)
    store.store(press(rating_id="r", receipt="first", probe=True))
    assert store.row("r")["state"] == "closed"


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
