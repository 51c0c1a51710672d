"""Scoped tokens of machines and people over HTTP: issued, listed, and ended at once."""

from datetime import timedelta

from werkzeug.wrappers import Request

from services.adapters.clock import SystemClock
from services.adapters.http import api, read_json, read_query
from services.adapters.settings import token_hash
from services.contracts.actor import Action, Actor
from services.contracts.directory import Principal
from services.contracts.tokens import API, IssuedToken, new_token
from services.errors import Invalid, NotFound
from services.registry.credentials import Tokens
from services.registry.forms import NewToken, TokenForm, TokensAsked, TokenShown
from services.registry.wiring import Wired


class Issuing(Wired):
    """Tokens that act as a principal with some of its roles, until they end or are ended.

    To rotate one, issue another: the former opens until its own end or until it is revoked.
    """

    @api(
        "GET",
        "/v1/tokens",
        Action.CHANGE_REGISTRY,
        asks=TokensAsked,
        answers=list[TokenShown],
    )
    def get_tokens(self, request: Request, actor: Actor) -> list[TokenShown]:
        """Tokens and sessions, newest first; what opens with them is known to nobody here."""
        asked, now = read_query(request, TokensAsked), SystemClock().now()
        found = Tokens(self.db).listed(asked.principal, asked.kind)
        return [_shown(each, each.opens(now)) for each in found]

    @api("POST", "/v1/tokens", Action.CHANGE_REGISTRY, takes=TokenForm, answers=NewToken)
    def issue(self, request: Request, actor: Actor) -> NewToken:
        """A token, shown once; it never opens more than its principal may."""
        form, now = read_json(request, TokenForm), SystemClock().now()
        principal = self._current().principal.get(form.principal)
        _demand_sound(form, principal)
        token = new_token(API)
        issued = IssuedToken(
            hash=token_hash(token),
            principal=form.principal,
            kind="api",
            name=form.name,
            roles=form.roles,
            issued_by=actor.id,
            issued_at=now,
            expires_at=now + timedelta(days=form.days),
        )
        Tokens(self.db).issue(issued)
        self._tell(issued, opens=True)
        return NewToken(
            id=issued.id,
            token=token,
            principal=issued.principal,
            roles=sorted(form.roles),
            expires_at=issued.expires_at,
        )

    @api("DELETE", "/v1/tokens/<id>", Action.CHANGE_REGISTRY, answers=TokenShown)
    def revoke_token(self, request: Request, actor: Actor, id: str) -> TokenShown:
        """End a token or session, by its id; the next request that bears it is refused."""
        tokens, now = Tokens(self.db), SystemClock().now()
        found = tokens.find(id)
        if found is None:
            raise NotFound(f"There is no token {id}; GET /v1/tokens lists them")
        tokens.revoke(found.hash, actor.id, now)
        self._tell(found, opens=False)
        return _shown(tokens.find(id) or found, opens=False)

    def _tell(self, token: IssuedToken, opens: bool) -> None:
        holder = self._current().principal.get(token.principal)
        self.audit.about("token", token.id, holder.unit if holder else None)
        said = {"principal": token.principal, "kind": token.kind, "roles": token.roles}
        self.audit.changed({"opens": not opens}, {**said, "opens": opens})


def _demand_sound(form: TokenForm, principal: Principal | None) -> None:
    if principal is None:
        detail = f"{form.principal} is not in the registry; register them first"
        raise Invalid(errors=[{"pointer": "/principal", "detail": detail}])
    if more := form.roles - principal.roles:
        detail = f"{form.principal} does not have {', '.join(sorted(more))}"
        raise Invalid(errors=[{"pointer": "/roles", "detail": detail}])


def _shown(token: IssuedToken, opens: bool) -> TokenShown:
    roles = None if token.roles is None else sorted(token.roles)
    return TokenShown(
        **token.model_dump(exclude={"hash", "roles"}), id=token.id, roles=roles, opens=opens
    )
