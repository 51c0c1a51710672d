"""Whose figures somebody may see."""

from __future__ import annotations

import pytest

from services.contracts.actor import Actor, Role
from services.errors import NotAllowed, NotFound
from services.score.scope import must_see, must_see_all
from tests.unit.score.town import DIRECTORY

SCORER = frozenset({Role.SCORER})
OF_LAND = Actor("li", SCORER, "land", DIRECTORY.subtree("land"))
OF_COUNTY = Actor("wang", SCORER, "county", DIRECTORY.subtree("county"))
OF_REGION = Actor("administrator", SCORER)


def test_a_person_sees_the_own_subtree_and_nothing_beside_it() -> None:
    must_see(OF_LAND, "land-north", DIRECTORY.unit)
    with pytest.raises(NotFound):
        must_see(OF_LAND, "tax", DIRECTORY.unit)


def test_a_unit_that_does_not_exist_is_not_found_by_anybody() -> None:
    with pytest.raises(NotFound):
        must_see(OF_REGION, "nowhere", DIRECTORY.unit)


def test_what_concerns_everybody_needs_somebody_who_sees_everybody() -> None:
    must_see_all(OF_COUNTY, DIRECTORY.unit)
    must_see_all(OF_REGION, DIRECTORY.unit)
    with pytest.raises(NotAllowed):
        must_see_all(OF_LAND, DIRECTORY.unit)
