"""People and systems over HTTP: one at a time, and their tokens at addresses of their own."""

import secrets

from werkzeug.wrappers import Request

from services.adapters.http import api, read_json
from services.adapters.settings import token_hash
from services.contracts.actor import Action, Actor
from services.contracts.directory import Principal
from services.errors import Conflict, Invalid
from services.registry.forms import TokenIssued, TokenRevoked
from services.registry.people import with_person, with_token
from services.registry.wiring import Wired

TOKEN_BYTES = 32
ELSEWHERE = "is changed by POST /v1/people/<id>:token and ended by DELETE /v1/people/<id>/token"


class Personnel(Wired):
    """Registers people, and gives and ends their tokens; felt everywhere within a second."""

    @api("PUT", "/v1/people/<person>", Action.CHANGE_REGISTRY, takes=Principal, answers=Principal)
    def put_person(self, request: Request, actor: Actor, person: str) -> Principal:
        """Register one person or system, or change them, in the next version of the registry."""
        wanted = read_json(request, Principal)
        if wanted.id != person:
            raise Conflict(f"The address says {person} and the body {wanted.id}")
        if wanted.token_hash:
            raise Invalid(errors=[{"pointer": "/token_hash", "detail": ELSEWHERE}])
        self._put_in_force(with_person(self._current(), wanted), actor.id)
        return wanted

    @api("POST", "/v1/people/<person>:token", Action.CHANGE_REGISTRY, answers=TokenIssued)
    def post_token(self, request: Request, actor: Actor, person: str) -> TokenIssued:
        """A new token, shown once; the one before it ends at once."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self._put_in_force(with_token(self._current(), person, token_hash(token)), actor.id)
        return TokenIssued(person=person, token=token)

    @api("DELETE", "/v1/people/<person>/token", Action.CHANGE_REGISTRY, answers=TokenRevoked)
    def delete_token(self, request: Request, actor: Actor, person: str) -> TokenRevoked:
        """End the token of somebody who left or lost it; they stay in the registry."""
        self._put_in_force(with_token(self._current(), person, None), actor.id)
        return TokenRevoked(person=person)

    @api("GET", "/v1/people", Action.CHANGE_REGISTRY, answers=dict[str, bool])
    def get_people(self, request: Request, actor: Actor) -> dict[str, bool]:
        """Whether each person or system holds a token."""
        return {each.id: bool(each.token_hash) for each in self._current().principals}
