"""Letters of devices and systems: who sent them is proven, and no small thing costs a press."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.adapters.bus import Letter
from services.adapters.bus.settling import REASON, Settled, copies
from services.adapters.http import ANONYMOUS
from services.adapters.outcome import Later, Never
from services.capture.edge import Edge
from services.capture.forms import RatingForm
from services.capture.opened import Opened, outgoing
from services.capture.raw import STALE, Desk, vouched
from services.capture.readiness import PROBE
from services.contracts import topology
from services.contracts.directory import Directory
from services.contracts.sequence import rating_id
from services.contracts.signing import Signed, signature
from services.contracts.vouching import HEADER
from tests.county import DIRECTORY, NOON, RULES

KEY, WALL = b"key of kiosk-1", datetime(2026, 3, 5, 4, tzinfo=UTC)
DAY = timedelta(days=1)


def has_its_key(signed: Signed, body: bytes, now: datetime) -> bool:
    """Whether the one key of the one device signed it."""
    return signed.device == "kiosk-1" and signed.is_authentic(body, [KEY])


EDGE = Edge(ANONYMOUS, RULES, NOON, lambda fields: b"sealed", b"fingerprints")
EPOCHS = {"kiosk-1": 2}
DESK = Desk(EDGE, DIRECTORY, WALL, has_its_key, EPOCHS.__getitem__)


def form(**fields: Any) -> dict[str, Any]:
    """A press as a device sends it."""
    press = {"rating_id": str(uuid.uuid4()), "level": 5, "channel": "tablet"}
    return {**press, "pressed_at": "2020-03-05T11:59:00+08:00", **fields}


def by_mqtt(content: Any, key: bytes = KEY, at: datetime = WALL, **over: Any) -> Letter:
    """What the kiosk publishes, signed."""
    body, second = json.dumps(content), int(at.timestamp())
    signed = {"device": "kiosk-1", "id": "m1", "timestamp": second, "body": body}
    signed["signature"] = signature(key, "m1", second, body.encode())
    text = json.dumps({**signed, **over}).encode()
    return Letter(1, text, {}, topology.raw_key("kiosk-1"), None, topology.MQTT)


def by_amqp(content: Any, user: str | None = "system-hall", system: str = "hall") -> Letter:
    """What the hall's system publishes."""
    body, key = json.dumps(content).encode(), topology.raw_key(system)
    return Letter(1, body, {}, key, "a1", topology.RAW, user)


def opened(letter: Letter, desk: Desk = DESK) -> Opened:
    """The letter, which must be of a known sender."""
    read = desk.open(letter)
    assert isinstance(read, Opened), read
    return read


def refused(letter: Letter) -> str:
    """Why nobody can use the letter."""
    read = DESK.open(letter)
    assert isinstance(read, Never), read
    return read.reason


def test_a_signed_press_becomes_an_event_of_its_device() -> None:
    [event] = opened(by_mqtt(form(comment="好"))).events
    assert (event.device, event.submitted_by, event.marks) == ("kiosk-1", "kiosk-1", ())
    assert (event.received_at, event.sealed, event.has_text) == (NOON, b"sealed", True)


def test_a_system_is_who_the_broker_says_it_is() -> None:
    [event] = opened(by_amqp(form(device="kiosk-1"))).events
    assert (event.device, event.submitted_by) == ("kiosk-1", "hall")


