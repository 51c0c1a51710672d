"""Signing in and out over HTTP; whoever asks is nobody until they have said who they are."""

from werkzeug.wrappers import Request

from services.adapters.clock import SystemClock
from services.adapters.http import api, read_json
from services.adapters.lasting import Lasting, Lasts
from services.adapters.openid import IdentityProvider, OpenId
from services.adapters.passwords import Hasher, Passwords
from services.adapters.settings import token_hash
from services.adapters.signins import How, Outcome, SignIns, SignInsTried, Tried
from services.contracts.actor import Actor
from services.errors import NotAuthenticated, NotFound
from services.registry.credentials import Accounts, FailedTries, Tokens
from services.registry.forms import (
    Began,
    PasswordChanged,
    PasswordForm,
    SignedIn,
    SignedOut,
    SignInForm,
    VouchedForm,
)
from services.registry.identifying import Try
from services.registry.signing import SigningIn
from services.registry.wiring import Wired

NO_PROVIDER = "No identity provider is configured here; see HAOPING_OIDC_ISSUER"


class Entrance(Wired):
    """Sessions for people: by password, or by an identity provider that vouches for them."""

    hasher: Hasher = Passwords()
    tried: SignInsTried = SignIns()
    openid: IdentityProvider | None = OpenId()
    lasting: Lasting = Lasts()

    @api("POST", "/v1/sign-ins", None, takes=SignInForm, answers=SignedIn)
    def sign_in(self, request: Request, actor: Actor) -> SignedIn:
        """A session for a name and its password.

        401 says the same of a wrong password and of a name that is nobody's; 429 tells how long to
        wait after too many of them; 409 that the password has to be changed first.
        """
        form = read_json(request, SignInForm)
        return self._signing().by_password(self._try(form.name, form.browser), form.password)

    @api("POST", "/v1/passwords", None, takes=PasswordForm, answers=PasswordChanged)
    def change_password(self, request: Request, actor: Actor) -> PasswordChanged:
        """Another password for whoever knows the one before; every session of theirs ends."""
        form = read_json(request, PasswordForm)
        self._signing().change(self._try(form.name, form.browser), form.old, form.new)
        return PasswordChanged(name=form.name)

    @api("POST", "/v1/sign-ins:begin", None, answers=Began)
    def begin(self, request: Request, actor: Actor) -> Began:
        """Where to sign in at the identity provider. 404 where none is configured."""
        return Began.model_validate(vars(self._provider().begin()))

    @api("POST", "/v1/sign-ins:vouched", None, takes=VouchedForm, answers=SignedIn)
    def sign_in_vouched(self, request: Request, actor: Actor) -> SignedIn:
        """A session for whom the identity provider sent back, if the registry has them."""
        form = read_json(request, VouchedForm)
        attempt = self._try("", None)
        try:
            claims = self._provider().claims(form.code, form.nonce, form.verifier)
        except NotAuthenticated:
            self.tried.learn(Tried("", attempt.address, How.OPENID, Outcome.WRONG))
            raise
        return self._signing().by_provider(attempt, claims, self._provider().claim)

    @api("DELETE", "/v1/sign-ins/current", None, answers=SignedOut)
    def sign_out(self, request: Request, actor: Actor) -> SignedOut:
        """End the session whose token this request bears, at once and everywhere."""
        hash = token_hash(request.headers.get("Authorization", "").partition(" ")[2])
        tokens = Tokens(self.db)
        held = tokens.find(hash)
        if held is None or held.kind != "session":
            return SignedOut(ended=False)
        ended = tokens.revoke(hash, held.principal, SystemClock().now())
        self.tried.learn(Tried(held.principal, self.audit.address, How.SIGN_OUT, Outcome.OUT))
        return SignedOut(ended=ended)

    def _try(self, name: str, browser: str | None) -> Try:
        brought = token_hash(browser) if browser else None
        return Try(name, self.audit.address, brought, SystemClock().now())

    def _provider(self) -> IdentityProvider:
        if self.openid is None:
            raise NotFound(NO_PROVIDER)
        return self.openid

    def _signing(self) -> SigningIn:
        return SigningIn(
            self._current(),
            Accounts(self.db),
            FailedTries(self.db),
            Tokens(self.db),
            self.hasher,
            self.tried,
            self.lasting,
        )
