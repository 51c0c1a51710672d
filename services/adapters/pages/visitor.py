"""Who looks at a page."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from werkzeug.wrappers import Request

from services.adapters.http.entrypoint import ANONYMOUS
from services.contracts.actor import MAY, Action, Actor

CHINESE, ENGLISH = "zh", "en"
LANGUAGES = (CHINESE, ENGLISH)
LANGUAGE_COOKIE = "haoping_language"


@dataclass(frozen=True)
class Visitor:
    """The actor behind a session, the token with which it asks the services, and its language.

    `form_token` comes back with every form of the session: a foreign page does not know it.
    """

    actor: Actor = ANONYMOUS
    name: str = ""
    language: str = CHINESE
    token: str | None = field(default=None, repr=False)
    form_token: str = field(default="", repr=False)

    @property
    def signed_in(self) -> bool:
        """Whether there is a session."""
        return self.token is not None

    def may(self, action: str) -> bool:
        """Whether one of its roles may do what the table of actions calls `action`."""
        return bool(self.actor.roles & MAY[Action(action)])

    def in_language(self, language: str) -> Visitor:
        """The same visitor, reading another language."""
        return replace(self, language=language)


def language_of(request: Request) -> str:
    """The language that was switched to; Chinese until then."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return chosen if chosen in LANGUAGES else CHINESE
