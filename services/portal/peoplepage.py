"""People and systems: who there is, and the table of who may do what."""

from __future__ import annotations

from werkzeug.wrappers import Request

from services.adapters.pages import View, Visitor, page
from services.contracts.actor import MAY, Action, Role
from services.contracts.directory import Principal
from services.contracts.permissions import SCOPE
from services.contracts.tokens import OF_MACHINES
from services.portal.personpage import PersonPage

MOST_SHOWN = 200


class PeoplePage(PersonPage):
    """The list of people and systems, each with a page, and the table of roles."""

    @page("GET", "/admin/people", Action.READ_REGISTRY)
    def people(self, request: Request, visitor: Visitor) -> View:
        """Everybody who may act, filtered by role and words."""
        directory, asked = self._directory(visitor), request.args
        query, role = asked.get("q", "").strip(), asked.get("role", "")
        found = [each for each in directory.principals if _fits(each, query, role)]
        shown = {
            "people": found[:MOST_SHOWN],
            "found": len(found),
            "of": len(directory.principals),
            "directory": directory,
            "holders": self._holders(visitor),
            "roles": list(Role),
            "query": query,
            "role": role,
            "at": self.clock.now(),
            "done": asked.get("done"),
        }
        return View("admin/people.html", shown)

    @page("GET", "/admin/roles", Action.READ_REGISTRY)
    def roles(self, request: Request, visitor: Visitor) -> View:
        """Which role may do what: the one table that every request is checked against."""
        people = [role for role in Role if role not in OF_MACHINES]
        columns = [*people, *sorted(OF_MACHINES)]
        return View("admin/roles.html", {"table": MAY, "scopes": SCOPE, "roles": columns})


def _fits(person: Principal, query: str, role: str) -> bool:
    words = (person.id, person.name, person.unit or "", person.window or "")
    fits = any(query.casefold() in word.casefold() for word in words)
    return fits and (not role or role in person.roles)
