"""Sessions of people: a cookie that says nothing, and a document that says who holds it."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from functools import cached_property

from nameko.extensions import DependencyProvider, SharedExtension
from werkzeug.wrappers import Request, Response

from services.adapters.lasting import Lasting
from services.adapters.mongo import Document, Index, MongoConnection
from services.adapters.pages.cookies import brought, drop, is_secured, keep
from services.adapters.pages.visitor import Visitor, language_of
from services.adapters.registry import RegistryCache
from services.adapters.sealing import Sealer
from services.adapters.settings import token_hash
from services.errors import NotAuthenticated

COLLECTION = "sessions"
INDEXES = {COLLECTION: (Index(("expires_at",)),)}
COOKIE = "haoping_session"
SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is kept when somebody last looked: a page costs no write each time."""
NOBODYS = "This token is nobody's; look at it again or ask an administrator for a new one"


class SessionStore(SharedExtension):
    """Opens, finds and closes sessions; the token of a person is kept sealed.

    A session ends when it is closed, when its token opens nothing any more, some time after it was
    opened, and sooner when nobody looks at a page.
    """

    connection = MongoConnection()
    registry = RegistryCache()

    def start(self) -> None:
        """Declare the index by which ended sessions are found."""
        self.connection.ensure(INDEXES)

    @cached_property
    def _sealer(self) -> Sealer:
        sealer = Sealer.of(self.container.config, self.connection.db)
        sealer.ensure_key()
        return sealer

    @cached_property
    def _lasting(self) -> Lasting:
        return Lasting.of(self.container.config)

    def secured(self, request: Request) -> bool:
        """Whether cookies of ours may travel over TLS only."""
        return is_secured(request, str(self.container.config.get("HAOPING_PUBLIC_URL") or ""))

    def visitor(self, request: Request) -> Visitor:
        """Who sends this request; a session whose token opens nothing any more is none."""
        language = language_of(request)
        session = self._session(request)
        if session is None:
            return Visitor(language=language)
        token = self._token(session)
        actor = self.registry.actor(token)
        if actor is None:
            return Visitor(language=language)
        name = self._name(actor.id)
        return Visitor(actor, name, language, token, session["form_token"])

    def open(self, token: str, request: Request, answer: Response) -> str | None:
        """A new session for whoever holds `token`, in the place of the one that was there.

        What the browser brought is never taken up: nobody signs in to a session that another has
        prepared. Returns the token of the session before, which opens nothing here any more.
        Raises NotAuthenticated when nobody holds the token.
        """
        if self.registry.actor(token) is None:
            raise NotAuthenticated(NOBODYS)
        before = self._end(request)
        cookie, now = secrets.token_urlsafe(32), datetime.now(UTC)
        sessions = self.connection.db[COLLECTION]
        sessions.delete_many({"expires_at": {"$lt": now}})
        sessions.insert_one(
            {
                "_id": token_hash(cookie),
                "sealed": self._sealer.seal({"token": token}),
                "form_token": secrets.token_urlsafe(24),
                "seen_at": now,
                "expires_at": now + self._lasting.session,
            }
        )
        keep(answer, COOKIE, cookie, self.secured(request))
        return before

    def close(self, request: Request, answer: Response) -> str | None:
        """End the session of this request, here and in the browser; returns the token it held."""
        drop(answer, COOKIE, self.secured(request))
        return self._end(request)

    def _end(self, request: Request) -> str | None:
        session = self._session(request)
        if session is None:
            return None
        self.connection.db[COLLECTION].delete_one({"_id": session["_id"]})
        return self._token(session)

    def _session(self, request: Request) -> Document | None:
        cookie = brought(request, COOKIE, self.secured(request))
        if not cookie:
            return None
        found = self.connection.db[COLLECTION].find_one({"_id": token_hash(cookie)})
        return found if found and self._goes_on(found, datetime.now(UTC)) else None

    def _goes_on(self, session: Document, now: datetime) -> bool:
        seen = session.get("seen_at") or session["expires_at"] - self._lasting.session
        if now >= min(session["expires_at"], seen + self._lasting.idle):
            self.connection.db[COLLECTION].delete_one({"_id": session["_id"]})
            return False
        if now - seen > min(SEEN_EVERY, self._lasting.idle / 2):
            seen_now = {"$set": {"seen_at": now}}
            self.connection.db[COLLECTION].update_one({"_id": session["_id"]}, seen_now)
        return True

    def _token(self, session: Document) -> str:
        return self._sealer.open(session["sealed"])["token"]

    def _name(self, id: str) -> str:
        found = self.registry.current.principal.get(id)
        return found.name if found else id


class Sessions(DependencyProvider):
    """Gives workers the sessions."""

    sessions = SessionStore()

    def get_dependency(self, worker_ctx: object) -> SessionStore:
        """The sessions."""
        return self.sessions