@pytest.mark.parametrize(
    ("letter", "says"),
    [
        (by_mqtt(form(), key=b"another key"), "forged: no key of device kiosk-1"),
        (by_mqtt(form(), signature=""), "forged: no key of device kiosk-1"),
        (by_mqtt(form(), id="m2"), "forged: no key of device kiosk-1"),
        (by_mqtt(form(), device="kiosk-2"), "forged: device kiosk-1 sends as kiosk-2"),
        (replace(by_mqtt(form()), routing_key=topology.raw_key("kiosk-2")), "forged: device"),
        (by_mqtt(form(), body=json.dumps(form(level=1))), "forged: no key of device kiosk-1"),
        (by_amqp(form(), user=None), "forged: nobody sends as hall"),
        (by_amqp(form(), user="system-tax"), "forged: system-tax sends as hall"),
        (by_amqp(form(), "system-bank", "bank"), "forged: bank is not in the registry"),
        (by_amqp(form(), "system-kiosk-1", "kiosk-1"), "forged: kiosk-1 is not a system"),
        (replace(by_mqtt(form()), body=b"5"), "malformed: "),
        (replace(by_mqtt(form()), body=json.dumps(form()).encode()), "malformed: /device"),
        (by_mqtt([]), "malformed: 0 presses"),
        (by_mqtt([form()] * 201), "malformed: 201 presses"),
        (by_mqtt([form(), 7]), "malformed: /1 is no JSON object"),
        (replace(by_amqp(form()), body=b"[" * 100_000), "malformed: "),
        (replace(by_amqp(form()), body=b'{"comment":"\xff"}'), "malformed: "),
        (replace(by_amqp(form()), body=b" " * (topology.BULK_BYTES + 1)), "malformed: more"),
    ],
)
def test_what_nobody_can_use_has_a_reason(letter: Letter, says: str) -> None:
    assert refused(letter).startswith(says)


def test_a_device_whose_time_has_ended_is_not_believed() -> None:
    gone = tuple(each.model_copy(update={"active_to": NOON}) for each in DIRECTORY.devices)
    directory = Directory(devices=gone)
    assert isinstance(replace(DESK, directory=directory).open(by_mqtt(form())), Never)


def test_a_device_speaks_for_itself_only() -> None:
    [result] = opened(by_mqtt(form(device="kiosk-2"))).results
    assert isinstance(result, Never)
    assert result.reason.startswith("forged: Device kiosk-1 cannot send")


@pytest.mark.parametrize("tag", ["110", "no such tag"])
def test_a_wrong_tag_never_costs_the_press(tag: str) -> None:
    [event] = opened(by_mqtt(form(tags=[tag]))).events
    assert (event.level, event.tags) == (5, (tag,))


@pytest.mark.parametrize("hours", [-48, -1, 1, 48])
def test_what_was_signed_long_ago_is_taken_and_marked(hours: int) -> None:
    [event] = opened(by_mqtt(form(), at=WALL + timedelta(hours=hours))).events
    assert event.marks == (STALE,)


def test_the_good_ones_of_a_backlog_are_taken_whatever_is_wrong_with_the_others() -> None:
    backlog = [form(), form(level=9), form(colour="red"), form(), form(level=True)]
    read = opened(by_mqtt(backlog))
    assert [event.rating_id for event in read.events] == [
        backlog[0]["rating_id"],
        backlog[3]["rating_id"],
    ]
    sent = list(outgoing([read, opened(by_mqtt(form()))], WALL))
    dead = [copy for copy in sent if copy.exchange == topology.DEAD]
    reasons = {copy.headers[REASON]: json.loads(copy.body)["items"] for copy in dead}
    assert sorted(reason.split()[1] for reason in reasons) == ["/colour", "/level", "/level"]
    assert [backlog[2]] in reasons.values()
    kept = [json.loads(copy.body)["items"] for copy in sent if copy not in dead]
    assert [len(items) for items in kept] == [2, 1]


def counted(epoch: int, sequence: int = 7) -> dict[str, Any]:
    """A press as the kiosk counts it."""
    id = str(rating_id("kiosk-1", epoch, sequence))
    return form(rating_id=id, epoch=epoch, sequence=sequence)


def test_an_epoch_that_was_never_issued_is_refused_and_says_what_to_do() -> None:
    taken, refused = opened(by_mqtt([counted(2), counted(3)])).results
    assert not isinstance(taken, Never)
    assert isinstance(refused, Never)
    assert refused.reason.startswith("malformed: /epoch 3 was never issued to kiosk-1")
    assert "enrol it again" in refused.reason


