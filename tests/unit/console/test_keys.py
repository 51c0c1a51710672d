"""What `haoping keys` and `haoping rater` say, and what they ask of the API."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from services.console.app import program

MADE = "2026-01-01T08:00:00Z"
KEY = {"generation": 1, "id": "ab" * 16, "wrapped_by": "local:12345678", "made_at": MADE}
PASS = {"generation": 2, "resealed": 7, "missed": 0, "ended_at": None}
KEYS = {"keys": [KEY | {"state": "newest"}], "resealing": PASS}


def run(monkeypatch: pytest.MonkeyPatch, answer: Any, *words: str) -> tuple[list[Any], str]:
    """What a command asks, and what it prints when it gets this answer."""
    asked: list[Any] = []

    def answers(method: str, url: str, **options: Any) -> httpx.Response:
        asked.append((method, url, options.get("json")))
        return httpx.Response(200, content=json.dumps(answer), request=httpx.Request(method, url))

    monkeypatch.setattr(httpx, "request", answers)
    environment = {"HAOPING_TOKEN": "t", "COLUMNS": "200"}
    url = ("--url", "http://here")
    said = CliRunner().invoke(program(words[0]), [*words, *url], env=environment)
    assert said.exit_code == 0, said.output
    return asked, said.output


def test_the_keys_are_shown_with_how_far_the_pass_is(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, said = run(monkeypatch, KEYS, "keys", "list")
    assert asked == [("GET", "http://here/v1/keys", None)]
    assert "local:12345678" in said
    assert "Sealed anew with data key 2: 7 so far; going on" in said


@pytest.mark.parametrize(
    ("words", "path"),
    [(["rotate"], ":rotate"), (["retire", "1"], "/1:retire")],
)
def test_keys_are_changed_over_the_api(
    monkeypatch: pytest.MonkeyPatch, words: list[str], path: str
) -> None:
    asked, _ = run(monkeypatch, KEYS, "keys", *words)
    assert asked == [("POST", f"http://here/v1/keys{path}", None)]


def test_a_pass_says_what_was_changed_under_its_hands(monkeypatch: pytest.MonkeyPatch) -> None:
    missed = PASS | {"missed": 2, "ended_at": MADE}
    _, said = run(monkeypatch, missed, "keys", "reseal")
    assert "7 so far, 2 changed meanwhile: begin another pass; ended 2026-01-01T08:00" in said
    _, said = run(monkeypatch, {"wrapped_by": "aws", "at": MADE}, "keys", "rewrap")
    assert "Every data key is wrapped with aws now." in said


@pytest.mark.parametrize(("name", "value"), [("case", "case-1"), ("receipt", "ABCDE")])
def test_a_rater_is_forgotten_by_case_or_by_receipt(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    words = ["erase", f"--{name}", value, "--reason", "they wrote"]
    [(method, url, body)], said = run(monkeypatch, {"case": "case-1"}, "rater", *words)
    assert (method, url) == ("POST", "http://here/v1/raters:erase")
    assert {k: v for k, v in body.items() if k != "command_id"} == {
        name: value,
        "reason": "they wrote",
    }
    assert "see the history of case-1" in said


@pytest.mark.parametrize("about", [[], ["--case", "c", "--receipt", "r"]])
def test_one_rater_is_named_and_not_two(about: list[str]) -> None:
    words = ["rater", "erase", *about, "--reason", "x", "--token", "t", "--url", "http://here"]
    assert CliRunner().invoke(program("rater"), words).exit_code == 2
