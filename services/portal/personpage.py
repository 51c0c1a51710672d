"""One person or system: what they may do, what they sign in with, and their tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from werkzeug.wrappers import Request, Response

from services.adapters.pages import View, Visitor, go, page
from services.contracts.actor import MAY, Action
from services.contracts.directory import Principal
from services.contracts.tokens import OF_MACHINES
from services.errors import NotFound
from services.portal.admin import Admin

PAGE = "/admin/people/<person>"
MOST_TOKENS = 20
Shown = Mapping[str, Any]


class PersonPage(Admin):
    """The page of a person or system; secrets are shown on the answer that makes them."""

    @page("GET", PAGE, Action.READ_REGISTRY)
    def person(self, request: Request, visitor: Visitor, person: str) -> View:
        """One person or system."""
        return self._person(visitor, person, {"done": request.args.get("done")})

    @page("POST", f"{PAGE}/token", Action.CHANGE_REGISTRY)
    def issue_token(self, request: Request, visitor: Visitor, person: str) -> View:
        """A new token, shown on this answer and never again; the one before it ends."""
        issued = self.services.post("registry", f"/v1/people/{quote(person)}:token", visitor.token)
        return self._person(visitor, person, {"token": issued["token"]})

    @page("POST", f"{PAGE}/revoke", Action.CHANGE_REGISTRY)
    def revoke_token(self, request: Request, visitor: Visitor, person: str) -> Response:
        """End the token."""
        self.services.delete("registry", f"/v1/people/{quote(person)}/token", visitor.token)
        return _done(person, "revoked")

    @page("POST", f"{PAGE}/password", Action.CHANGE_REGISTRY)
    def give_password(self, request: Request, visitor: Visitor, person: str) -> View:
        """A password for one use, shown on this answer and never again."""
        given = self.services.post("registry", _account(person, ":password"), visitor.token)
        return self._person(visitor, person, {"given": given})

    @page("POST", f"{PAGE}/<any(lock, unlock):move>", Action.CHANGE_REGISTRY)
    def move_account(self, request: Request, visitor: Visitor, person: str, move: str) -> Response:
        """Close the account, or open it again."""
        self.services.post("registry", _account(person, f":{move}"), visitor.token)
        return _done(person, f"{move}ed")

    @page("POST", f"{PAGE}/tokens/<id>/revoke", Action.CHANGE_REGISTRY)
    def revoke_issued(self, request: Request, visitor: Visitor, person: str, id: str) -> Response:
        """End one of the tokens or sessions."""
        self.services.delete("registry", f"/v1/tokens/{quote(id)}", visitor.token)
        return _done(person, "ended")

    def _person(self, visitor: Visitor, id: str, once: Shown) -> View:
        directory = self._directory(visitor)
        found = directory.principal.get(id)
        if found is None:
            raise NotFound
        shown: dict[str, Any] = {
            "person": found,
            "directory": directory,
            "holders": self._holders(visitor),
            "allowed": [action for action, roles in MAY.items() if roles & found.roles],
            "token": None,
            "given": None,
            "done": None,
            "most": MOST_TOKENS,
        }
        return View("admin/person.html", {**shown, **self._opening(visitor, found), **once})

    def _opening(self, visitor: Visitor, person: Principal) -> dict[str, Any]:
        """The account and the tokens, told to those who give them out."""
        if not visitor.may(Action.CHANGE_REGISTRY):
            return {"account": None, "tokens": []}
        tokens = self.services.get("registry", "/v1/tokens", visitor.token, principal=person.id)
        if person.roles <= OF_MACHINES:
            return {"account": None, "tokens": tokens}
        account = self.services.get("registry", _account(person.id, ""), visitor.token)
        return {"account": account, "tokens": tokens}

    def _holders(self, visitor: Visitor) -> dict[str, bool]:
        """Who holds a token, told to those who give them out."""
        if not visitor.may(Action.CHANGE_REGISTRY):
            return {}
        found: dict[str, bool] = self.services.get("registry", "/v1/people", visitor.token)
        return found


def _account(person: str, verb: str) -> str:
    return f"/v1/accounts/{quote(person)}{verb}"


def _done(person: str, what: str) -> Response:
    return go(f"/admin/people/{quote(person)}?done={what}")
