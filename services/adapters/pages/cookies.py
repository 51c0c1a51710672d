"""Cookies that only we set and only we read, bound to this host where the pages are secured."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

HOST = "__Host-"
"""Browsers take a cookie of this prefix only over TLS, for this host and all its paths."""


def is_secured(request: Request, public_url: str) -> bool:
    """Whether browsers reach us over TLS, here or at a proxy before us."""
    return bool(request.is_secure) or urlsplit(public_url).scheme == "https"


def name_of(name: str, secured: bool) -> str:
    """What the cookie is called."""
    return f"{HOST}{name}" if secured else name


def keep(
    answer: Response, name: str, value: str, secured: bool, lasts: timedelta | None = None
) -> None:
    """Set a cookie that no script reads and no other site sends; until the browser is closed."""
    answer.set_cookie(
        name_of(name, secured),
        value,
        max_age=lasts,
        httponly=True,
        samesite="Lax",
        secure=secured,
        path="/",
    )


def drop(answer: Response, name: str, secured: bool) -> None:
    """Take it back."""
    answer.delete_cookie(
        name_of(name, secured), httponly=True, samesite="Lax", secure=secured, path="/"
    )


def brought(request: Request, name: str, secured: bool) -> str | None:
    """What the browser brought under the name."""
    return request.cookies.get(name_of(name, secured))
