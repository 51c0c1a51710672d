"""What is personal goes on request; the press, its figures and its chain stay."""

from __future__ import annotations

from typing import Any

import pytest

from services.adapters.mongo import Db
from services.adapters.outcome import Done, Later
from services.contracts.commands import EraseRater
from services.contracts.receipts import receipt_of
from services.contracts.rectification import rating_case_id
from services.errors import Conflict, NotFound
from services.rectify.accusing import accused
from services.rectify.citizen import read_objection
from services.rectify.erasing import erase_due
from services.rectify.examining import fault
from services.rectify.identities import Identities
from services.rectify.opening import opened
from services.rectify.raters import Objections, Rated
from services.rectify.raterviews import RevealForm
from services.rectify.repository import Cases
from services.rectify.revealing import may_reveal
from services.rectify.views import WITHHELD, detail
from services.store import erasing
from services.store.intake import Intake
from services.store.repository import Fate, Ratings
from tests.contract.desk import Store, did
from tests.contract.raters import (
    ADMIN,
    LATER,
    PRIVACY,
    RECEIPTS,
    act,
    asked,
    carried_out,
    closed,
    counts,
    eraser,
    orders,
    personal,
    pressed,
    receipt_code,
    store,
    told_of_force,
)
from tests.hall import Plain
from tests.unit.rectify.county import DIRECTORY, KEY, MONDAY, RULES, actor, office


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


def test_a_press_that_is_still_on_its_way_is_waited_for(db: Db) -> None:
    command = EraseRater(command_id="1", rating_id="on-its-way", why="request")
    assert isinstance(erasing.obey(command, db, MONDAY), Later)
