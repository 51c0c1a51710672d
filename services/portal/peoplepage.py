"""People and systems: who may do what, and their tokens, each shown once."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from werkzeug.wrappers import Request, Response

from services.adapters.pages import View, Visitor, go, page
from services.contracts.actor import MAY, Action, Role
from services.contracts.directory import Principal
from services.errors import NotFound
from services.portal.admin import Admin

PAGE = "/admin/people/<person>"
MOST_SHOWN = 200
OF_MACHINES = frozenset({Role.DEVICE, Role.SYSTEM})


class PeoplePage(Admin):
    """The list of people and systems, one of them with the token, and the table of roles."""

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
        return View("admin/roles.html", {"table": MAY, "roles": columns})

    @page("GET", PAGE, Action.READ_REGISTRY)
    def person(self, request: Request, visitor: Visitor, person: str) -> View:
        """One person or system."""
        return self._person(visitor, person, None, request.args.get("done"))

    @page("POST", f"{PAGE}/token", Action.CHANGE_REGISTRY)
    def issue_token(self, request: Request, visitor: Visitor, person: str) -> View:
        """A new token, shown on this answer and never again; the one before it ends."""
        issued = self.services.post("registry", f"/v1/people/{quote(person)}:token", visitor.token)
        return self._person(visitor, person, issued["token"], None)

    @page("POST", f"{PAGE}/revoke", Action.CHANGE_REGISTRY)
    def revoke_token(self, request: Request, visitor: Visitor, person: str) -> Response:
        """End the token."""
        self.services.delete("registry", f"/v1/people/{quote(person)}/token", visitor.token)
        return go(f"/admin/people/{quote(person)}?done=revoked")

    def _person(self, visitor: Visitor, id: str, token: str | None, done: str | None) -> View:
        directory = self._directory(visitor)
        found = next((each for each in directory.principals if each.id == id), None)
        if found is None:
            raise NotFound
        shown: dict[str, Any] = {
            "person": found,
            "directory": directory,
            "holders": self._holders(visitor),
            "allowed": [action for action, roles in MAY.items() if roles & found.roles],
            "token": token,
            "done": done,
        }
        return View("admin/person.html", shown)

    def _holders(self, visitor: Visitor) -> dict[str, bool]:
        """Who holds a token, told to those who give them out."""
        if not visitor.may(Action.CHANGE_REGISTRY):
            return {}
        found: dict[str, bool] = self.services.get("registry", "/v1/people", visitor.token)
        return found


def _fits(person: Principal, query: str, role: str) -> bool:
    words = (person.id, person.name, person.unit or "", person.window or "")
    fits = any(query.casefold() in word.casefold() for word in words)
    return fits and (not role or role in person.roles)
