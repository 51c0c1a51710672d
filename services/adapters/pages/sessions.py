"""Sessions of people: a cookie that says nothing, and a document that says who holds it."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from functools import cached_property

from nameko.extensions import DependencyProvider, SharedExtension
from werkzeug.wrappers import Request, Response

from services.adapters.mongo import Document, Index, MongoConnection, ensure_indexes
from services.adapters.pages.visitor import Visitor, language_of
from services.adapters.registry import RegistryCache
from services.adapters.sealing import MASTER_KEY_BYTES, Sealer
from services.adapters.settings import secret_bytes, token_hash
from services.errors import NotAuthenticated

COLLECTION = "sessions"
INDEXES = {COLLECTION: (Index(("expires_at",)),)}
COOKIE = "haoping_session"
LASTS = timedelta(hours=12)
"""A working day; whoever comes back tomorrow signs in again."""
NOBODYS = "This token is nobody's; look at it again or ask an administrator for a new one"


class SessionStore(SharedExtension):
    """Opens, finds and closes sessions; the token of a person is kept sealed."""

    connection = MongoConnection()
    registry = RegistryCache()

    def start(self) -> None:
        """Declare the index by which ended sessions are found."""
        ensure_indexes(self.connection.db, INDEXES)

    @cached_property
    def _sealer(self) -> Sealer:
        name = "HAOPING_MASTER_KEY_FILE"
        sealer = Sealer(
            self.connection.db, secret_bytes(self.container.config, name, MASTER_KEY_BYTES)
        )
        sealer.ensure_key()
        return sealer

    def visitor(self, request: Request) -> Visitor:
        """Who sends this request; a session whose person has left the registry is none."""
        language = language_of(request)
        session = self._session(request.cookies.get(COOKIE))
        if session is None:
            return Visitor(language=language)
        token = self._sealer.open(session["sealed"])["token"]
        actor = self.registry.actor(token_hash(token))
        if actor is None:
            return Visitor(language=language)
        name = self._name(actor.id)
        return Visitor(actor, name, language, token, session["form_token"])

    def open(self, token: str, answer: Response, secure: bool) -> None:
        """A new session for whoever holds `token`, its cookie set on `answer`.

        Raises NotAuthenticated when nobody does.
        """
        if self.registry.actor(token_hash(token)) is None:
            raise NotAuthenticated(NOBODYS)
        cookie, now = secrets.token_urlsafe(32), datetime.now(UTC)
        sessions = self.connection.db[COLLECTION]
        sessions.delete_many({"expires_at": {"$lt": now}})
        sessions.insert_one(
            {
                "_id": token_hash(cookie),
                "sealed": self._sealer.seal({"token": token}),
                "form_token": secrets.token_urlsafe(24),
                "expires_at": now + LASTS,
            }
        )
        answer.set_cookie(COOKIE, cookie, httponly=True, samesite="Lax", secure=secure, path="/")

    def close(self, request: Request, answer: Response) -> None:
        """End the session of this request, here and in the browser."""
        cookie = request.cookies.get(COOKIE, "")
        self.connection.db[COLLECTION].delete_one({"_id": token_hash(cookie)})
        answer.delete_cookie(COOKIE, path="/")

    def _session(self, cookie: str | None) -> Document | None:
        if not cookie:
            return None
        found = self.connection.db[COLLECTION].find_one({"_id": token_hash(cookie)})
        return found if found and found["expires_at"] > datetime.now(UTC) else None

    def _name(self, id: str) -> str:
        people = {each.id: each.name for each in self.registry.current.principals}
        return people.get(id, id)


class Sessions(DependencyProvider):
    """Gives workers the sessions."""

    sessions = SessionStore()

    def get_dependency(self, worker_ctx: object) -> SessionStore:
        """The sessions."""
        return self.sessions
