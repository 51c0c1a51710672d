"""What a page handler returns: a template with its values, or somewhere else to go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from werkzeug.wrappers import Response

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class View:
    """A template of the portal, such as `work/case.html`, and the values it shows.

    Without a `language` it speaks the visitor's.
    """

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)
    language: str | None = None


def go(path: str) -> Response:
    """Send the browser to another page of ours, with GET: a form is not sent twice by reloading.

    A path that leads away from here leads to the first page instead.
    """
    return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": local(path)})


def local(path: str) -> str:
    """`path` if it is an address of ours: one slash, then no other and no backslash."""
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if ours else "/"
