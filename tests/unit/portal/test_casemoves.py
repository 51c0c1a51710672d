"""What becomes of what was typed when the case system does not answer at all."""

from __future__ import annotations

from types import SimpleNamespace

from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from services.adapters.pages import View, Visitor
from services.adapters.services import ServicesByName
from services.contracts.actor import Actor, Role
from services.portal.casemoves import CaseMoves

NOBODY = {"HAOPING_SERVICES": {"rectify": "http://127.0.0.1:1"}}
OFFICER = Visitor(Actor("li", frozenset({Role.OFFICER})), "li", token="t")
TYPED = {
    "move": "submit",
    "command_id": "c-1",
    "expected_version": "4",
    "text": "一次性告知单已上墙",
}


def test_a_case_system_that_does_not_answer_costs_nothing_that_was_typed() -> None:
    desk = CaseMoves()
    desk.services = ServicesByName()
    desk.services.container = SimpleNamespace(config=NOBODY)
    request = Request(EnvironBuilder(method="POST", data=TYPED).get_environ())
    shown = desk.make_move(request, OFFICER, "case-1")
    assert isinstance(shown, View)
    assert (shown.template, shown.status) == ("work/unsent.html", 503)
    assert dict(shown.values["typed"].form) == TYPED
