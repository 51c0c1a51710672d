"""A decision about a month says what it was decided upon: a second click decides nothing."""

from __future__ import annotations

from typing import Any

from werkzeug.test import EnvironBuilder

from services.adapters.pages import Visitor
from services.portal.monthboard import MonthBoard


class Score:
    """A score service that does whatever it is asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []

    def post(self, service: str, path: str, token: str | None, body: Any) -> None:
        """Note what was decided."""
        self.asked.append((path, body))


def test_a_revision_names_the_one_in_force_when_its_page_was_opened() -> None:
    board, score = MonthBoard(), Score()
    board.services = score  # type: ignore[assignment]
    form = {"cause": " 设备补传 ", "after": "1", "accept": "undecided", "index": "efficiency-index"}
    request = EnvironBuilder(method="POST", data=form).get_request()
    answer: Any = board.decide(request, Visitor(token="t"), "2026-09", "revise")
    said = {"accept": ["undecided"], "cause": "设备补传", "after": 1}
    assert score.asked == [("/v1/months/2026-09:revise", said)]
    assert answer.location == "/board/2026-09?index=efficiency-index&done=revise#month"
