"""One entry of the registry on a page: looked at, changed, or added; never over somebody else."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from werkzeug.wrappers import Request, Response

from services.adapters.pages import View, Visitor, go, page
from services.contracts.actor import Action, Role
from services.contracts.directory import Directory, Entry
from services.errors import Conflict, Invalid, NotFound
from services.portal.admin import Admin
from services.portal.entryform import (
    KINDS,
    Kind,
    Typed,
    as_typed,
    beginning,
    found,
    made,
    periods_of,
    typed,
    with_entry,
)

NEW = "~new"
PAGE = "/admin/registry/<kind>/<path:id>"


class EntryPage(Admin):
    """The form of a unit, window, device, item, person or system."""

    @page("GET", PAGE, Action.READ_REGISTRY)
    def entry(self, request: Request, visitor: Visitor, kind: str, id: str) -> View:
        """The entry as it stands, with all its periods; `~new` for one that is to be added."""
        directory, chosen = self._directory(visitor), _kind(kind)
        before = self._before(directory, chosen, id, request.args.get("from", ""))
        shown = as_typed(before, chosen, self.rulebook.current.region.zone)
        if before is None:
            shown |= {name: value for name, value in request.args.items() if name in shown}
        return self._form(directory, chosen, before, Typed(shown), directory.version)

    @page("POST", PAGE, Action.CHANGE_REGISTRY)
    def save_entry(self, request: Request, visitor: Visitor, kind: str, id: str) -> View | Response:
        """Put the change in force, unless somebody has put another since the form was opened."""
        directory, chosen, form = self._directory(visitor), _kind(kind), request.form
        before = self._before(directory, chosen, id, form.get("begins", ""))
        values = typed(form, form.getlist("roles"), chosen)
        values["id"] = before.id if before else values["id"]
        entry = made(values, before, chosen, self.rulebook.current.region.zone)
        version = int(form.get("version", "0"))
        if isinstance(entry, Typed):
            return self._form(directory, chosen, before, entry, version, status=422)
        return self._put(visitor, directory, chosen, before, entry, values, version)

    def _put(
        self,
        visitor: Visitor,
        directory: Directory,
        kind: Kind,
        before: Entry | None,
        entry: Entry,
        values: dict[str, Any],
        version: int,
    ) -> View | Response:
        wanted = with_entry(directory, kind, before, entry)
        body = wanted.model_dump(mode="json") | {"version": version}
        try:
            self.services.put("registry", "/v1/registry", visitor.token, body)
        except Conflict:
            return self._form(directory, kind, before, Typed(values), directory.version, status=409)
        except Invalid as refused:
            said = {each["pointer"]: each["detail"] for each in refused.extra["errors"]}
            return self._form(directory, kind, before, Typed(values, said), version, status=422)
        if kind.name == "people":
            return go(f"/admin/people/{quote(entry.id)}?done=saved")
        return go(f"/admin/registry?q={quote(entry.id)}&all=1&done=saved")

    def _before(self, directory: Directory, kind: Kind, id: str, begins: str) -> Entry | None:
        if id == NEW:
            return None
        if (entry := found(directory, kind, id, begins)) is None:
            raise NotFound
        return entry

    def _form(
        self,
        directory: Directory,
        kind: Kind,
        before: Entry | None,
        said: Typed,
        version: int,
        status: int = 200,
    ) -> View:
        shown = {
            "kind": kind,
            "before": before,
            "begins": beginning(before) if before else "",
            "periods": periods_of(directory, kind, before.id) if before else [],
            "said": said,
            "version": version,
            "conflict": status == Conflict.status,
            "now": as_typed(before, kind, self.rulebook.current.region.zone),
            "units": sorted(directory.unit.values(), key=lambda each: each.name),
            "windows": sorted(directory.window.values(), key=lambda each: each.name),
            "halls": sorted({each.hall for each in directory.windows}),
            "peers": sorted({each.peers for each in directory.units if each.peers}),
            "roles": list(Role),
        }
        return View("admin/entry.html", shown, status)


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise NotFound
    return KINDS[name]
