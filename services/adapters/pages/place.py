"""Where somebody is: the page that they look at, and where they read on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from werkzeug.wrappers import Request

READS = frozenset({"GET", "HEAD"})
TOLD_ONCE = "done"
"""What has just been done: whoever comes again has read it."""
Address = tuple[str, str]


def where(request: Request, readable: Callable[[str], bool] = bool) -> str:
    """The page that somebody looks at; for a form, the one on which it stands.

    What a form was sent to may not be `readable`, so nobody is led there: the next page above is.
    """
    own = request.path, request.query_string.decode(errors="replace")
    if request.method in READS:
        return _written(*own)
    path, query = _page_of_form(request) or own
    page = path
    while page != "/" and not readable(page):
        page = page.rpartition("/")[0] or "/"
    return _written(page, query if page == path else "")


def _page_of_form(request: Request) -> Address | None:
    with suppress(ValueError):  # whoever asks may call anything a referrer
        page = urlsplit(request.referrer or "")
        if page.netloc == request.host:
            return unquote(page.path), page.query
    return None


def _written(path: str, query: str) -> str:
    asked = [each for each in parse_qsl(query, keep_blank_values=True) if each[0] != TOLD_ONCE]
    return quote(path, safe="/@:~") + (f"?{urlencode(asked)}" if asked else "")
