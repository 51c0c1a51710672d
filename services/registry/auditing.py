"""The audit over HTTP: read by who may, taken out as a file, examined, and anchored daily."""

from __future__ import annotations

import json
from collections.abc import Iterator, Set
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import chain
from logging import getLogger
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Request, Response

from services.adapters.anchors import Anchors
from services.adapters.http import api, leading_on, read_query
from services.adapters.timer import every
from services.contracts.actor import Action, Actor, Role
from services.contracts.anchors import Summary, Top
from services.contracts.audit import LEDGER, Entry, Part
from services.contracts.csvfile import MARK, csv_text
from services.registry.auditlog import Asked, AuditLog, Filters
from services.registry.examination import Examiner, anchor_all
from services.registry.wiring import Wired

LOOK_EVERY_S = 60.0
CSV, NDJSON = "text/csv; charset=utf-8", "application/x-ndjson"
_log = getLogger(__name__)


class Table(Filters):
    """The query string of an export."""

    format: Literal["csv", "json"] = "csv"


class Wanted(BaseModel):
    """Which entries to examine: those of a service after a number.

    `anchor` and `seal` are of its anchor in a summary that was kept outside the database.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    service: Part
    after: Annotated[int, Field(ge=0)] = 0
    anchor: Annotated[int, Field(ge=1)] | None = None
    seal: str | None = None

    @property
    def top(self) -> Top | None:
        """The anchor that the part must have."""
        if self.anchor is None or self.seal is None:
            return None
        return Top(part=self.service, number=self.anchor, seal=self.seal)


class Wrong(BaseModel):
    """An entry that is not as it was written; number 0: the anchors are not."""

    service: str
    number: int
    fault: str


class Examined(BaseModel):
    """How many entries were examined, which are wrong, and after which to go on; null: the end."""

    examined: int
    wrong: list[Wrong]
    next: int | None


class Auditing(Wired):
    """Shows the audit to supervisors and administrators, so that none reads alone of himself."""

    @api("GET", "/v1/audit", Action.READ_AUDIT, asks=Asked, answers=list[Entry])
    def get_audit(self, request: Request, actor: Actor) -> tuple[int, dict[str, str], list[Entry]]:
        """Entries, the newest first; the header `Link` leads to the next page."""
        found, after = AuditLog(self.db).page(read_query(request, Asked), self._sight(actor))
        return HTTPStatus.OK, leading_on(request, after), found

    @api(
        "GET",
        "/v1/audit:export",
        Action.READ_AUDIT,
        asks=Table,
        answers={HTTPStatus.OK: CSV},
        audited=True,
    )
    def export_audit(self, request: Request, actor: Actor) -> Response:
        """Every entry of a time, the oldest first, as CSV or as one JSON object on each line."""
        asked = read_query(request, Table)
        self.audit.about("audit", asked.format).changed({}, asked.model_dump(exclude_none=True))
        found = AuditLog(self.db).between(asked, self._sight(actor))
        write, kind = (_as_csv, CSV) if asked.format == "csv" else (_as_json, NDJSON)
        headers = {"Content-Disposition": f'attachment; filename="audit.{asked.format}"'}
        return Response(write(found), headers=headers, content_type=kind)

    @api("GET", "/v1/audit:verify", Action.READ_AUDIT, asks=Wanted, answers=Examined)
    def verify_audit(self, request: Request, actor: Actor) -> Examined:
        """Compute a part of a chain anew, and hold it against its end and its anchors."""
        asked = read_query(request, Wanted)
        examiner = Examiner(self.key, AuditLog(self.db), self._anchors())
        examined, faults, following = examiner.next(asked.service, asked.after, asked.top)
        wrong = [Wrong(service=each.part, number=each.number, fault=each.what) for each in faults]
        return Examined(examined=examined, wrong=wrong, next=following)

    @api("GET", "/v1/audit:anchors", Action.READ_AUDIT, answers=Summary)
    def get_audit_anchors(self, request: Request, actor: Actor) -> Summary:
        """The newest day's summary of the anchors, to be kept outside the database."""
        return self._anchors().newest()

    @every(LOOK_EVERY_S)
    def anchor_audit(self) -> None:
        """Once a day, by the wall clock, anchor where the chains end; the log has the seal."""
        zone = self.rules.current.region.zone
        day, anchors = datetime.now(UTC).astimezone(zone).date(), self._anchors()
        if not anchors.has_ended(day):
            made = anchor_all(anchors, AuditLog(self.db), day)
            _log.info("the audit up to %s is anchored under %s", day, made.seal)

    def _anchors(self) -> Anchors:
        return Anchors(self.db, self.key, LEDGER)

    def _sight(self, actor: Actor) -> Set[str] | None:
        """The units of which the actor may read; None for who may read of everything.

        That is the administrator, and whoever supervises the whole region.
        """
        tops = {each.id for each in self._current().units if each.parent is None}
        whole = Role.ADMINISTRATOR in actor.roles or actor.unit in tops
        return None if whole else actor.scope


def _as_csv(entries: Iterator[Entry]) -> Iterator[bytes]:
    """Line by line; no cell is taken for a formula."""
    yield (MARK + csv_text([list(Entry.model_fields)])).encode()
    for entry in entries:
        yield csv_text([list(_cells(entry))], numbers=False).encode()


def _cells(entry: Entry) -> Iterator[str]:
    for value in entry.model_dump(mode="json").values():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        yield "" if value is None else text


def _as_json(entries: Iterator[Entry]) -> Iterator[bytes]:
    return chain.from_iterable((entry.model_dump_json().encode(), b"\n") for entry in entries)
