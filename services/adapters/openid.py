"""An identity provider (统一身份认证) by OpenID Connect Core 1.0: authorization code with PKCE.

The code is exchanged from here with the client's secret, so a browser never holds a token of the
provider. What it says of a person counts once signature, issuer, audience, end and nonce fit. Over
TLS it is believed like every other server: by the machine's authorities and `HAOPING_CA_FILE`.
"""

from __future__ import annotations

import secrets
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address
from logging import getLogger
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from nameko.extensions import DependencyProvider
from requests.adapters import HTTPAdapter

from services.adapters.settings import ROOT
from services.adapters.trust import context, trusting
from services.errors import Misconfigured, NotAuthenticated, Unavailable

WELL_KNOWN = "/.well-known/openid-configuration"
BACK = "/signin/openid/back"
ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "EdDSA"]
"""Signed with the provider's own key: never `none`, and no HMAC, whose key we would share."""
SCOPE = "openid profile"
LEEWAY_S, TIMEOUT_S, KEPT_S = 60, 10, 3600
BYTES = 32
REFUSED = "The identity provider did not vouch for this sign-in; begin again"
AWAY = "The identity provider cannot be reached now"
_log = getLogger(__name__)


@dataclass(frozen=True)
class Begun:
    """Where the browser is sent, and what this sign-in has to bring back."""

    url: str
    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


class Believing(HTTPAdapter):
    """Believes a server by the authorities of a context; by itself requests knows only its own."""

    def __init__(self, trusted: ssl.SSLContext) -> None:
        self._trusted = trusted
        super().__init__()

    def init_poolmanager(self, *sizes: Any, **options: Any) -> None:
        """The connections, each with the context."""
        super().init_poolmanager(*sizes, ssl_context=self._trusted, **options)

    def cert_verify(self, *asked: Any) -> None:
        """Add no authority to those of the context."""


class IdentityProvider:
    """The provider at `issuer`, which knows us as `client_id` and sends browsers back to `back`.

    `claim` names the claim that holds a person's id in the registry; empty for none.
    """

    def __init__(
        self,
        issuer: str,
        client_id: str,
        secret: str,
        back: str,
        claim: str = "",
        trusted: ssl.SSLContext | None = None,
    ) -> None:
        self.claim, self._trusted = claim, trusted or trusting()
        self.issuer, self._client_id, self._secret, self._back = issuer, client_id, secret, back
        self._metadata: Mapping[str, Any] = {}
        self._keys: KeySet | None = None
        self._read_at = float("-inf")

    def begin(self) -> Begun:
        """A sign-in that nobody has begun before. Raises Unavailable."""
        nonce, verifier = secrets.token_urlsafe(BYTES), secrets.token_urlsafe(BYTES)
        with self._session() as session:
            url, state = session.create_authorization_url(
                self._about()["authorization_endpoint"],
                state=secrets.token_urlsafe(BYTES),
                code_verifier=verifier,
                nonce=nonce,
            )
        return Begun(url, state, nonce, verifier)

    def claims(self, code: str, nonce: str, verifier: str) -> Mapping[str, Any]:
        """What the provider says of whoever came back with `code`.

        Raises NotAuthenticated when it does not say so to us, now, for this sign-in; Unavailable.
        """
        try:
            with self._session() as session:
                answer = session.fetch_token(
                    self._about()["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                )
            return self._checked(answer, nonce)
        except (OAuthError, JoseError, KeyError, ValueError) as error:
            _log.warning("a sign-in by the identity provider was refused: %r", error)
            raise NotAuthenticated(REFUSED) from None
        except requests.RequestException as error:
            raise Unavailable(AWAY) from error

    def _checked(self, answer: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        decode = partial(jwt.decode, answer["id_token"], algorithms=ALGORITHMS)
        try:
            token = decode(key=self._key_set())
        except (JoseError, ValueError):
            token = decode(key=self._key_set(anew=True))
        claims = CodeIDToken(
            token.claims,
            token.header,
            {
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self._client_id},
            },
            {"nonce": nonce, "client_id": self._client_id, "access_token": answer["access_token"]},
        )
        claims.validate(leeway=LEEWAY_S)
        return dict(claims)

    def _session(self) -> OAuth2Session:
        return self._believing(
            OAuth2Session(
                self._client_id,
                self._secret,
                scope=SCOPE,
                redirect_uri=self._back,
                code_challenge_method="S256",
                default_timeout=TIMEOUT_S,
            )
        )

    def _believing(self, session: Any) -> Any:
        session.trust_env = False
        session.mount("https://", Believing(self._trusted))
        return session

    def _about(self) -> Mapping[str, Any]:
        if time.monotonic() - self._read_at > KEPT_S:
            found = self._read(self.issuer.rstrip("/") + WELL_KNOWN)
            if found.get("issuer") != self.issuer:
                raise Misconfigured(f"HAOPING_OIDC_ISSUER: the provider says {found.get('issuer')}")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                demand_secure(str(found.get(name)))
            self._metadata, self._keys, self._read_at = found, None, time.monotonic()
        return self._metadata

    def _key_set(self, anew: bool = False) -> KeySet:
        if self._keys is None or anew:
            self._keys = KeySet.import_key_set(self._read(self._about()["jwks_uri"]))
        return self._keys

    def _read(self, url: str) -> Any:
        try:
            with self._believing(requests.Session()) as session:
                answer = session.get(url, timeout=TIMEOUT_S)
                answer.raise_for_status()
                return answer.json()
        except requests.RequestException as error:
            raise Unavailable(AWAY) from error


def demand_secure(url: str) -> None:
    """Raise Misconfigured for an address to which secrets would travel in the clear."""
    there = urlsplit(url)
    if there.scheme != "https" and not _is_loopback(there.hostname or ""):
        raise Misconfigured(f"The identity provider has to be reached over HTTPS, not at {url}")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class OpenId(DependencyProvider):
    """Gives workers the identity provider of the settings; None where none is named."""

    provider: IdentityProvider | None = None

    def setup(self) -> None:
        """Read the client's secret; a wrong setting stops the service with the remedy."""
        config = self.container.config
        issuer = str(config.get("HAOPING_OIDC_ISSUER") or "")
        if not issuer:
            return
        demand_secure(issuer)
        path = ROOT / str(config.get("HAOPING_OIDC_CLIENT_SECRET_FILE") or "")
        if not path.is_file():
            raise Misconfigured("HAOPING_OIDC_CLIENT_SECRET_FILE has to name a file")
        back = str(config["HAOPING_PUBLIC_URL"]).rstrip("/") + BACK
        claim = str(config.get("HAOPING_OIDC_CLAIM") or "")
        client = str(config["HAOPING_OIDC_CLIENT_ID"])
        secret, trusted = path.read_text().strip(), context(config)
        self.provider = IdentityProvider(issuer, client, secret, back, claim, trusted)

    def get_dependency(self, worker_ctx: object) -> IdentityProvider | None:
        """The provider."""
        return self.provider


class OpenIdConfigured(DependencyProvider):
    """Tells workers whether an identity provider is named; it is the registry that asks it."""

    def get_dependency(self, worker_ctx: object) -> bool:
        """Whether people may sign in by it."""
        return bool(self.container.config.get("HAOPING_OIDC_ISSUER"))
