"""Whoever calls `haoping` is told what went wrong in a sentence, and not where in our code."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from services.console import app

NOWHERE = "127.0.0.1:1"
"""Nobody listens there."""


def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a command says before it ends with 1."""
    monkeypatch.setattr(sys, "argv", ["haoping", *words])
    with pytest.raises(SystemExit) as ended:
        app.main()
    assert ended.value.code == 1
    return capsys.readouterr().err


def test_a_broker_that_is_away_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    uri = f"amqp://operator:secret@{NOWHERE}/"
    told = said(monkeypatch, capsys, "device", "partitions", "4", "--uri", uri)
    assert "Connection refused" in told
    assert "haoping doctor" in told
    assert "Traceback" not in told


def test_a_database_that_is_away_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    uri = f"mongodb://{NOWHERE}/?serverSelectionTimeoutMS=50"
    told = said(monkeypatch, capsys, "device", "database-users", f"{tmp_path}", "--uri", uri)
    assert "Connection refused" in told
    assert "Traceback" not in told
    assert len(told) < 400


def test_a_folder_without_secrets_is_told_with_the_command_that_makes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = said(monkeypatch, capsys, "deploy", "database", f"{tmp_path}")
    assert f"haoping deploy secrets {tmp_path}" in told.replace("\n", "")


@pytest.mark.parametrize(
    "words",
    [
        ("keys", "list", "--token", "令牌", "--url", f"http://{NOWHERE}"),
        ("keys", "list", "--token", "mine\n", "--url", f"http://{NOWHERE}"),
        ("keys", "list", "--token", "mine", "--url", "http://[::1"),
        ("audit", "list", "--token", "mine", "--from", "2020-3-1", "--url", f"http://{NOWHERE}"),
        ("device", "partitions", "2", "--uri", "http://operator:secret@here"),
        ("device", "partitions", "2", "--uri", "amqp://operator:secret@here:port"),
    ],
)
def test_what_was_mistyped_is_one_sentence(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = said(monkeypatch, capsys, *words)
    assert "Traceback" not in told
    assert "secret" not in told
    assert len(told) < 200


def test_a_server_that_was_mistyped_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "database.password").write_text("secret")
    told = said(monkeypatch, capsys, "deploy", "database", f"{tmp_path}", "--host", "x:y:z")
    assert "'x:y:z' is no server" in told


def test_a_mistake_of_ours_shows_where_it_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: str) -> None:
        raise KeyError("ours")

    monkeypatch.setattr(app, "program", broken)
    with pytest.raises(KeyError):
        app.main()
