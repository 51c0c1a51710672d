"""A real OpenID provider on loopback, in a process of its own: Authlib's server side over HTTP.

`AUTHLIB_INSECURE_TRANSPORT=1 python -m tests.identity.provider PORT BACK` serves until it is ended:
the environment says that loopback need not be HTTPS. Whoever names a user at the
sign-in form is that user. Users called after a fault get a token with just that fault.
"""

from __future__ import annotations

import hmac
import json
import secrets
import sys
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Payload, OAuth2Request
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from werkzeug.routing import Map, Rule
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

CLIENT_ID, CLIENT_SECRET = "haoping", "what the two of us know"
LASTS_S = 300
NONE, HMAC = b'{"alg":"none"}', b'{"alg":"HS256","kid":"1"}'
FORM = """<!doctype html><title>统一身份认证</title><form method="post">
<label>账号 <input name="user"></label><button>同意</button></form>"""


@dataclass(frozen=True)
class Client:
    """The one client that is registered here."""

    back: str

    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_default_redirect_uri(self) -> str:
        return self.back

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, uri: str) -> bool:
        return uri == self.back

    def check_client_secret(self, secret: str) -> bool:
        return secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, kind: str) -> bool:
        return kind == "code"

    def check_grant_type(self, kind: str) -> bool:
        return kind == "authorization_code"


@dataclass(frozen=True)
class User:
    """Somebody who signed in at the form."""

    name: str


@dataclass
class Code:
    """A code that was given out and not used yet."""

    code: str
    user: User
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str | None
    code_challenge_method: str | None

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(time.time())

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


CODES: dict[str, Code] = {}


class CodeGrant(AuthorizationCodeGrant):
    """The authorization code flow."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

    def save_authorization_code(self, code: str, request: Any) -> None:
        asked = request.payload.data
        CODES[code] = Code(
            code,
            request.user,
            request.payload.redirect_uri,
            request.payload.scope,
            asked.get("nonce"),
            asked.get("code_challenge"),
            asked.get("code_challenge_method"),
        )

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        return CODES.get(code)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        del CODES[authorization_code.code]

    def authenticate_user(self, authorization_code: Code) -> User:
        return authorization_code.user


class Tokens(OpenIDCode):
    """ID tokens as they should be, and with one fault each."""

    def __init__(self, issuer: str) -> None:
        super().__init__(require_nonce=True)
        self.issuer = issuer
        self.key = RSAKey.generate_key(2048, {"kid": "1"})
        self.other = RSAKey.generate_key(2048, {"kid": "1"})

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        return any(each.nonce == nonce for each in CODES.values())

    def encode_id_token(self, token: Any, request: Any) -> str:
        user, now = request.user.name, int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": [CLIENT_ID],
            "sub": f"sub-of-{user}",
            "account": user,
            "iat": now,
            "exp": now + LASTS_S,
            "nonce": request.authorization_code.get_nonce(),
        }
        faults: dict[str, dict[str, Any]] = {
            "other-issuer": {"iss": "http://127.0.0.1:1"},
            "other-audience": {"aud": ["somebody else"]},
            "expired": {"exp": now - LASTS_S, "iat": now - 2 * LASTS_S},
            "other-nonce": {"nonce": "of another sign-in"},
            "without-nonce": {"nonce": None},
        }
        claims |= faults.get(user, {})
        claims = {name: value for name, value in claims.items() if value is not None}
        return self._signed(user, claims)

    def _signed(self, user: str, claims: dict[str, Any]) -> str:
        header = {"alg": "RS256", "kid": "1"}
        if user == "forged":
            return jwt.encode(header, claims, self.other)
        signed = jwt.encode(header, claims, self.key)
        if user == "unsigned":
            return f"{_part(NONE)}.{signed.split('.')[1]}."
        if user == "hmac-of-public-key":
            said = f"{_part(HMAC)}.{signed.split('.')[1]}"
            key = self.key.as_pem(private=False)
            return f"{said}.{_part(hmac.digest(key, said.encode(), 'sha256'))}"
        return signed


def _part(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


class Payload(OAuth2Payload):
    """The query and form of a request."""

    def __init__(self, request: Request) -> None:
        self._values = request.values

    @property
    def data(self) -> Any:
        return self._values

    @property
    def datalist(self) -> Any:
        return {name: self._values.getlist(name) for name in self._values}


class Asked(OAuth2Request):
    """A request as Authlib reads it."""

    def __init__(self, request: Request) -> None:
        super().__init__(request.method, request.url, headers=request.headers)
        self.payload = Payload(request)
        self._form = request.form

    @property
    def form(self) -> Any:
        return self._form


class Provider(AuthorizationServer):
    """The provider as a WSGI application."""

    def __init__(self, issuer: str, back: str) -> None:
        super().__init__(scopes_supported=["openid", "profile"])
        self.issuer, self.client, self.tokens = issuer, Client(back), Tokens(issuer)
        bearer = BearerTokenGenerator(lambda **_: secrets.token_hex(16))
        self.register_token_generator("default", bearer)
        self.register_grant(CodeGrant, [CodeChallenge(required=True), self.tokens])
        rules = (".well-known/openid-configuration", "authorize", "token", "keys")
        self.map = Map([Rule(f"/{rule}", endpoint=rule) for rule in rules])

    def query_client(self, client_id: str) -> Client | None:
        return self.client if client_id == CLIENT_ID else None

    def save_token(self, token: Any, request: Any) -> None:
        """Nobody asks for what the access token opens."""

    def create_oauth2_request(self, request: Any) -> OAuth2Request:
        return request if isinstance(request, OAuth2Request) else Asked(request)

    def handle_response(self, status: int, body: Any, headers: Any) -> Response:
        text = json.dumps(body) if isinstance(body, dict) else body
        return Response(text, status, headers)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Answer."""
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        endpoint, _ = self.map.bind_to_environ(request.environ).match()
        if endpoint == "authorize":
            return self._authorize(request)
        if endpoint == "token":
            answer: Response = self.create_token_response(request)
            return answer
        told = self._keys() if endpoint == "keys" else self._about()
        return Response(json.dumps(told), content_type="application/json")

    def _authorize(self, request: Request) -> Response:
        asked = self.create_oauth2_request(request)
        grant = self.get_consent_grant(asked)
        if request.method == "GET":
            return Response(FORM, content_type="text/html; charset=utf-8")
        user = User(request.form["user"]) if request.form["user"] else None
        answer: Response = self.create_authorization_response(asked, user, grant)
        return answer

    def _about(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def _keys(self) -> Any:
        return KeySet([self.tokens.key]).as_dict(private=False)


if __name__ == "__main__":
    port, back = int(sys.argv[1]), sys.argv[2]
    provider = Provider(f"http://127.0.0.1:{port}", back)
    make_server("127.0.0.1", port, provider, threaded=True).serve_forever()
