"""Appeals against a rating: who reviews them, and what becomes of the rating and its case."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.contracts.actor import Role
from services.contracts.commands import InvalidateRating, ReinstateRating
from services.contracts.directory import Directory, Principal, Unit
from services.contracts.vocabulary import CaseSource, CaseState, Closing, Invalidity
from services.errors import Conflict, NotAllowed
from services.rectify.case import legal_moves, move
from services.rectify.decision import Scene
from services.rectify.facts import Move
from tests.unit.rectify.county import (
    DIRECTORY,
    PHOTO,
    SAYS,
    act,
    actor,
    heard,
    moves_of,
    office,
    opened_case,
    story,
    told,
)


def test_an_appeal_is_reviewed_outside_the_subtree_of_the_filer() -> None:
    case = story(opened_case(), "li claim, li appeal")
    for verdict in ("uphold", "refuse"):
        with pytest.raises(NotAllowed):
            told(case, f"inner {verdict}")
    assert moves_of(case, "inner") == set()
    assert moves_of(case, "shen") == {"uphold", "refuse"}


def test_no_appeal_where_nobody_could_review_it() -> None:
    handled_above = move(
        act(story(opened_case(), "li return"), "dong", Move.DISPATCH, handler="bureau")
    ).case
    case = story(handled_above, "sun claim")
    with pytest.raises(Conflict):
        told(case, "sun appeal")


def among(*auditors: Principal) -> Directory:
    """The county with a second bureau, and with these auditors alone."""
    others = tuple(each for each in DIRECTORY.principals if Role.AUDITOR not in each.roles)
    units = (*DIRECTORY.units, Unit(id="sibling", name="税务局", parent="bureau"))
    return Directory(units=units, windows=DIRECTORY.windows, principals=(*others, *auditors))


def auditor(unit: str, **more: Any) -> Principal:
    """An auditor of a unit."""
    return Principal(id="a", name="a", roles=frozenset({Role.AUDITOR}), unit=unit, **more)


@pytest.mark.parametrize(
    "lonely", [auditor("sibling"), auditor("bureau", window="w1")], ids=["sibling", "rated"]
)
def test_no_appeal_to_an_auditor_who_could_not_decide(lonely: Principal) -> None:
    case = story(opened_case(window="w1"), "li claim").model_copy(update={"files": (PHOTO,)})
    asked = act(case, "li", Move.APPEAL, **SAYS["appeal"])
    with pytest.raises(Conflict, match="No auditor above your unit"):
        move(replace(asked, office=office(directory=among(lonely))))
    there = office(directory=among(auditor("bureau")))
    appealed = move(replace(asked, office=there)).case
    decider = actor("a", there.directory)
    moves = {each["move"] for each in legal_moves(Scene(appealed, decider, there))}
    assert {"uphold", "refuse"} <= moves


def test_there_is_one_appeal() -> None:
    case = story(opened_case(), "li claim, li appeal, shen refuse")
    with pytest.raises(Conflict):
        told(case, "li appeal")


def test_only_a_rating_can_be_appealed_against() -> None:
    case = story(opened_case(source=CaseSource.LETTER), "li claim")
    assert "appeal" not in moves_of(case, "li")


def test_upholding_an_appeal_commands_the_store_and_leaves_the_mark_pending() -> None:
    case = story(opened_case(), "li claim, li appeal")
    step = move(act(case, "shen", Move.UPHOLD, reason="proven", invalidity="malicious"))
    commands = [each for _, each in step.messages if isinstance(each, InvalidateRating)]
    assert commands == [
        InvalidateRating(
            command_id=f"{case.id}:{case.version + 1}",
            rating_key="biz:0001:completed:1:1",
            reason=Invalidity.MALICIOUS,
            case_id=case.id,
            decided_by=("li", "shen"),
        )
    ]
    assert step.case.mark_pending
    marked = heard(step.case, Move.INVALIDATE)
    assert marked.invalidated
    assert not marked.mark_pending
    assert marked.state is CaseState.CLOSED


def test_an_invalidation_can_be_overturned_once_the_store_has_carried_it_out() -> None:
    upheld = story(opened_case(), "li claim, li appeal, shen uphold")
    with pytest.raises(Conflict):
        told(upheld, "du overturn")
    case = told(heard(upheld, Move.INVALIDATE), "du overturn")
    assert case.state is CaseState.RECTIFYING
    assert not case.invalidated
    assert "appeal" not in moves_of(case, "li")


def test_an_overturned_invalidation_makes_the_rating_count_again() -> None:
    upheld = heard(story(opened_case(), "li claim, li appeal, shen uphold"), Move.INVALIDATE)
    step = move(act(upheld, "du", Move.OVERTURN, reason="evidence was forged"))
    [command] = [each for _, each in step.messages if isinstance(each, ReinstateRating)]
    assert (command.rating_key, command.decided_by) == (upheld.rating_key, ("du",))
    assert command.command_id != f"{upheld.id}:{upheld.version}"


def test_a_rating_invalidated_elsewhere_closes_its_open_case() -> None:
    case = heard(story(opened_case(), "li claim"), Move.INVALIDATE)
    assert (case.state, case.closing) == (CaseState.CLOSED, Closing.INVALIDATED)
