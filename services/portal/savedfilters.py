"""Filters that somebody has kept under a name: the repository, and the two forms."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from werkzeug.wrappers import Request, Response

from services.adapters.mongo import Db
from services.adapters.pages import Visitor, go, page
from services.contracts.actor import Action
from services.errors import Conflict
from services.portal.casetabs import wanted

COLLECTION = "saved_filters"
MOST = 20
LONGEST_NAME = 40
LIST = "/work"


@dataclass(frozen=True)
class SavedFilter:
    """A name and the query string that it stands for."""

    key: str
    name: str
    query: str


class SavedFilters:
    """One document a person, so that nobody reads another's."""

    def __init__(self, db: Db) -> None:
        self._filters = db[COLLECTION]

    def of(self, person: str) -> list[SavedFilter]:
        """What a person has kept, by name."""
        kept = (self._filters.find_one({"_id": person}) or {}).get("filters", {})
        found = (SavedFilter(key, each["name"], each["query"]) for key, each in kept.items())
        return sorted(found, key=lambda each: each.name)

    def keep(self, person: str, name: str, query: str) -> None:
        """Keep a filter; one of the same name is replaced. Raises Conflict beyond the most."""
        key, known = _key(name), {each.key for each in self.of(person)}
        if key not in known and len(known) >= MOST:
            raise Conflict(f"At most {MOST} filters are kept; delete one first")
        change = {"$set": {f"filters.{key}": {"name": name, "query": query}}}
        self._filters.update_one({"_id": person}, change, upsert=True)

    def forget(self, person: str, key: str) -> None:
        """Delete a filter, if it is there."""
        if key in {each.key for each in self.of(person)}:
            self._filters.update_one({"_id": person}, {"$unset": {f"filters.{key}": ""}})


def _key(name: str) -> str:
    return hashlib.blake2s(name.encode(), digest_size=8).hexdigest()


class KeepingFilters:
    """Keeps and deletes the filters of whoever looks."""

    db: Db

    @page("POST", "/work/filters", Action.READ_CASES, audited=True)
    def keep_filter(self, request: Request, visitor: Visitor) -> Response:
        """Keep the filter that the list shows."""
        asked = dict(parse_qsl(request.form.get("query", "")))
        query = wanted(asked, visitor.actor.roles).words
        name = " ".join(request.form.get("name", "").split())[:LONGEST_NAME]
        if name:
            SavedFilters(self.db).keep(visitor.actor.id, name, query)
        return go(f"{LIST}?{query}")

    @page("POST", "/work/filters/<key>/delete", Action.READ_CASES, audited=True)
    def forget_filter(self, request: Request, visitor: Visitor, key: str) -> Response:
        """Delete one."""
        SavedFilters(self.db).forget(visitor.actor.id, key)
        return go(f"{LIST}?{urlencode(parse_qsl(request.form.get('query', '')))}")
