"""What every page is sent with, and what a form has to bring: nothing foreign gets in or out."""

from __future__ import annotations

import gzip
import hmac
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from services.adapters.pages.visitor import Visitor
from services.errors import NotAllowed, TooLarge

FORM_FIELD, FORM_HEADER = "form_token", "X-Form-Token"
LARGEST_FORM_BYTES = 12 * 1024 * 1024
OURS = "'self'"
POLICY = "; ".join(
    [
        "default-src 'none'",
        f"script-src {OURS}",
        f"style-src {OURS}",
        f"img-src {OURS} data: blob:",
        f"connect-src {OURS}",
        f"font-src {OURS}",
        f"manifest-src {OURS}",
        f"worker-src {OURS}",
        f"form-action {OURS}",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
WORTH_ZIPPING = 1024
ELSEWHERE = "This form was sent from another site; open the page here and send it again"
OUTDATED = "This form belongs to an earlier sign-in; go back, reload the page and send it again"


def demand_own_form(request: Request, visitor: Visitor) -> None:
    """Raise NotAllowed unless the request only reads, or a form of ours and this session sent it.

    Raises TooLarge for a form that no page of ours can make.
    """
    if request.method in {"GET", "HEAD"}:
        return
    if (request.content_length or 0) > LARGEST_FORM_BYTES:
        raise TooLarge(f"At most {LARGEST_FORM_BYTES} bytes are taken at once")
    request.max_content_length = LARGEST_FORM_BYTES
    if not _same_origin(request):
        raise NotAllowed(ELSEWHERE)
    brought = request.headers.get(FORM_HEADER) or request.form.get(FORM_FIELD, "")
    if visitor.signed_in and not _same(brought, visitor.form_token):
        raise NotAllowed(OUTDATED)


def _same(brought: str, token: str) -> bool:
    return hmac.compare_digest(brought.encode("utf-8", "replace"), token.encode())


def _same_origin(request: Request) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def guarded(response: Response, request: Request, visitor: Visitor) -> Response:
    """The response with the headers that keep a page to itself, zipped where that is worth it."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault(
        "Cache-Control", "no-store" if visitor.signed_in else "private, no-cache"
    )
    if _zippable(response) and "gzip" in request.headers.get("Accept-Encoding", ""):
        response.set_data(gzip.compress(response.get_data(), 6))
        response.headers["Content-Encoding"] = "gzip"
        response.headers.add("Vary", "Accept-Encoding")
    return response


def _zippable(response: Response) -> bool:
    return (
        response.mimetype in {"text/html", "application/json"}
        and "Content-Encoding" not in response.headers
        and len(response.get_data()) > WORTH_ZIPPING
    )
