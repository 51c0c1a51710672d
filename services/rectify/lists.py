"""Lists of cases over HTTP: page by page, as a table, and many given to one officer at once."""

from typing import Any, Literal

from werkzeug.wrappers import Request, Response

from services.adapters.http import api, read_json, read_query
from services.contracts.actor import Action, Actor
from services.rectify.bulk import AllAssigned, Assignment, assign_all
from services.rectify.export import MOST_ROWS, Language, as_csv, as_xlsx
from services.rectify.views import Asked, Wanted, row
from services.rectify.wiring import Wired

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Table(Wanted):
    """The query string of an export: filters, the format, and the language of the headings."""

    format: Literal["csv", "xlsx"] = "csv"
    lang: Language = "zh"


class Lists(Wired):
    """Shows what the actor's scope holds."""

    @api("GET", "/v1/cases", Action.READ_CASES, asks=Asked)
    def get_cases(self, request: Request, actor: Actor) -> dict[str, Any]:
        """One page of the cases that the actor sees, what is due first on top, paused ones last."""
        return read_query(request, Asked).page(self._cases(), actor, self._office())

    @api(
        "GET",
        "/v1/cases:export",
        Action.READ_CASES,
        asks=Table,
        answers={200: CSV},
        audited=True,
    )
    def export_cases(self, request: Request, actor: Actor) -> Response:
        """The whole list as CSV or XLSX, at most 10,000 cases; no cell is taken for a formula."""
        asked, office = read_query(request, Table), self._office()
        self.audit.about("cases", asked.format).changed({}, asked.model_dump(exclude_none=True))
        query = asked.query(actor, office, MOST_ROWS + 1)
        rows = (row(each, office) for each in self._cases().rows(query))
        write, kind = (as_csv, CSV) if asked.format == "csv" else (as_xlsx, XLSX)
        name = f"cases-{office.calendar.local(office.now)}.{asked.format}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(write(rows, office, asked.lang), headers=headers, content_type=kind)

    @api("POST", "/v1/cases:assign", Action.ASSIGN_CASES, takes=Assignment, answers=AllAssigned)
    def assign_cases(self, request: Request, actor: Actor) -> AllAssigned:
        """Give up to 200 cases to one officer, with a result for each; sent again, it changes
        nothing more.
        """
        order = read_json(request, Assignment)
        done = assign_all(self._cases(), self._office(), actor, order)
        given = {
            each.id: {"assignee": order.assignee, "status": each.status} for each in done.results
        }
        self.audit.about("cases", order.command_id).changed({}, given)
        self.outbox.wake()
        return done
