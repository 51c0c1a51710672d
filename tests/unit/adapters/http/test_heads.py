"""Heads of requests that were parsed before."""

from __future__ import annotations

from http.client import HTTPMessage
from types import SimpleNamespace
from typing import Any

import pytest

from services.adapters.http.heads import KEPT, LONGEST, Heads

HEAD = b"POST /v1/ratings HTTP/1.1\r\nHost: here\r\nContent-Length: 2"


def parsed(**headers: str) -> Any:
    """A parser after it has read a head."""
    said = HTTPMessage()
    for name, value in headers.items():
        said[name] = value
    return SimpleNamespace(**{**dict.fromkeys(KEPT, "found"), "headers": said})


def test_what_was_found_in_a_head_is_found_again_under_the_same_bytes_only() -> None:
    heads, parser = Heads(), parsed(host="here")
    heads.keep(HEAD, parser)
    found = heads.known(HEAD)
    assert found
    assert found["headers"] is parser.headers
    assert set(found) == set(KEPT)
    assert heads.known(HEAD + b"0") is None
    assert heads.known(b"") is None


@pytest.mark.parametrize(
    "head",
    [
        HEAD.replace(b"POST", b"GET"),
        HEAD.replace(b"\r\nHost", b"\nHost"),
        HEAD + b"\r\nX: \n\nPOST",
        HEAD + b"\r\nX: " + b"x" * LONGEST,
    ],
)
def test_a_head_that_ends_elsewhere_for_some_or_is_long_is_parsed_each_time(head: bytes) -> None:
    heads = Heads()
    heads.keep(head, parsed())
    assert heads.known(head) is None


def test_who_expects_an_answer_before_the_body_gets_it_each_time() -> None:
    heads = Heads()
    heads.keep(HEAD, parsed(expect="100-continue"))
    assert heads.known(HEAD) is None


def test_of_many_heads_those_are_kept_that_came_last() -> None:
    heads = Heads(most=2)
    one, two, three = (HEAD + bytes([each]) for each in b"123")
    for head in (one, two):
        heads.keep(head, parsed())
    heads.known(one)
    heads.keep(three, parsed())
    assert [heads.known(head) is None for head in (one, two, three)] == [False, True, False]
