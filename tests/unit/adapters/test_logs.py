"""Lines of the log, for people and for machines."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest

from services.adapters.logs import line
from services.adapters.telemetry.work import working
from services.contracts.tracing import Trace

PHONE, TRACE = "13800138000", Trace.new()


def record(message: str, *values: object) -> logging.LogRecord:
    """Something that a service says while it handles an error that names a citizen."""
    try:
        raise ValueError(f"phone\n{PHONE}")
    except ValueError:
        told = sys.exc_info()
    return logging.LogRecord("services.x", logging.ERROR, "x.py", 1, message, values, told)


def as_json(*said: Any) -> dict[str, Any]:
    """The object that is written."""
    written = line("json", "").format(record(*said))
    assert "\n" not in written
    found: dict[str, Any] = json.loads(written)
    return found


def test_a_machine_reads_who_said_what_when_in_which_trace() -> None:
    with working("store", TRACE):
        found = as_json("%d presses could not be stored", 3)
    assert found["event"] == "3 presses could not be stored"
    assert (found["service"], found["trace"]) == ("store", TRACE.id)
    assert (found["level"], found["logger"]) == ("error", "services.x")
    assert found["timestamp"].endswith("Z")
    assert found["exception"].startswith("Traceback")
    assert "ValueError" in found["exception"]


def test_outside_of_any_work_there_is_neither() -> None:
    assert {"service", "trace"}.isdisjoint(as_json("started"))


@pytest.mark.parametrize("style", ["json", "text"])
def test_no_number_of_a_person_stands_in_a_line_or_its_traceback(style: str) -> None:
    written = line(style, "%(message)s").format(record("call %s\n%s", PHONE, PHONE))
    assert "Traceback" in written
    assert PHONE not in written
    assert "138****8000" in written


def test_people_read_lines_with_the_trace_at_the_end() -> None:
    with working("store", TRACE):
        written = line("text", "%(message)s").format(record("lost"))
    assert written.splitlines()[0] == f"lost [{TRACE.id}]"


def test_without_a_word_it_is_text_on_a_terminal_and_json_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert line(None, "%(message)s").format(record("said")).startswith("said")
    monkeypatch.setattr("sys.stderr.isatty", lambda: False, raising=False)
    assert json.loads(line(None, "").format(record("said")))["event"] == "said"
