"""Bodies are read within bounds, and what is wrong with one is said."""

from __future__ import annotations

import gzip
import io
import json
from typing import Annotated, Any

import pytest
from annotated_types import Len
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from services.adapters.http import bodies, read_items, read_json
from services.errors import Invalid, Malformed, Refused, TooLarge, WrongMediaType

Batch = Annotated[list[Any], Len(1, 3)]
How = dict[str, Any]
NDJSON: How = {"content_type": "application/x-ndjson"}
JSON: How = {"content_type": "application/json"}
ZIPPED: How = {"headers": {"Content-Encoding": "gzip"}}


def sent(body: bytes, **how: Any) -> Request:
    """A request with this body."""
    return EnvironBuilder(method="POST", input_stream=io.BytesIO(body), **how).get_request()


def test_a_batch_is_an_array_or_a_line_for_each_item() -> None:
    lines = b'{"a": 1}\n\n{"b": [2]}\r\n'
    assert read_items(sent(lines, **NDJSON), Batch) == [{"a": 1}, {"b": [2]}]
    assert read_items(sent(b'[{"a": 1}, 2]', **JSON), Batch) == [{"a": 1}, 2]


def test_a_line_that_is_no_json_costs_only_itself() -> None:
    assert read_items(sent(b'{"a": 1}\n{"a": \xff\n3', **NDJSON), Batch) == [
        {"a": 1},
        '{"a": \N{REPLACEMENT CHARACTER}',
        3,
    ]


HALF = json.dumps({"comment": "\u7b49\u4e86\u4e09\u5468\ud83d"})


def test_half_a_character_becomes_a_question_mark_and_costs_nothing() -> None:
    """What JavaScript leaves behind when it cuts a comment in the middle of an emoji."""
    mended = {"comment": "\u7b49\u4e86\u4e09\u5468?"}
    whole = json.dumps({"comment": "\U0001f600"})
    assert read_json(sent(HALF.encode(), **JSON), dict[str, str]) == mended
    both = read_items(sent(f"[{HALF}, {whole}]".encode(), **JSON), Batch)
    assert both == [mended, {"comment": "\U0001f600"}]
    assert read_items(sent(f"{HALF}\n3".encode(), **NDJSON), Batch) == [mended, 3]


def test_half_a_character_in_what_is_no_json_is_no_json() -> None:
    with pytest.raises(Malformed):
        read_json(sent(HALF.encode()[:-1], **JSON), dict[str, str])
    with pytest.raises(Invalid):
        read_json(sent(json.dumps(["\\ud83d"]).encode(), **JSON), list[int])


@pytest.mark.parametrize("body", [b"", b"\n\n", b"1\n2\n3\n4"])
def test_a_batch_has_bounds_however_it_is_written(body: bytes) -> None:
    with pytest.raises(Invalid):
        read_items(sent(body, **NDJSON), Batch)


@given(items=st.lists(st.dictionaries(st.text(), st.integers()), min_size=1, max_size=3))
def test_gzip_and_ndjson_say_the_same_as_plain_json(items: list[dict[str, int]]) -> None:
    lines = "\n".join(json.dumps(item) for item in items).encode()
    plain = json.dumps(items).encode()
    for body, how in ((lines, NDJSON), (plain, JSON)):
        assert read_items(sent(body, **how), Batch) == items
        assert read_items(sent(gzip.compress(body), **how, **ZIPPED), Batch) == items


def test_a_gzip_bomb_is_not_opened() -> None:
    bomb = gzip.compress(b" " * (bodies.MAX_OPENED_BYTES + 1))
    assert len(bomb) < bodies.MAX_BODY_BYTES
    with pytest.raises(TooLarge, match="Opened"):
        read_json(sent(bomb, **JSON, **ZIPPED), list[int])


@pytest.mark.parametrize(
    ("body", "how", "refused"),
    [
        (b"not gzip", JSON | ZIPPED, Malformed),
        (gzip.compress(b"[1, 2, 3]")[:-3], JSON | ZIPPED, Malformed),
        (gzip.compress(b"[1]") * 2, JSON | ZIPPED, Malformed),
        (b"[1]", JSON | {"headers": {"Content-Encoding": "br"}}, WrongMediaType),
        (b"[1]", {"content_type": "text/plain"}, WrongMediaType),
        (b"[1", JSON, Malformed),
        (b"[" * 100_000 + b"]" * 100_000, JSON, Malformed),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, JSON, Malformed),
        (b'["\xff"]', JSON, Malformed),
    ],
)
def test_what_cannot_be_read_is_refused(body: bytes, how: How, refused: type[Refused]) -> None:
    with pytest.raises(refused):
        read_json(sent(body, **how), list[Any])


def test_a_form_is_small_however_it_is_packed() -> None:
    """Read and found wrong, a body takes a hundred times its bytes: of strangers, too."""
    large = json.dumps({str(n): 1 for n in range(40_000)}).encode()
    for body, how in ((large, JSON), (gzip.compress(large), JSON | ZIPPED)):
        with pytest.raises(TooLarge, match="262144 bytes"):
            read_json(sent(body, **how), dict[str, str])
        assert len(read_json(sent(body, **how), dict[str, int], bodies.MAX_OPENED_BYTES)) == 40_000


def test_what_is_all_wrong_is_not_answered_with_a_book() -> None:
    wrong = json.dumps(dict.fromkeys(map(str, range(1_000)), 1)).encode()
    with pytest.raises(Invalid) as refused:
        read_json(sent(wrong, **JSON), dict[str, str])
    [said] = refused.value.extra["errors"]
    assert said["detail"].startswith("1000 things are wrong")


def test_a_body_beyond_the_bound_is_not_taken_off_the_wire() -> None:
    body = io.BytesIO(b" " * (bodies.MAX_BODY_BYTES + 1))
    request = EnvironBuilder(method="POST", input_stream=body, **JSON).get_request()
    with pytest.raises(TooLarge):
        read_json(request, list[int])
    assert body.tell() == 0


def test_a_body_that_hides_its_length_is_cut_off_at_the_bound() -> None:
    body = io.BytesIO(b" " * (bodies.MAX_BODY_BYTES + 1))
    environ = EnvironBuilder(method="POST", **JSON).get_environ()
    environ.pop("CONTENT_LENGTH", None)
    environ |= {"wsgi.input": body, "wsgi.input_terminated": True}
    with pytest.raises(TooLarge):
        read_json(Request(environ), list[int])
