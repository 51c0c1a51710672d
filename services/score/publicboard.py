"""The scoreboard for everybody: what was published, and nothing that tells on a rater."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel
from werkzeug.wrappers import Request, Response

from services.adapters.clock import Clock
from services.adapters.http import Throttle, Windows, api, read_query
from services.adapters.http.throttle import REQUESTS
from services.adapters.mongo import Db
from services.contracts.actor import Actor
from services.contracts.csvfile import MARK, csv_text
from services.contracts.period import NotAPeriod, Period
from services.errors import NotFound
from services.score import views
from services.score.forms import DEFAULT_INDEX, Form
from services.score.measure import UNPRINTED
from services.score.months import Month, Published
from services.score.shelf import Months
from services.score.suppression import (
    SMALLEST,
    WITHHELD,
    PublicLine,
    Rate,
    Sample,
    public_line,
)

FIRST_YEAR = 2019
"""国办发〔2019〕51号: no place was rated before."""
CSV = "text/csv; charset=utf-8"
HEADS = ("期间", "版次", "机构编码", "机构", "同级组", "样本", "位次", "得分")
UNDER = ("指数", "规则", "工作日历", "数据截止")
LEVELS = {"5": "非常满意", "4": "满意", "3": "基本满意", "2": "不满意", "1": "非常不满意"}
SAMPLES = {Sample.ENOUGH: "足够", Sample.SMALL: "样本不足", Sample.FEW: f"评价少于{SMALLEST}个"}
WORDS = {str(state): words for state, words in UNPRINTED.items()} | {WITHHELD: "件数少，不公布"}


class Asked(Form):
    """By which index, and in which revision; by default the last."""

    index: str = DEFAULT_INDEX
    revision: int | None = None


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


class Public:
    """Answers anybody, as often as one who signed in may ask."""

    db: Db
    clock: Clock
    windows: Windows = Throttle()

    @api("GET", "/v1/public/months", None, answers=list[PublishedPeriod])
    def get_published_months(self, request: Request, actor: Actor) -> list[PublishedPeriod]:
        """The periods that were published, the newest first."""
        self._admit(request)
        keys = list(_keys(self.clock.now().year))
        kept = self.db["month_snapshots"].find({"_id": {"$in": keys}}, {"_id": 0})
        months = [month for month in map(Month.model_validate, kept) if month.published]
        return [
            PublishedPeriod(period=month.period, **_revision(month.published[-1]))
            for month in sorted(months, key=_newest_first, reverse=True)
        ]

    @api("GET", "/v1/public/scores/<token:period>", None, asks=Asked, answers=PublicBoard)
    def get_public_scores(self, request: Request, actor: Actor, period: str) -> PublicBoard:
        """The board of a published period without counts of ratings."""
        return self._public_board(request, period)

    @api("GET", "/v1/public/scores/<token:period>.csv", None, asks=Asked, answers="text/csv")
    def get_public_csv(self, request: Request, actor: Actor, period: str) -> Response:
        """The same as open data: UTF-8 with its mark, a line for each unit and the region."""
        text = csv_text(_rows(self._public_board(request, period)))
        head = {"Content-Disposition": f'attachment; filename="scoreboard-{period}.csv"'}
        return Response((MARK + text).encode(), 200, head, content_type=CSV)

    def _admit(self, request: Request) -> None:
        self.windows.pass_or_refuse(REQUESTS, f"from {request.remote_addr}")

    def _public_board(self, request: Request, key: str) -> PublicBoard:
        self._admit(request)
        asked, period, months = read_query(request, Asked), _period(key), Months(self.db)
        month = months.get(period.key)
        found = [each for each in month.published if asked.revision in (None, each.revision)]
        page = months.scores(found[-1].snapshot, asked.index) if found else None
        if page is None:
            raise NotFound(f"{period.key} was not published like this by an index '{asked.index}'")
        recipes = months.context(found[-1].snapshot).recipes
        indexes = {recipe.id: recipe.name for recipe in recipes}
        return _board(page, month, found[-1], indexes, self._quarter(period))

    def _quarter(self, month: Period) -> Quarter | None:
        quarter = month.quarter
        if quarter is None:
            return None
        published = bool(Months(self.db).get(quarter.key).published)
        return Quarter(period=quarter.key, published=published)


def _keys(until: int) -> Iterator[str]:
    """Everything that may have been published: a month is found by its key, not by a search."""
    for year in range(FIRST_YEAR, until + 1):
        yield str(year)
        yield from (f"{year}-Q{quarter}" for quarter in range(1, 5))
        yield from (f"{year}-{month:02}" for month in range(1, 13))


def _period(key: str) -> Period:
    try:
        return Period.parse(key)
    except NotAPeriod:
        raise NotFound from None


def _newest_first(month: Month) -> tuple[date, date]:
    """A month comes before the quarter that ends with it."""
    period = Period.parse(month.period)
    return period.last, period.first


def _revision(each: Published) -> dict[str, Any]:
    return {"revision": each.revision, "published_at": each.at, "cause": each.cause}


def _board(
    page: views.View,
    month: Month,
    shown: Published,
    indexes: dict[str, str],
    quarter: Quarter | None,
) -> PublicBoard:
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


def _definitions(keys: Collection[str]) -> dict[str, dict[str, str]]:
    told = ("name", "definition", "excludes", "source", "direction")
    return {
        key: {name: each[name] for name in told}
        for key, each in views.definitions().items()
        if key in keys
    }


def _rows(board: PublicBoard) -> Iterator[Sequence[object]]:
    names = {key: each["name"] for key, each in board.definitions.items()}
    terms = {term.indicator: term.name for term in board.region.terms}
    points = [f"{name}得分" for name in terms.values()]
    yield [*HEADS, *(f"{level}占比" for level in LEVELS.values()), *names.values(), *points, *UNDER]
    under = (board.index["label"], board.rules, board.calendar, board.cut_off)
    for line in (*board.units, board.region):
        earned = {term.indicator: term.points for term in line.terms}
        yield (
            *(board.period, board.revision, line.unit, line.name, line.peers or ""),
            *(SAMPLES[line.sample], line.rank or "", line.score or ""),
            *(line.levels.get(level, "") for level in LEVELS),
            *(_cell(line.rates.get(key)) for key in names),
            *(earned.get(key, "") for key in terms),
            *under,
        )


def _cell(rate: Rate | None) -> str:
    return "" if rate is None else rate.printed or WORDS.get(rate.state, "")
