"""The lists of whoever looks: their own open cases, all of them and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder

from services.adapters.pages import Visitor
from services.adapters.rulebook import RulesInForce
from services.contracts.actor import Actor, Role
from services.portal.caselist import CaseList
from tests.county import DIRECTORY, RULES
from tests.fake import fake_database

NOW = datetime(2020, 3, 2, 10, tzinfo=RULES.region.zone)
LI = Visitor(Actor(id="li", roles=frozenset({Role.OFFICER, Role.DISPATCHER})), token="t")


def case(id: int, state: str = "verifying", *, paused: bool = False, item: str = "x") -> Any:
    """A row as the API lists it."""
    due = None if state == "closed" else NOW.isoformat()
    told = {"id": f"case-{id}", "version": 1, "state": state, "item": item, "due_at": due}
    return told | {"paused": paused, "overdue": False}


class Rectify:
    """A service of cases: an officer's, in the order of the API, page by page."""

    def __init__(self, cases: Sequence[Any]) -> None:
        self.cases = cases

    def get(self, service: str, path: str, token: str | None, **asked: Any) -> Any:
        """A page of those that the filters leave."""
        found = [each for each in self.cases if asked.get("item") in {None, each["item"]}]
        start = int(asked.get("cursor") or 0)
        end = start + asked["limit"]
        return {"items": found[start:end], "next": str(end) if end < len(found) else None}


def listed(cases: Sequence[Any], query: str) -> Any:
    """What an officer is shown who has these cases."""
    part: Any = CaseList()
    part.services, part.db = Rectify(cases), fake_database()
    part.clock = SimpleNamespace(now=lambda: NOW)
    part.rulebook, part.registry = RulesInForce(RULES), SimpleNamespace(current=DIRECTORY)
    request = EnvironBuilder(path="/work", query_string=query).get_request()
    return part.list_cases(request, LI).values


SOME = [
    *(case(n) for n in range(10)),
    case(10, "awaiting_callback"),
    case(11, paused=True),
    *(case(n, "closed") for n in range(12, 52)),
]


@pytest.mark.parametrize(("tab", "count"), [("mine", 12), ("waiting", 2)])
def test_a_filter_never_shows_more_of_ones_own_cases_than_there_are_without_it(
    tab: str, count: int
) -> None:
    assert len(listed(SOME, f"tab={tab}")["rows"]) == count
    filtered = listed(SOME, f"tab={tab}&item=x")
    assert (len(filtered["rows"]), filtered["next"]) == (count, None)
    assert listed(SOME, f"tab={tab}&item=y")["rows"] == []


def test_every_one_of_ones_own_cases_can_be_reached() -> None:
    many = [case(n) for n in range(250)]
    first = listed(many, "tab=mine")
    rest = listed(many, f"tab=mine&cursor={first['next']}&at={len(first['rows'])}")
    shown = [row["id"] for row, _ in (*first["rows"], *rest["rows"])]
    assert shown == [each["id"] for each in many]
    assert rest["next"] is None


def test_a_case_that_waits_is_found_behind_many_that_do_not() -> None:
    many = [*(case(n) for n in range(450)), case(450, "appeal_review"), case(451, "closed")]
    [[row, _]] = listed(many, "tab=waiting")["rows"]
    assert row["id"] == "case-450"
