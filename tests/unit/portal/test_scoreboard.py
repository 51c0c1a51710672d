"""The public scoreboard: how units are put in order, how long a bar is, and words in English."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from services.adapters.pages import View
from services.adapters.pages.language import LOCALE, catalog
from services.adapters.pages.visitor import ENGLISH, Visitor
from services.portal.scoreboard import FULL, Scoreboard, by_peers, length
from services.score.indicators import INDICATORS


def line(unit: str, peers: str | None, rank: int | None, told: bool = True) -> dict[str, Any]:
    """A unit as the API tells of it."""
    return {"unit": unit, "peers": peers, "rank": rank, "levels": {"5": "100.00%"} if told else {}}


def test_units_stand_by_peers_and_place_and_those_without_a_place_last() -> None:
    units = [
        line("county", None, None),
        line("small", "towns", None, told=False),
        line("b", "towns", 1),
        line("unranked", "towns", None),
        line("a", "towns", 1),
        line("tax", "departments", 1),
    ]
    groups = {peers: [each["unit"] for each in lines] for peers, lines in by_peers(units)}
    assert list(groups.items()) == [
        ("departments", ["tax"]),
        ("towns", ["a", "b", "unranked", "small"]),
        ("", ["county"]),
    ]


@pytest.mark.parametrize(
    ("printed", "expected"),
    [("0.00%", 0), ("0.01%", 20), ("0.10%", 40), ("10.00%", 80), ("100.00%", FULL)],
)
def test_one_in_ten_thousand_has_a_bar_that_is_seen(printed: str, expected: int) -> None:
    assert length(printed) == expected


def test_every_indicator_and_its_definition_can_be_read_in_english() -> None:
    english = catalog(LOCALE / ENGLISH)
    texts = [text for each in INDICATORS.values() for text in (each.name, each.definition)]
    assert [text for text in texts if not (found := english.get(text)) or not found.string] == []
    assert not any("%" in text for text in texts), "a text with % cannot be looked up"


class NothingPublished:
    """A score service that has published no period."""

    def get(self, service: str, path: str, token: str | None) -> list[Any]:
        """No period, and anybody may know."""
        assert (service, path, token) == ("score", "/v1/public/months", None)
        return []


def test_before_the_first_month_there_is_a_page_of_its_own_that_may_be_kept_a_minute() -> None:
    part = Scoreboard()
    part.services = NothingPublished()  # type: ignore[assignment]
    request = Request(EnvironBuilder(path="/scoreboard").get_environ())
    shown, own = (part.scoreboard(request, Visitor(token=token)) for token in (None, "t"))
    assert isinstance(shown, View)
    assert shown.template == "scoreboard/empty.html"
    assert shown.headers == {"Cache-Control": "public, max-age=60", "Vary": "Cookie"}
    assert own.headers == {}