def ended_an_hour_ago(signed: Signed, body: bytes, now: datetime) -> bool:
    """The key signed until the kiosk was imaged anew."""
    return now < WALL - timedelta(hours=1) and has_its_key(signed, body, now)


def test_a_letter_that_waited_while_its_device_was_imaged_anew_counts_in_its_own_epoch() -> None:
    desk = replace(DESK, authentic=ended_an_hour_ago)
    taken, forged = opened(by_mqtt([counted(1), counted(2)]), desk).results
    assert not isinstance(taken, Never)
    assert isinstance(forged, Never)
    assert "enrol it again" in forged.reason


def test_a_key_that_ended_longer_ago_than_a_letter_may_wait_signs_nothing() -> None:
    desk = replace(DESK, authentic=ended_an_hour_ago, wall=WALL + 4 * DAY)
    read = desk.open(by_mqtt(counted(1)))
    assert isinstance(read, Never)
    assert read.reason.startswith("forged")


def replayed(letter: Letter, desk: Desk = DESK) -> list[Letter]:
    """What was refused out of a letter, as the work list sends it once more."""
    out = outgoing([opened(letter, desk)], WALL)
    dead = [copy for copy in out if copy.exchange == topology.DEAD]
    bodies = [json.dumps(json.loads(copy.body)["items"][0]).encode() for copy in dead]
    senders = [{HEADER: copy.headers[HEADER]} for copy in dead]
    key = topology.CAPTURE_RAW.name
    return [Letter(2, body, head, key, "x") for body, head in zip(bodies, senders, strict=True)]


@pytest.mark.parametrize("hours", [0, -48])
def test_a_refused_press_is_taken_later_as_it_would_have_been_then(hours: int) -> None:
    letter = by_mqtt([form(), counted(3), counted(3, 8)], at=WALL + timedelta(hours=hours))
    mended = replace(DESK, issued=lambda device: 3)
    nine_days_on = replace(EDGE, received_at=NOON + 9 * DAY)
    later = replace(mended, edge=nine_days_on, wall=WALL + 9 * DAY)
    events = [event for each in replayed(letter) for event in opened(each, later).events]
    assert events == opened(letter, mended).events[1:]


def test_a_press_that_is_refused_again_keeps_its_sender() -> None:
    [again] = replayed(by_mqtt(counted(3)))
    [once_more] = [*outgoing([opened(again)], WALL)]
    assert once_more.headers[HEADER] == again.headers[HEADER]


def test_a_press_whose_system_is_gone_goes_back_to_its_own_row() -> None:
    press = form(level=9)
    [again] = replayed(by_amqp(press))
    [back] = outgoing([opened(again, replace(DESK, directory=Directory()))], WALL)
    assert back.exchange == topology.DEAD
    assert "hall is not in the registry" in back.headers[REASON]
    assert json.loads(back.body)["items"] == [press]
    assert back.headers[HEADER] == again.headers[HEADER]


@pytest.mark.parametrize("exchange", [topology.MQTT, topology.RAW])
def test_a_stranger_cannot_vouch_for_itself(exchange: str) -> None:
    [again] = replayed(by_mqtt(counted(3)))
    assert vouched(again) is not None
    assert vouched(replace(again, exchange=exchange)) is None


def test_a_replayed_press_that_is_put_off_comes_back_with_its_sender() -> None:
    """While the bus does not confirm the edge puts it off: it must not come back as forged."""
    [again] = replayed(by_mqtt(counted(3)))
    [copy] = copies("capture.raw", Settled(again, (Later("the bus did not confirm"),)))
    back = Letter(3, copy.body, copy.headers, copy.routing_key, copy.id).as_first_sent()
    assert vouched(back) == vouched(again)


