"""Waiting is for a condition, bounded, and says what it waited for."""

from __future__ import annotations

import httpx
import pytest

from services.console.demo.client import Refusal, StoryFailed, eventually


def test_what_becomes_true_is_returned() -> None:
    answers = iter([None, "", "open"])
    assert eventually(lambda: next(answers), "a case") == "open"


def test_who_waits_in_vain_says_for_what() -> None:
    with pytest.raises(StoryFailed, match="in vain for this: a miracle"):
        eventually(lambda: False, "a miracle", patience=0.0)


def test_a_refusal_tells_the_detail_and_what_would_be_legal() -> None:
    problem = {"detail": "not possible while a case is closed", "legal": []}
    headers = {"content-type": "application/problem+json"}
    request = httpx.Request("POST", "http://rectify/v1/cases/case-1/moves")
    refusal = Refusal(httpx.Response(409, json=problem, headers=headers, request=request))
    assert refusal.code == 409
    assert "not possible while a case is closed" in refusal.message
