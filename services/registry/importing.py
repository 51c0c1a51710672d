"""Tables of the registry over HTTP: out as CSV, looked at before they count, put in force."""

from datetime import datetime
from http import HTTPStatus
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict
from werkzeug.wrappers import Request, Response

from services.adapters.http import api, read_query
from services.adapters.http.bodies import read_body
from services.contracts.actor import Action, Actor
from services.contracts.csvfile import MARK, csv_text
from services.contracts.directory import Entry
from services.errors import Conflict, Invalid, NotFound, WrongMediaType
from services.registry.columns import TABLES, Table
from services.registry.merging import Change, Merged, RowError, merge
from services.registry.sheet import Sheet, read_sheet
from services.registry.wiring import Wired

CSV = "text/csv"
CSV_UTF8 = f"{CSV}; charset=utf-8"


class Asked(BaseModel):
    """The query of an import: the version it was made from, and whether only to look."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    version: int
    preview: bool = False


class Wanted(BaseModel):
    """The query of a table: what is in force, or two rows that show how to write one."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    example: bool = False


class Imported(BaseModel):
    """What a table changes, or would; with errors it changes nothing."""

    kind: str
    version: int
    encoding: Literal["utf-8", "gb18030"]
    in_force: bool
    rows: int
    added: int
    changed: int
    same: int
    changes: list[Change]
    errors: list[RowError]


class Importing(Wired):
    """Takes and gives tables of units, windows, devices, items and people."""

    @api(
        "GET",
        "/v1/registry/<kind>:table",
        Action.READ_REGISTRY,
        asks=Wanted,
        answers=CSV,
        audited=True,
    )
    def get_table(self, request: Request, actor: Actor, kind: str) -> Response:
        """All entries of a kind as CSV, or an example; no cell is taken for a formula."""
        table, asked = _table(kind), read_query(request, Wanted)
        entries = getattr(self._current(), table.field)
        zone = self.rules.current.region.zone
        rows = table.examples if asked.example else [_cells(each, table, zone) for each in entries]
        text = MARK + csv_text([table.headings, *rows], numbers=False)
        name = f"{kind}-example.csv" if asked.example else f"{kind}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(text.encode(), headers=headers, content_type=CSV_UTF8)

    @api(
        "POST",
        "/v1/registry/<kind>:import",
        Action.CHANGE_REGISTRY,
        asks=Asked,
        answers={HTTPStatus.OK: Imported},
    )
    def import_table(self, request: Request, actor: Actor, kind: str) -> Imported:
        """Add and change entries from CSV (UTF-8 or GBK), everything or nothing.

        With `preview` only told. Nothing is taken out: what ends gets a day on which it ends.
        """
        if request.mimetype != CSV:
            raise WrongMediaType("This address takes text/csv; say so in Content-Type")
        table, asked, current = _table(kind), read_query(request, Asked), self._current()
        if asked.version != current.version:
            raise Conflict(f"Version {current.version} is in force; look at the changes again")
        sheet = read_sheet(read_body(request), table, self.rules.current.region.zone)
        merged = merge(current, table, sheet)
        if not asked.preview:
            self._import(merged, actor)
        return _imported(table, sheet, merged, asked)

    def _import(self, merged: Merged, actor: Actor) -> None:
        if merged.mistakes:
            errors = [
                {"pointer": f"/rows/{each.row}/{each.column or ''}", "detail": each.detail}
                for each in merged.mistakes
            ]
            raise Invalid("Nothing was imported", errors=errors)
        following = {"version": merged.directory.version + 1}
        self._put_in_force(merged.directory.model_copy(update=following), actor.id)


def _table(kind: str) -> Table:
    if kind not in TABLES:
        raise NotFound(f"There is no table {kind}; there are {', '.join(TABLES)}")
    return TABLES[kind]


def _imported(table: Table, sheet: Sheet, merged: Merged, asked: Asked) -> Imported:
    counts = {
        what: sum(each.what == what for each in merged.changes)
        for what in ("added", "changed", "same")
    }
    return Imported.model_validate(
        {
            "kind": table.kind,
            "version": asked.version if asked.preview else asked.version + 1,
            "encoding": sheet.encoding,
            "in_force": not asked.preview,
            "rows": len(sheet.lines),
            **counts,
            "changes": [each for each in merged.changes if each.what != "same"],
            "errors": [RowError(**vars(each)) for each in merged.mistakes],
        }
    )


def _cells(entry: Entry, table: Table, zone: ZoneInfo) -> list[str]:
    return [_cell(getattr(entry, name), zone) for name in table.columns]


def _cell(value: Any, zone: ZoneInfo) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        local = value.astimezone(zone)
        midnight = (local.hour, local.minute, local.second) == (0, 0, 0)
        return f"{local:%Y-%m-%d}" if midnight else local.isoformat()
    if isinstance(value, frozenset):
        return ";".join(sorted(value))
    return value.strftime("%H:%M") if hasattr(value, "strftime") else str(value)
