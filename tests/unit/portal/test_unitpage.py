"""The page of a unit: what it leads to, and that what it prints adds up."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from services.adapters.mongo import Db
from services.adapters.pages import View, Visitor
from services.adapters.pages.rendering import Templates, environment
from services.adapters.pages.visitor import CHINESE
from services.errors import NotFound
from services.portal.leading import Leading
from services.score.board import REGION
from services.score.closing import Closing
from services.score.proof import Proof
from services.score.repository import Tallies
from services.score.whatif import Supposition, what_if
from tests.fake import fake_database
from tests.unit.score.october import (
    INDEX,
    LATER,
    an_october,
    at,
    closer,
    pressed,
    published,
    scorer,
)
from tests.unit.score.town import DIRECTORY, RECIPES, RULES, rating, store, touch

AN_APPEAL = Closing(accept=("undecided",), cause="an appeal was upheld")


@dataclass(frozen=True)
class Score:
    """The score service, without a network between."""

    db: Db

    def get(self, service: str, path: str, token: str | None, **asked: Any) -> Any:
        """What it answers."""
        told = self._answer(*path.removeprefix("/v1/").split("/"), **asked)
        return json.loads(json.dumps(told))

    def _answer(self, what: str, *about: str, index: str = INDEX, **asked: Any) -> Any:
        if what == "indexes":
            return {"indexes": [], "rules": []}
        asked_of = scorer(self.db, LATER)
        if what == "compare":
            return asked_of.compare(about[0], None, index, lambda unit: True)
        if len(about) == 2:
            return asked_of.explain(*about, index)
        key, unit, figure = about
        proof = Proof(asked_of, key, unit, index, figure)
        return proof.again() if asked.get("again") else proof.page(None)


@pytest.fixture
def db() -> Db:
    """An empty database."""
    return fake_database(f"unitpage_{uuid.uuid4().hex[:8]}")


def shown(db: Db, path: str) -> str:
    """The words of a page of the board, as somebody reads them."""
    return words(drawn(db, path))


def words(html: str) -> str:
    """What is read of it."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


def rows(html: str) -> list[list[str]]:
    """The first table of a page, row by row, without its heads."""
    first = html.partition("<tbody>")[2].partition("</table>")[0]
    return [
        [words(cell) for cell in re.split(r"<t[hd]\b[^>]*>", row)[1:]]
        for row in first.split("<tr>")[1:]
    ]


def a_number(text: str) -> Decimal:
    """The printed number at the beginning of a cell; nothing where there is none."""
    found = re.search(r"[+-]?\d+\.\d\d", text)
    return Decimal(found[0]) if found else Decimal(0)


def drawn(db: Db, path: str) -> str:
    """A page of the board."""
    part = Leading()
    part.services = Score(db)  # type: ignore[assignment]
    part.registry = SimpleNamespace(current=DIRECTORY)  # type: ignore[assignment]
    part.rulebook = SimpleNamespace(current=RULES)  # type: ignore[assignment]
    templates = Templates()
    templates.container = SimpleNamespace(config={"HAOPING_RULES": "weiyuan"})
    visitor, (period, unit, *figure) = Visitor(token="t"), path.split("/")
    request = Request(EnvironBuilder(path="/").get_environ())
    view = (part.figure if figure else part.unit)(request, visitor, period, unit, *figure)
    assert isinstance(view, View)
    html = templates.render(view.template, view.values, visitor, "/board")
    assert set(re.findall(r"/board/(2026-10[^/?]*)", html)) <= {period}
    return html


def test_a_revision_that_was_replaced_leads_to_its_own_figures(db: Db) -> None:
    an_october(db, *(pressed(f"b{n}", 1) for n in range(4)))
    published(db)
    set_aside = {"command_id": "c", "standing": "invalid", "at": at(11, 8)}
    bad = {"_id": {"$in": [f"b{n}" for n in range(4)]}}
    db["ratings"].update_many(bad, {"$set": {"standing": "invalid", "decisions": [set_aside]}})
    touch(db, ("2026-10-20", "tax"))
    closer(db, at(11, 9)).revise("2026-10", AN_APPEAL, "li")
    first, last = (shown(db, f"{key}/tax") for key in ("2026-10@1", "2026-10"))
    assert "已公布 · 第 1 版" in first
    assert " 4 差评 " in first
    assert "已公布 · 第 2 版" in last
    assert " 0 差评 " in last
    assert "40 ÷ 44" in shown(db, "2026-10@1/tax/good_rate")
    assert "40 ÷ 40" in shown(db, "2026-10/tax/good_rate")
    with pytest.raises(NotFound, match="there are 1, 2"):
        shown(db, f"2026-10@3/{REGION}")
    with pytest.raises(NotFound):
        shown(db, "2026-10@1&index=x/tax")


def test_what_a_unit_earned_and_lost_adds_up_to_the_printed_score(db: Db) -> None:
    an_october(db, pressed("bad", 1))
    september = [rating(f"2026-09-{n % 28 + 1:02}", _id=f"s{n}") for n in range(37)]
    store(db, *september, *(rating("2026-09-03", level=3, _id=f"m{n}") for n in range(3)))
    Tallies(db).recompute()
    table = rows(drawn(db, "2026-10/tax"))
    assert "取整尾差" in [name for name, *_ in table]
    points, changes = ([a_number(row[column]) for row in table] for column in (3, 4))
    assert sum(points[:-1]) == points[-1] > 0
    assert sum(changes[:-1]) == changes[-1] < 0


def test_where_nothing_was_rounded_no_rounding_is_told(db: Db) -> None:
    an_october(db)
    assert "取整尾差" not in shown(db, "2026-10/tax")


def test_of_two_boards_side_by_side_the_named_parts_add_up_to_the_named_change(db: Db) -> None:
    an_october(db, pressed("bad", 1))
    store(db, *(rating(f"2026-09-{n % 28 + 1:02}", _id=f"s{n}") for n in range(37)))
    Tallies(db).recompute()
    told = Score(db).get("score", "/v1/compare/2026-10", None)
    _, _, _, change, parts = rows(side_by_side(told))[0]
    assert "取整尾差" in parts
    named = re.sub(r"\S+ →\s+\S+", "", parts)
    assert sum(map(Decimal, re.findall(r"[+-]\d+\.\d\d", named))) == a_number(change) < 0


def side_by_side(told: Any) -> str:
    """Two boards as they are drawn beside each other."""
    macro = '{% from "board/_sides.html" import sides %}{{ sides(told, none, none) }}'
    return environment(CHINESE).from_string(macro).render(told=told)


def test_months_under_another_version_of_the_index_are_compared_and_not_supposed(db: Db) -> None:
    an_october(db)
    published(db)
    newer = RECIPES[INDEX].model_copy(update={"version": 2})
    asked_of = scorer(db, at(12, 3), recipes=[newer])
    told = words(side_by_side(asked_of.compare("2026-11", None, INDEX, lambda unit: True)))
    assert "2026-10@1 haochaping-composite v1 · gansu-weiyuan v1" in told
    assert "2026-11 haochaping-composite v2 · gansu-weiyuan v1" in told
    assert "假如" not in told
    supposed = Supposition(index=INDEX, other="efficiency-index")
    what_if_told = what_if(scorer(db, LATER), "2026-10", supposed, lambda name: RULES, bool)
    told = words(side_by_side(what_if_told))
    assert "2026-10 现在 haochaping-composite v1" in told
    assert "2026-10 假如 efficiency-index v1" in told
