"""A board as everybody may see it once it was published, as a document and as lines of CSV."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from services.score import views
from services.score.measure import UNPRINTED
from services.score.months import Month, Published
from services.score.suppression import (
    SMALLEST,
    WITHHELD,
    PublicLine,
    Rate,
    Sample,
    public_line,
)

HEADS = ("期间", "版次", "机构编码", "机构", "同级组", "样本", "位次", "得分")
BEYOND = "取整与封顶"
UNDER = ("指数", "规则", "工作日历", "数据截止")
LEVELS = {"5": "非常满意", "4": "满意", "3": "基本满意", "2": "不满意", "1": "非常不满意"}
SAMPLES = {Sample.ENOUGH: "足够", Sample.SMALL: "样本不足", Sample.FEW: f"评价少于{SMALLEST}个"}
WORDS = {str(state): words for state, words in UNPRINTED.items()} | {WITHHELD: "未全部办到，不公布"}


class Revision(BaseModel):
    """A publication: which, when, and why the figures changed; the first has no cause."""

    revision: int
    published_at: datetime
    cause: str | None


class PublishedPeriod(Revision):
    """A period that was published, and its last revision."""

    period: str


class Quarter(BaseModel):
    """The quarter to read for a unit with too few ratings in a month."""

    period: str
    published: bool


class PublicBoard(Revision):
    """A published board. Every figure is a rate; counts of ratings are told of nobody."""

    period: str
    first: str
    last: str
    cut_off: str
    rules: str
    calendar: str
    smallest: int = SMALLEST
    quarter: Quarter | None
    index: dict[str, Any]
    indexes: dict[str, str]
    revisions: list[Revision]
    region: PublicLine
    units: list[PublicLine]
    definitions: dict[str, dict[str, str]]


def told(month: Month) -> PublishedPeriod:
    """A published period as its last revision has it."""
    return PublishedPeriod(period=month.period, **_revision(month.published[-1]))


def public_board(
    page: views.View,
    month: Month,
    shown: Published,
    indexes: dict[str, str],
    quarter: Quarter | None,
) -> PublicBoard:
    """The page of a revision without counts of ratings, among the other revisions."""
    head = {name: page[name] for name in ("period", "first", "last", "cut_off", "rules")}
    region, units = public_line(page["region"]), [public_line(each) for each in page["units"]]
    return PublicBoard(
        **head,
        **_revision(shown),
        calendar=page["calendar"],
        quarter=quarter,
        index=page["index"],
        indexes=indexes,
        revisions=[Revision(**_revision(each)) for each in reversed(month.published)],
        region=region,
        units=units,
        definitions=_definitions({key for line in (region, *units) for key in line.rates}),
    )


def rows(board: PublicBoard) -> Iterator[Sequence[object]]:
    """The heads, a row for each unit, and the region's."""
    names = {key: each["name"] for key, each in board.definitions.items()}
    terms = {term.indicator: term.name for term in board.region.terms}
    points = [f"{name}得分" for name in terms.values()]
    yield [
        *HEADS,
        *(f"{level}占比" for level in LEVELS.values()),
        *names.values(),
        *points,
        BEYOND,
        *UNDER,
    ]
    under = (board.index["label"], board.rules, board.calendar, board.cut_off)
    for line in (*board.units, board.region):
        earned = {term.indicator: term.points for term in line.terms}
        yield (
            *(board.period, board.revision, line.unit, line.name, line.peers or ""),
            *(SAMPLES[line.sample], line.rank or "", line.score or ""),
            *(line.levels.get(level, "") for level in LEVELS),
            *(_cell(line.rates.get(key)) for key in names),
            *(earned.get(key, "") for key in terms),
            line.beyond or "",
            *under,
        )


def _revision(each: Published) -> dict[str, Any]:
    return {"revision": each.revision, "published_at": each.at, "cause": each.cause}


def _definitions(keys: Collection[str]) -> dict[str, dict[str, str]]:
    parts = ("name", "definition", "excludes", "source", "direction")
    return {
        key: {name: each[name] for name in parts}
        for key, each in views.definitions().items()
        if key in keys
    }


def _cell(rate: Rate | None) -> str:
    return "" if rate is None else rate.printed or WORDS.get(rate.state, "")
