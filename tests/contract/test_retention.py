"""What is personal goes by itself once its time is over; what is still needed waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.adapters.mongo import Db
from services.adapters.outcome import Done
from services.contracts.commands import EraseRater
from services.contracts.events import AppendStored
from services.rectify import hearing
from services.rectify.erasing import erase_due
from services.rectify.examining import fault
from services.rectify.identities import Identities
from services.rectify.raters import Erasures
from services.rectify.raterviews import revealed
from services.rectify.repository import Cases
from services.store import erasing
from tests.contract.desk import Store
from tests.contract.raters import (
    LATER,
    PERSONAL,
    PRIVACY,
    RECEIPTS,
    act,
    asked,
    carried_out,
    closed,
    eraser,
    orders,
    personal,
    pressed,
    store,
    told_of_force,
)
from tests.hall import Plain
from tests.unit.rectify.county import KEY, MONDAY, RULES, actor, office


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


@pytest.mark.parametrize("linked", [True, False])
def test_nor_is_its_append_also_when_an_errand_leads_to_it(db: Db, linked: bool) -> None:
    errand: Any = {"source_system": "oa", "errand_number": "e1", "stage": "completed"}
    good = pressed(level=5, window="w1", **(errand if linked else {}))
    append: Any = errand if linked else {"appends": good.key}
    store(db, good, pressed(level=4, window="w1", turn=2, **append))
    told_of_force(db, good)
    erasing.sweep(db, PRIVACY, RULES, MONDAY + timedelta(days=PRIVACY.keep_days.press + 2))
    assert personal(db).count("hash") == 2


def test_settled_rows_lose_their_payload_and_open_ones_wait_for_somebody(
    db: Db, store: Store
) -> None:
    settled, waiting = pressed(window="nowhere"), pressed(window="nowhere")
    store.store(settled, waiting)
    store.rows.discard(settled.rating_id, "an", "a test", MONDAY)
    erasing.sweep(db, PRIVACY, RULES, LATER)
    kept = {each["_id"]: "sealed" in each for each in db["quarantine"].find()}
    assert kept == {settled.rating_id: False, waiting.rating_id: True}
