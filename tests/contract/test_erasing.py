"""What is personal goes, by policy or on request; the press, its figures and its chain stay."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from services.adapters.mongo import Db
from services.adapters.outcome import Done, Later
from services.adapters.privacy import load_privacy
from services.adapters.receipts import Receipts
from services.adapters.registry import ADMINISTRATOR
from services.adapters.settings import ROOT
from services.contracts.actor import Actor, Role
from services.contracts.commands import EraseRater
from services.contracts.events import AppendStored, BadRatingStored
from services.contracts.receipts import receipt_of
from services.contracts.rectification import rating_case_id
from services.errors import Conflict, NotFound
from services.rectify import hearing
from services.rectify.accusing import accused
from services.rectify.citizen import read_objection
from services.rectify.desk import make_move
from services.rectify.erasing import EraseForm, Eraser, erase_due
from services.rectify.examining import fault
from services.rectify.facts import Command
from services.rectify.figures import figures
from services.rectify.identities import Identities
from services.rectify.opening import opened
from services.rectify.raters import Erasures, Objections, Rated
from services.rectify.raterviews import RevealForm, revealed
from services.rectify.repository import Cases
from services.rectify.revealing import may_reveal
from services.rectify.views import WITHHELD, detail
from services.score.repository import Tallies
from services.store import erasing
from services.store.batch import Storing
from services.store.intake import Intake
from services.store.repository import Fate, Ratings
from tests.contract.desk import Store, did
from tests.county import press
from tests.hall import Plain
from tests.unit.rectify.county import DIRECTORY, KEY, MONDAY, RULES, actor, office

PRIVACY = load_privacy(ROOT / "config")
PERSONAL = {"name": "王小明", "phone": "13800001234", "comment": "等了三小时"}
LATER = MONDAY + timedelta(days=PRIVACY.keep_days.case + 2)
ADMIN = Actor(ADMINISTRATOR, frozenset({Role.ADMINISTRATOR}))


def store(db: Db, *presses: Any) -> None:
    """Store presses the way the service does, and let rectify hear of the bad ones."""
    intake = Intake(DIRECTORY, RULES, MONDAY, {})
    Storing.on(db, intake, lambda each: Plain().seal({"text": each.model_dump_json()})).store(
        presses
    )
    for rating in db["ratings"].find({"outbox.type": "BadRatingStored"}):
        item = rating["outbox"][0]["item"]
        hearing.hear(Cases(db, KEY, RULES), office(), BadRatingStored.model_validate(item))


def pressed(level: int = 1, at: datetime = MONDAY, **more: Any) -> Any:
    """A press of somebody with a name."""
    known = {"named": True, "contactable": True, "has_text": True, "phone_hash": "hash"}
    times = {"pressed_at": at, "received_at": at}
    return press(level=level, sealed=Plain().seal(PERSONAL), **known, **times, **more)


def act(db: Db, id: str, lines: str) -> None:
    """Officers move the case."""
    cases = Cases(db, KEY, RULES)
    says: dict[str, dict[str, Any]] = {
        "submit": {"text": "已向王小明道歉"},
        "callback": {"result": "satisfied"},
    }
    for line in lines.split(", "):
        by, move, *more = line.split()
        asked = {
            "command_id": f"{move}{more}",
            "move": move,
            "expected_version": cases.shown(id)["version"],
        }
        command = Command.model_validate(asked | says.get(move, {}))
        make_move(cases, office(), actor(by), id, command)


def closed(db: Db, **more: Any) -> tuple[Any, str]:
    """A bad press, and its case, seen through to its end."""
    bad = pressed(window="w1", **more)
    store(db, bad)
    id = rating_case_id(KEY, bad.key)
    act(db, id, "li claim, li verify, li submit, he callback")
    return bad, id


def eraser(db: Db, now: datetime = MONDAY) -> Eraser:
    """What erases."""
    return Eraser(Cases(db, KEY, RULES), Rated(db), Objections(db), Erasures(db), office(now))


def orders(db: Db) -> list[EraseRater]:
    """What the store was told."""
    found = db["erasures"].find()
    return [EraseRater.model_validate(each["outbox"][0]["item"]) for each in found]


def carried_out(db: Db, now: datetime = MONDAY) -> list[Any]:
    """The store obeys."""
    return [erasing.obey(command, db, now) for command in orders(db)]


def asked(**more: str) -> EraseForm:
    """Somebody asks."""
    return EraseForm(command_id=str(uuid.uuid4()), reason="the rater wrote to us", **more)


RECEIPTS = Receipts(KEY, lambda *_: None, "127.0.0.1")


def personal(db: Db) -> list[Any]:
    """Whatever is personal in ratings and quarantine."""
    fields = ("sealed", "phone_hash", "personal_day")
    documents: Iterable[Any] = [*db["ratings"].find(), *db["quarantine"].find()]
    return [each[name] for each in documents for name in fields if each.get(name) is not None]


def counts(db: Db) -> Any:
    """The tallies, counted anew, and the figures of the cases."""
    tallies, first, last = Tallies(db), date(2020, 1, 1), date(2020, 12, 31)
    tallies.recompute()
    cells = tallies.cells(first, last, frozenset(DIRECTORY.unit))
    return cells, figures(list(db["cases"].find()), MONDAY)


def test_on_request_what_is_personal_goes_and_the_press_stays(db: Db) -> None:
    bad, id = closed(db)
    rating, before = db["ratings"].find_one(bad.key) or {}, counts(db)
    eraser(db).erase_for(actor("du"), asked(case=id), RECEIPTS)
    assert carried_out(db) == [Done()]
    assert personal(db) == []
    after = db["ratings"].find_one(bad.key) or {}
    stays = rating.keys() - {"sealed", "phone_hash", "personal_day", "outbox"}
    assert {name: after[name] for name in stays} == {name: rating[name] for name in stays}
    assert counts(db) == before


@pytest.mark.parametrize("about", [{}, {"errand_number": "A7", "source_system": "hall"}])
def test_what_was_ordered_before_the_press_came_is_done_when_it_is_here(
    db: Db, about: dict[str, Any]
) -> None:
    """A receipt is shown before the store has the press; nobody knows its key then."""
    bad = pressed(window="w1", **about)
    order = EraseRater(command_id="c", rating_id=bad.rating_id, why="request")
    assert isinstance(erasing.obey(order, db, MONDAY), Later)
    store(db, bad)
    assert erasing.obey(order, db, MONDAY) == Done()
    assert personal(db) == []


def test_the_history_says_who_had_it_erased_and_still_is_whole(db: Db) -> None:
    _, id = closed(db)
    cases = Cases(db, KEY, RULES)
    eraser(db).erase_for(actor("du"), asked(case=id), RECEIPTS)
    eraser(db).erase_for(actor("du"), asked(case=id), RECEIPTS)
    lines = [each for each in cases.history(id) if each["move"] == "erase"]
    assert [(each["by"], each["details"]["reason"]) for each in lines] == [
        ("du", "the rater wrote to us")
    ]
    assert fault(KEY, cases.whole_case(id)) is None
    assert not may_reveal(actor("he"), cases.find(id), office())  # type: ignore[arg-type]


def test_nothing_goes_while_the_case_is_open(db: Db) -> None:
    bad = pressed(window="w1")
    store(db, bad)
    with pytest.raises(Conflict, match="is open"):
        eraser(db).erase_for(actor("du"), asked(case=rating_case_id(KEY, bad.key)), RECEIPTS)
    assert erase_due(eraser(db, LATER), PRIVACY) == 0
    assert orders(db) == []


def test_only_whoever_is_responsible_has_it_erased(db: Db) -> None:
    _, id = closed(db)
    with pytest.raises(NotFound):
        eraser(db).erase_for(actor("qian"), asked(case=id), RECEIPTS)
    assert eraser(db).erase_for(ADMIN, asked(case=id), RECEIPTS).case == id


def test_a_receipt_is_enough_with_a_case_and_without(db: Db) -> None:
    bad, id = closed(db)
    good = pressed(level=5, window="w1")
    store(db, good)
    for each, case in ((bad, id), (good, None)):
        receipt = receipt_of(KEY, each.rating_id, "http://x")
        assert receipt
        done = eraser(db).erase_for(actor("du"), asked(receipt=receipt.code), RECEIPTS)
        assert done.case == case
    assert carried_out(db) == [Done()] * 2
    assert personal(db) == []


def test_an_append_goes_with_its_rating(db: Db) -> None:
    bad, id = closed(db)
    store(db, pressed(level=5, window="w1", turn=2, appends=bad.rating_id))
    assert len([each for each in personal(db) if each == "hash"]) == 2
    eraser(db).erase_for(actor("du"), asked(case=id), RECEIPTS)
    carried_out(db)
    assert personal(db) == []


def test_an_erased_press_that_is_sent_again_is_absorbed_and_brings_nothing_back(db: Db) -> None:
    bad, id = closed(db)
    eraser(db).erase_for(actor("du"), asked(case=id), RECEIPTS)
    carried_out(db)
    resent = bad.model_copy(update={"receipt": "again"})
    intake = Intake(DIRECTORY, RULES, MONDAY, {})
    assert Ratings(db).insert([intake.examine(resent)]) == [Fate.DUPLICATE]  # type: ignore[list-item]
    store(db, resent)
    assert personal(db) == []
    assert db["quarantine"].count_documents({}) == 0


def test_a_year_after_its_end_a_case_forgets_the_rater_by_itself(db: Db) -> None:
    _, id = closed(db)
    assert erase_due(eraser(db, LATER - timedelta(days=3)), PRIVACY) == 0
    assert [erase_due(eraser(db, LATER), PRIVACY) for _ in range(2)] == [1, 0]
    assert carried_out(db) == [Done()]
    assert personal(db) == []
    [line] = [each for each in Cases(db, KEY, RULES).history(id) if each["move"] == "erase"]
    assert line["details"]["reason"] == "365 days after it was closed (privacy v1)"


def test_what_was_interrupted_is_taken_up_again(db: Db) -> None:
    """The order is kept first: whoever died before the line was written left the case due."""
    _, id = closed(db)
    cases = Cases(db, KEY, RULES)
    kept = cases.erasable(LATER, 10)[0]
    command = EraseRater(command_id=f"{id}@{kept.case.version}", rating_id="r", why="retention")
    Erasures(db).keep(command, {"by": "rectify"}, MONDAY)
    assert erase_due(eraser(db, LATER), PRIVACY) == 1
    assert len(orders(db)) == 1
    assert cases.history(id)[-1]["move"] == "erase"


@pytest.mark.parametrize("level", [1, 5], ids=["reopens", "noted"])
def test_what_an_erased_rater_appends_is_erased_in_its_time_as_well(db: Db, level: int) -> None:
    bad, id = closed(db)
    eraser(db).erase_for(actor("du"), asked(case=id), RECEIPTS)
    carried_out(db)
    append = pressed(level=level, window="w1", turn=2, appends=bad.rating_id)
    store(db, append)
    heard = AppendStored(
        rating_key=append.key, first_key=bad.key, level=append.level, pressed_at=MONDAY
    )
    hearing.hear(Cases(db, KEY, RULES), office(), heard)
    if level == 1:
        rating, appended = Identities(db, Plain().open).about(bad.key)
        assert revealed(rating or {}, appended, MONDAY).phone == PERSONAL["phone"]
        act(db, id, "li submit again, he callback again")
    assert personal(db) != []
    assert [erase_due(eraser(db, LATER), PRIVACY) for _ in range(2)] == [1, 0]
    carried_out(db)
    assert personal(db) == []
    assert fault(KEY, Cases(db, KEY, RULES).whole_case(id)) is None


def test_an_append_that_retention_has_to_erase_after_the_rating_is_ordered_anew(db: Db) -> None:
    bad, _ = closed(db)
    assert erase_due(eraser(db, LATER), PRIVACY) == 1
    carried_out(db)
    append = pressed(level=5, window="w1", turn=2, appends=bad.rating_id)
    store(db, append)
    heard = AppendStored(
        rating_key=append.key, first_key=bad.key, level=append.level, pressed_at=LATER
    )
    hearing.hear(Cases(db, KEY, RULES), office(LATER), heard)
    assert erase_due(eraser(db, LATER), PRIVACY) == 1
    carried_out(db)
    assert (personal(db), len(orders(db))) == ([], 2)


def test_presses_without_a_case_are_forgotten_half_a_year_later(db: Db) -> None:
    old, young = (
        pressed(level=5, window="w1"),
        pressed(level=5, window="w1", at=MONDAY + timedelta(9)),
    )
    bad = pressed(window="w1")
    store(db, old, young, bad)
    now = MONDAY + timedelta(days=PRIVACY.keep_days.press + 2)
    erasing.sweep(db, PRIVACY, RULES, now)
    kept = {each["_id"]: each.get("sealed") is not None for each in db["ratings"].find()}
    assert kept == {old.key: False, young.key: True, bad.key: True}
    assert erasing.sweep(db, PRIVACY, RULES, now) == 0


def test_a_forced_review_is_erased_with_its_rater_once_both_cases_are_closed(db: Db) -> None:
    bad = pressed(window="w1")
    store(db, bad)
    cases, there = Cases(db, KEY, RULES), office()
    forced = accused(Rated(db).first(bad.rating_id) or {}, there)
    cases.open(opened(forced, there))
    act(db, forced.id, "sun claim, sun verify, sun submit, he callback")
    with pytest.raises(Conflict, match="is open"):
        eraser(db).erase_for(actor("du"), asked(case=forced.id), RECEIPTS)
    act(db, rating_case_id(KEY, bad.key), "li claim, li verify, li submit, he callback")
    eraser(db).erase_for(actor("du"), asked(case=forced.id), RECEIPTS)
    assert carried_out(db) == [Done()]
    assert personal(db) == []
    assert cases.history(forced.id)[-1]["move"] == "erase"


def told_of_force(db: Db, press: Any) -> str:
    """With the receipt of a press somebody tells that a good rating was asked for; the case."""
    cases, there = Cases(db, KEY, RULES), office()
    forced = accused(Rated(db).first(press.rating_id) or {}, there)
    cases.open(opened(forced, there))
    return forced.id


def receipt_code(press: Any) -> str:
    """The code with which its rater comes."""
    receipt = receipt_of(KEY, press.rating_id, "http://x")
    assert receipt
    return receipt.code


@pytest.mark.parametrize("level", [5, 1], ids=["without a case of its own", "its own is closed"])
def test_a_rater_who_told_of_a_forced_review_can_be_reached_until_that_case_is_closed(
    db: Db, level: int
) -> None:
    rated = closed(db)[0] if level == 1 else pressed(level=5, window="w1")
    store(db, rated)
    forced = told_of_force(db, rated)
    code = receipt_code(rated)
    with pytest.raises(Conflict, match="is open"):
        eraser(db).erase_for(actor("du"), asked(receipt=code), RECEIPTS)
    assert erase_due(eraser(db, LATER), PRIVACY) == 0
    assert orders(db) == []
    act(db, forced, "sun claim, sun verify, sun submit, he callback")
    eraser(db).erase_for(actor("du"), asked(receipt=code), RECEIPTS)
    assert carried_out(db) == [Done()]
    assert personal(db) == []


def test_a_press_is_not_forgotten_before_the_forced_review_that_was_told_with_it(db: Db) -> None:
    good = pressed(level=5, window="w1")
    store(db, good)
    forced, now = told_of_force(db, good), MONDAY + timedelta(days=PRIVACY.keep_days.press + 2)
    erasing.sweep(db, PRIVACY, RULES, now)
    assert Identities(db, Plain().open).told(good.key).known["phone"] == PERSONAL["phone"]
    act(db, forced, "sun claim, sun verify, sun submit, he callback")
    assert erase_due(eraser(db, LATER), PRIVACY) == 1
    carried_out(db)
    assert personal(db) == []


def test_an_objection_loses_its_words(db: Db) -> None:
    _, id = closed(db)
    Objections(db).keep(id, "keyed", Plain().seal({"text": "我是王小明"}), MONDAY)
    eraser(db).erase_for(actor("du"), asked(case=id), RECEIPTS)
    kept = db["objections"].find_one(id) or {}
    assert (kept["keyed"], "sealed" in kept) == ("keyed", False)
    with pytest.raises(NotFound):
        read_objection(
            Cases(db, KEY, RULES), Objections(db), actor("du"), id, office(), Plain().open
        )


def test_of_an_erased_rater_nothing_is_shown(db: Db) -> None:
    bad, id = closed(db)
    identities = Identities(db, Plain().open)
    assert identities.told(bad.key).known == {"name": "王小明", "phone": "13800001234"}
    eraser(db).erase_for(actor("du"), asked(case=id), RECEIPTS)
    carried_out(db)
    rating, _ = identities.about(bad.key)
    assert rating
    assert rating["personal"] == {}
    assert RevealForm.model_fields.keys() == {"command_id", "reason"}


def shown(db: Db, id: str, key: str) -> Any:
    """The case as a supervisor is shown it."""
    cases = Cases(db, KEY, RULES)
    before, told = cases.find(id), Identities(db, Plain().open).told(key)
    assert before
    return detail(cases.shown(id), before, actor("du"), office(), told)


def test_what_officers_wrote_about_an_erased_rater_is_not_shown_any_more(db: Db) -> None:
    bad, id = closed(db)
    written = {line["move"]: line["details"] for line in shown(db, id, bad.key)["history"]}
    assert written["submit"]["text"] == "已向王**道歉"
    eraser(db).erase_for(actor("du"), asked(case=id), RECEIPTS)
    carried_out(db)
    told = shown(db, id, bad.key)
    assert "王小明" not in str(told)
    lines = {line["move"]: line["details"] for line in told["history"]}
    assert lines["submit"]["text"] == WITHHELD
    assert lines["erase"]["reason"] == "the rater wrote to us"


def test_what_the_append_of_an_erased_rater_tells_is_masked(db: Db) -> None:
    bad, id = closed(db)
    eraser(db).erase_for(actor("du"), asked(case=id), RECEIPTS)
    carried_out(db)
    store(db, pressed(window="w1", turn=2, appends=bad.rating_id))
    told = Identities(db, Plain().open).told(bad.key)
    assert (told.known["name"], told.erased_at) == ("王小明", MONDAY)


def test_a_payload_in_quarantine_goes_with_the_rater_and_does_not_come_back(
    db: Db, store: Store
) -> None:
    lost = pressed(level=5, window="nowhere")
    store.store(lost)
    command = EraseRater(command_id="1", rating_id=lost.rating_id, why="request")
    assert erasing.obey(command, db, MONDAY) == Done()
    store.store(lost.model_copy(update={"receipt": "again"}))
    row = store.row(lost.rating_id)
    assert (row["state"], did(row), "sealed" in row) == ("discarded", ["discard"], False)
    with pytest.raises(Conflict):
        store.list.replay(lost.rating_id, ADMIN)
    assert store.list.show(lost.rating_id, ADMIN).payload is None


def test_settled_rows_lose_their_payload_and_open_ones_wait_for_somebody(
    db: Db, store: Store
) -> None:
    settled, waiting = pressed(window="nowhere"), pressed(window="nowhere")
    store.store(settled, waiting)
    store.rows.discard(settled.rating_id, "an", "a test", MONDAY)
    erasing.sweep(db, PRIVACY, RULES, LATER)
    kept = {each["_id"]: "sealed" in each for each in db["quarantine"].find()}
    assert kept == {settled.rating_id: False, waiting.rating_id: True}


def test_a_press_that_is_still_on_its_way_is_waited_for(db: Db) -> None:
    command = EraseRater(command_id="1", rating_id="on-its-way", why="request")
    assert isinstance(erasing.obey(command, db, MONDAY), Later)
