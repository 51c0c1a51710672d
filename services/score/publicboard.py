"""The scoreboard for everybody: what was published, and nothing that tells on a rater."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from werkzeug.wrappers import Request, Response

from services.adapters.http import api, read_query
from services.adapters.http.throttle import REQUESTS
from services.contracts.actor import Actor
from services.contracts.csvfile import MARK, csv_text
from services.contracts.period import NotAPeriod, Period
from services.contracts.vocabulary import COMPOSITE
from services.errors import NotFound
from services.score.forms import OLDEST_S, Form
from services.score.months import Month, Published
from services.score.published import (
    PublicBoard,
    PublishedPeriod,
    Quarter,
    public_board,
    rows,
    told,
)
from services.score.shelf import Months
from services.score.views import View
from services.score.wiring import Wired

FIRST_YEAR = 2019
"""国办发〔2019〕51号: no place was rated before."""
CSV = "text/csv; charset=utf-8"


class Asked(Form):
    """By which index, and in which revision; by default the last."""

    index: str = COMPOSITE
    revision: int | None = None


class Public(Wired):
    """Answers anybody, as often as one who signed in may ask."""

    @api("GET", "/v1/public/months", None, answers=list[PublishedPeriod])
    def get_published_months(self, request: Request, actor: Actor) -> list[PublishedPeriod]:
        """The periods that were published, the newest first."""
        self._admit(request)
        keys = list(_keys(self.clock.now().year))
        kept = self.db["month_snapshots"].find({"_id": {"$in": keys}}, {"_id": 0})
        months = [month for month in map(Month.model_validate, kept) if month.published]
        return [told(month) for month in sorted(months, key=_newest_first, reverse=True)]

    @api("GET", "/v1/public/scores/<token:period>", None, asks=Asked, answers=PublicBoard)
    def get_public_scores(self, request: Request, actor: Actor, period: str) -> PublicBoard:
        """The board of a published period without counts of ratings."""
        return self._public_board(request, period)

    @api("GET", "/v1/public/scores/<token:period>.csv", None, asks=Asked, answers="text/csv")
    def get_public_csv(self, request: Request, actor: Actor, period: str) -> Response:
        """The same as open data: UTF-8 with its mark, a line for each unit and the region."""
        text = csv_text(rows(self._public_board(request, period)))
        head = {"Content-Disposition": f'attachment; filename="scoreboard-{period}.csv"'}
        return Response((MARK + text).encode(), 200, head, content_type=CSV)

    def _admit(self, request: Request) -> None:
        self.windows.pass_or_refuse(REQUESTS, f"from {request.remote_addr}")

    def _public_board(self, request: Request, key: str) -> PublicBoard:
        self._admit(request)
        asked, period, months = read_query(request, Asked), _period(key), Months(self.db)
        month = months.get(period.key)
        found = [each for each in month.published if asked.revision in (None, each.revision)]
        page, indexes = self._kept_board(found[-1], asked.index) if found else (None, {})
        if page is None:
            raise NotFound(f"{period.key} was not published like this by an index '{asked.index}'")
        return public_board(page, month, found[-1], indexes, self._quarter(period))

    def _kept_board(self, published: Published, index: str) -> tuple[View | None, dict[str, str]]:
        """The board as it was published, and the names of all indexes: neither ever changes."""
        months, snapshot = Months(self.db), published.snapshot

        def read() -> tuple[View | None, dict[str, str]]:
            recipes = months.context(snapshot).recipes
            return months.scores(snapshot, index), {each.id: each.name for each in recipes}

        kept: tuple[View | None, dict[str, str]] = self.recent.within(OLDEST_S)(
            ("published", snapshot, index), read
        )
        return kept

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
