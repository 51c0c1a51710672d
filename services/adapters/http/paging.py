"""How a list over HTTP leads to its next page: the header `Link` (RFC 8288)."""

from __future__ import annotations

from urllib.parse import urlencode

from werkzeug.wrappers import Request


def leading_on(request: Request, after: str | None) -> dict[str, str]:
    """The header for the same question from the cursor `after` on; none on the last page."""
    query = urlencode({**request.args, "cursor": after})
    return {"Link": f'<{request.path}?{query}>; rel="next"'} if after else {}
