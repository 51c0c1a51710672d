"""What was sent, read within bounds: bytes as they come, and bytes as they grow.

The parser itself (pydantic's) refuses JSON that is nested deeper than 200 levels. Scripts that cut
words by their length leave half a character behind: it becomes a question mark, for the press and
whatever came with it must not be lost for it.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request

from services.adapters.http.problems import JSON, refusal
from services.errors import Malformed, TooLarge, WrongMediaType

MAX_BODY_BYTES = 8 * 1024 * 1024
MAX_OPENED_BYTES = 32 * 1024 * 1024
MAX_FORM_BYTES = 256 * 1024
"""Of one form: read and found wrong, a body takes a hundred times its bytes."""
MOST = "At most {} bytes are taken at once"
CUT_SHORT = "The body ended before its length was reached"
BODY = "haoping.body"
NDJSON = "application/x-ndjson"
GZIP = "gzip"
_WITHIN_GZIP = 16 + zlib.MAX_WBITS
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")

Model = TypeVar("Model")


def read_json(request: Request, kind: type[Model], most: int = MAX_FORM_BYTES) -> Model:
    """The body, of so many bytes at `most`, as a `kind` (what pydantic can check).

    Raises WrongMediaType, TooLarge, Malformed, or Invalid with a JSON pointer for each field.
    """
    if request.mimetype != JSON:
        raise WrongMediaType
    found: Model = _checked(read_body(request, most), kind)
    return found


def read_items(request: Request, kind: type[Model], sound: Any = None) -> Model:
    """A batch as a `kind` of list: a JSON array, or NDJSON with one item on each line.

    A line that is no JSON becomes an item that is no object: its own result says so. `sound` is the
    type of an array with nothing wrong in it; such a one is understood in one go.
    """
    if request.mimetype == JSON and sound is not None:
        found: Model = _sound_or_not(read_body(request), sound, kind)
        return found
    if request.mimetype != NDJSON:
        return read_json(request, kind, MAX_OPENED_BYTES)
    lines = (line for line in read_body(request).split(b"\n") if line.strip())
    items: Model = _checked_python([_item(line) for line in lines], kind)
    return items


def read_query(request: Request, kind: type[Model]) -> Model:
    """The query string as a `kind`. Raises Invalid, naming each parameter that is wrong."""
    query: Model = _checked_python(request.args.to_dict(), kind)
    return query


def _sound_or_not(body: bytes, sound: Any, kind: Any) -> Any:
    with suppress(ValidationError):
        return _reader(sound).validate_json(body)
    return _checked(body, kind)


def _item(line: bytes) -> Any:
    try:
        return parsed(line)
    except ValueError:
        return line.decode(errors="replace")


def parsed(body: bytes, read: Callable[[bytes], Any] = from_json) -> Any:
    """What JSON says to `read`, half characters mended. Raises ValueError for what is none."""
    try:
        return read(body)
    except ValueError:
        if (whole := _mended(body)) == body:
            raise
        return read(whole)


def _mended(body: bytes) -> bytes:
    """The same JSON with a question mark for each half of a character."""
    if _HALF.search(body):
        with suppress(ValueError, RecursionError):
            return json.dumps(json.loads(body), ensure_ascii=False).encode(errors="replace")
    return body


@cache
def _reader(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _checked(body: bytes, kind: Any) -> Any:
    try:
        return parsed(body, _reader(kind).validate_json)
    except ValidationError as error:
        raise refusal(error) from None


def _checked_python(found: Any, kind: Any) -> Any:
    try:
        return _reader(kind).validate_python(found)
    except ValidationError as error:
        raise refusal(error) from None


def read_body(request: Request, most: int = MAX_OPENED_BYTES) -> bytes:
    """The bytes of the body, opened if they came as gzip.

    Raises TooLarge before taking more than `MAX_BODY_BYTES` off the wire, or before growing
    beyond `most`.
    """
    body, encoding = _taken(request), request.headers.get("Content-Encoding", "identity").lower()
    if encoding not in (GZIP, "identity"):
        raise WrongMediaType(f"Content-Encoding {encoding} is not understood; send gzip or none")
    if encoding == GZIP:
        return opened(body, most)
    if len(body) > most:
        raise TooLarge(MOST.format(most))
    return body


def pieces(request: Request, most: int, size: int) -> Iterator[bytes]:
    """The body as it comes, in pieces of at most `size` bytes, for what is too large to hold.

    Raises TooLarge when more than `most` bytes are announced, Malformed when fewer came.
    """
    if (request.content_length or 0) > most:
        raise TooLarge(MOST.format(most))
    return _pieces(request, size)


def _pieces(request: Request, size: int) -> Iterator[bytes]:
    left = request.content_length
    try:
        while piece := request.stream.read(size):
            left = left - len(piece) if left is not None else None
            yield piece
    except (HTTPException, OSError):
        left = left or 1
    if left:
        raise Malformed(CUT_SHORT)


def raw_body(request: Request) -> bytes:
    """The bytes on the wire, which is what a device signs; the body can still be read after it."""
    body = request.environ[BODY] = _taken(request)
    return body


def _taken(request: Request) -> bytes:
    """The body, from whoever has read it before or from the wire."""
    if (body := request.environ.pop(BODY, None)) is None:
        length = request.content_length
        body = _in_pieces(request) if length is None else _of_length(request, length)
    return bytes(body)


def _of_length(request: Request, length: int) -> bytes:
    """A body whose length was told, in one go: werkzeug's streams cost a press a fiftieth."""
    if length > MAX_BODY_BYTES:
        raise TooLarge(MOST.format(MAX_BODY_BYTES))
    try:
        body: bytes = request.environ["wsgi.input"].read(length)
    except OSError:
        raise Malformed(CUT_SHORT) from None
    if len(body) < length:
        raise Malformed(CUT_SHORT)
    return body


def _in_pieces(request: Request) -> bytes:
    request.max_content_length = MAX_BODY_BYTES + 1
    try:
        body = request.get_data(cache=False)
    except HTTPException:
        raise Malformed(CUT_SHORT) from None
    if len(body) > MAX_BODY_BYTES:
        raise TooLarge(MOST.format(MAX_BODY_BYTES))
    return body


def opened(body: bytes, most: int) -> bytes:
    """What one gzip member holds. Raises TooLarge beyond `most` bytes, Malformed if it is none."""
    gunzip = zlib.decompressobj(_WITHIN_GZIP)
    try:
        content = gunzip.decompress(body, most)
    except zlib.error as error:
        raise Malformed(f"The body is not gzip, as Content-Encoding says: {error}") from None
    if gunzip.unconsumed_tail:
        raise TooLarge(f"Opened, the body is larger than {most} bytes")
    if not gunzip.eof or gunzip.unused_data:
        raise Malformed("The gzip body was cut short, or something follows it")
    return content