def test_a_probe_of_readiness_is_no_press() -> None:
    probe = Letter(1, b"{}", {}, PROBE, None, topology.MQTT)
    assert opened(probe).events == []


@given(st.integers(1, 5))
def test_a_redelivery_is_no_resend_and_a_resend_is_no_redelivery(presses: int) -> None:
    backlog = [form() for _ in range(presses)]
    letter = by_mqtt(backlog)
    first, again = opened(letter), opened(replace(letter, tag=9))
    resent = opened(by_mqtt(backlog, at=WALL + timedelta(seconds=1)))
    receipts = [event.receipt for event in first.events]
    assert receipts == [event.receipt for event in again.events]
    assert len(set(receipts) | {event.receipt for event in resent.events}) == 2 * presses
    assert [e.fingerprint for e in first.events] == [e.fingerprint for e in resent.events]


FIELDS = st.sampled_from(sorted(RatingForm.model_fields))
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.text())
)
TIMES = st.datetimes(timezones=st.timezones(), allow_imaginary=False).map(datetime.isoformat)


@given(st.dictionaries(FIELDS, st.one_of(VALUES, TIMES)), st.booleans())
def test_whatever_is_in_a_letter_it_is_read_or_has_a_reason(
    fields: dict[str, Any], device: bool
) -> None:
    content = {**form(), **fields}
    read = DESK.open(by_mqtt(content) if device else by_amqp(content))
    assert isinstance(read, Never) or [*outgoing([read], WALL)]


@given(st.binary(), st.sampled_from([by_mqtt(form()), by_amqp(form())]))
def test_noise_is_no_reason_to_stumble(body: bytes, letter: Letter) -> None:
    read = DESK.open(replace(letter, body=body))
    assert isinstance(read, Never) or read.events == []


@given(TIMES, TIMES)
def test_no_clock_is_too_wrong_to_be_answered(pressed: str, sent: str) -> None:
    [result] = opened(by_mqtt(form(pressed_at=pressed, sent_at=sent))).results
    assert isinstance(result, Never) or bson.encode(result.model_dump())


def test_what_was_put_off_comes_back_as_it_first_came() -> None:
    letter = by_amqp(form())
    [copy] = copies(topology.CAPTURE_RAW.name, Settled(letter, (Later("the bus is full"),)))
    back = Letter(2, copy.body, copy.headers, topology.CAPTURE_RAW.name, copy.id).as_first_sent()
    assert opened(back).events == opened(letter).events


def test_nobody_else_can_say_where_a_letter_came_from() -> None:
    theirs = replace(by_amqp(form(), user="system-tax"), headers=by_amqp(form()).origin)
    assert theirs.as_first_sent() == theirs


@given(waited=st.timedeltas(timedelta(0), timedelta(days=3)))
def test_the_time_in_the_queue_is_not_taken_for_a_slow_clock(waited: timedelta) -> None:
    sent = (NOON - waited).isoformat()
    [event] = opened(by_mqtt(form(pressed_at=sent, sent_at=sent))).events
    assert event.pressed_at == NOON - waited


@pytest.mark.parametrize("days", [-30, 4, 18_000])
def test_a_clock_that_no_waiting_explains_is_corrected(days: int) -> None:
    wrong = NOON - timedelta(days=days)
    pressed = (wrong - timedelta(minutes=1)).isoformat()
    [event] = opened(by_mqtt(form(pressed_at=pressed, sent_at=wrong.isoformat()))).events
    assert event.pressed_at == NOON - timedelta(minutes=1)


def test_half_a_character_in_one_comment_costs_none_of_the_presses_of_its_letter() -> None:
    cut = [form(), form(comment="\u7b49\u4e86\u4e09\u5468\ud83d"), form()]
    for letter in (by_mqtt(cut), by_amqp(cut)):
        events = opened(letter).events
        assert [each.has_text for each in events] == [False, True, False]
