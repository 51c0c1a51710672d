"""Errors as RFC 9457 problems, and answers as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from werkzeug.wrappers import Response

from services.errors import HaopingError, Invalid, Malformed, TooMany, Unavailable

RETRY_AFTER_S = 5
JSON = "application/json"
PROBLEM = "application/problem+json"
MOST_ERRORS = 200


def refusal(error: ValidationError) -> Malformed | Invalid:
    """What a person needs to mend a body: where (JSON pointer) and why, unless that is a book."""
    if (count := error.error_count()) > MOST_ERRORS:
        detail = f"{count} things are wrong; send a part of it to see which"
        return Invalid(errors=[{"pointer": "", "detail": detail}])
    found = error.errors(include_url=False, include_input=False, include_context=False)
    if any(each["type"] == "json_invalid" for each in found):
        return Malformed(found[0]["msg"])
    return Invalid(
        errors=[{"pointer": pointer(each["loc"]), "detail": each["msg"]} for each in found]
    )


def pointer(location: tuple[int | str, ...]) -> str:
    """A JSON pointer (RFC 6901) to the field at `location`."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in location)


def problem(error: HaopingError, headers: Mapping[str, str] | None = None) -> Response:
    """The error as application/problem+json (RFC 9457)."""
    name = type(error).__name__
    body = {
        "type": f"urn:haoping:problem:{name}",
        "title": error.title,
        "status": error.status,
        "detail": error.message,
        **error.extra,
    }
    said = {**(headers or {}), **dict(_retry_after(error))}
    return Response(dump(body), error.status, said, content_type=PROBLEM)


def _retry_after(error: HaopingError) -> Iterator[tuple[str, str]]:
    if error.status in {Unavailable.status, TooMany.status}:
        yield "Retry-After", str(error.extra.get("retry_after_s", RETRY_AFTER_S))


class Whole(Response):
    """An answer with all of its body, of known length, and no location that has to be made whole:
    what werkzeug would look for takes a thirtieth of a press.
    """

    def get_wsgi_response(self, environ: Any) -> Any:
        """The body, the status and the headers, as they are."""
        if environ["REQUEST_METHOD"] == "HEAD":
            return super().get_wsgi_response(environ)
        return self.response, self.status, self.headers.to_wsgi_list()


def dump(body: Any) -> bytes:
    """A body as JSON in UTF-8."""
    if isinstance(body, BaseModel):
        return body.model_dump_json().encode()
    return json.dumps(body, ensure_ascii=False, default=_encode).encode()


def _encode(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return value.isoformat() if hasattr(value, "isoformat") else list(value)
