"""What a table would change in the registry: rows add or change, and take nothing out. Pure.

What ends gets a day on which it ends; so every number can still be traced to who it was about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from services.contracts.directory import Directory, Entry, Principal
from services.errors import Invalid
from services.registry.columns import Table
from services.registry.sheet import Line, Mistake, Sheet, entry_of
from services.registry.tree import check

Key = tuple[str, Any]
What = Literal["added", "changed", "same"]
TWICE = "stands in another row of this file already"
ABSENT = " is not in the registry"
UNTRUE = {"same time": "overlap", "ends before": "ends_first", "below itself": "circle"}
"""How the check of the registry words what it finds, and the code of each."""


class Change(BaseModel):
    """What a row does to an entry: which fields, each with what stood there and what will."""

    row: int
    id: str
    name: str
    what: What
    fields: dict[str, tuple[Any, Any]] = {}


class RowError(BaseModel):
    """What is wrong in which row of the file, row 1 being the headings; `code` names the kind."""

    row: int
    column: str | None
    detail: str
    code: str
    value: str


@dataclass(frozen=True)
class Merged:
    """The registry as it would be, what changes, and what is wrong; with mistakes, as it was."""

    directory: Directory
    changes: tuple[Change, ...]
    mistakes: tuple[Mistake, ...]


def merge(directory: Directory, table: Table, sheet: Sheet) -> Merged:
    """Put the rows of a sheet into the registry; everything or nothing."""
    entries = {_key(each, table): each for each in getattr(directory, table.field)}
    after, changes, mistakes = dict(entries), list[Change](), list(sheet.mistakes)
    rows: dict[Key, int] = {}
    for line in _readable(sheet):
        before = _standing(line, sheet, table, entries)
        made = entry_of(line, before, table)
        if isinstance(made, list):
            mistakes += made
            continue
        key = _key(before, table) if before else _key(made, table)
        if key in rows:
            detail = f"{made.id} {TWICE} ({rows[key]})"
            mistakes.append(Mistake(line.row, "id", detail, "twice", made.id))
        rows[key], after[key] = line.row, made
        changes.append(_change(line.row, before, made))
    merged = directory.model_copy(update={table.field: tuple(after.values())})
    named = {line.said.get("id") for line in sheet.lines}
    mistakes += [each for each in _untrue(merged, rows) if not _excused(each, named)]
    ordered = tuple(sorted(mistakes, key=lambda each: (each.row, each.column or "")))
    wrong = {each.row for each in ordered}
    good = tuple(each for each in changes if each.row not in wrong)
    return Merged(directory if ordered else merged, good, ordered)


def _readable(sheet: Sheet) -> Iterable[Line]:
    """Rows in which every cell could be read."""
    wrong = {each.row for each in sheet.mistakes}
    return (line for line in sheet.lines if line.row not in wrong)


def _key(entry: Entry, table: Table) -> Key:
    return entry.id, entry.active_from if table.moves else None


def _standing(line: Line, sheet: Sheet, table: Table, entries: Mapping[Key, Entry]) -> Entry | None:
    """The entry that a row is about: that of its period, or the last one if it names none."""
    id = line.said.get("id")
    if table.moves and "active_from" in sheet.columns:
        return entries.get((str(id), line.said["active_from"]))
    known = [each for each in entries.values() if each.id == id]
    return known[-1] if known else None


def _change(row: int, before: Entry | None, after: Entry) -> Change:
    new = _shown(after)
    old = _shown(before) if before else {}
    fields = {name: (old.get(name), new[name]) for name in new if old.get(name) != new[name]}
    what: What = "added" if before is None else "changed" if fields else "same"
    return Change(row=row, id=after.id, name=after.name, what=what, fields=fields)


def _shown(entry: Entry) -> dict[str, Any]:
    """Its fields as people read them; nobody's token hash."""
    fields = entry.model_dump(mode="json", exclude={"token_hash"})
    if isinstance(entry, Principal):
        fields["roles"] = sorted(fields["roles"])
    return fields


def _untrue(merged: Directory, rows: Mapping[Key, int]) -> list[Mistake]:
    """What would not hold together, at the row that it is about; elsewhere at the headings."""
    try:
        check(merged)
    except Invalid as error:
        of_id = {id: row for (id, _), row in rows.items()}
        return [_at_row(each, of_id) for each in error.extra["errors"]]
    return []


def _excused(mistake: Mistake, named: Set[str | None]) -> bool:
    """Whether something points to a row of the same file that has mistakes of its own."""
    return mistake.code == "absent" and mistake.value in named


def _at_row(complaint: Mapping[str, str], rows: Mapping[str, int]) -> Mistake:
    _, _, id = complaint["pointer"].split("/", 2)
    detail = complaint["detail"]
    row = rows.get(id, 1)
    if detail.endswith(ABSENT):
        column, target = detail.removesuffix(ABSENT).split(" ", 1)
        return Mistake(row, column, detail, "absent", target)
    code = next((code for words, code in UNTRUE.items() if words in detail), "untrue")
    return Mistake(row, "id", detail if id in rows else f"{id}: {detail}", code, id)
