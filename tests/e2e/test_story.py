"""The whole story on a small year: HTTP in, index out, and no tampering goes unseen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from services.console.stack.processes import owned

pytestmark = pytest.mark.e2e

PRESSES, FEW = 600, 200
PATIENCE_S = 240
PRIVATE = {"AMQP_URI": "", "MONGO_URI": ""}


def haoping(state: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, which must leave nothing running."""
    ended = subprocess.run(
        [sys.executable, "-m", "services.console", *arguments],
        env={**os.environ, **PRIVATE, "HAOPING_STATE": str(state)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert owned(state / "demo") == []
    return ended


def figures(state: Path) -> dict[str, Any]:
    """What the command left for machines."""
    read: dict[str, Any] = json.loads((state / "demo.json").read_text("utf-8"))
    return read


def names(state: Path) -> set[str]:
    """What was checked; that everything holds is told by the command's own end."""
    return {check["name"] for check in figures(state)["checks"]}


def mismatches(state: Path) -> set[str]:
    """The checks that do not hold."""
    return {check["name"] for check in figures(state)["checks"] if not check["holds"]}


def test_a_year_is_captured_rectified_scored_and_reconciled(tmp_path: Path) -> None:
    ended = haoping(tmp_path, "demo", "--presses", str(PRESSES))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found = figures(tmp_path)
    assert found["stored"] == PRESSES
    assert found["captured"] == PRESSES + found["duplicates"] + found["quarantined"]["total"]
    assert (found["bad"], found["bad_valid"]) == (12, 11)
    assert found["cases"] == {"satisfied": 9, "invalidated": 1, "unreachable": 1, "no_contact": 1}
    assert found["verdicts"] == {"done_on_time": 10, "done_late": 1, "invalidated": 1}
    assert found["rates"]["rectified_on_time_rate"] == "10/11"
    assert 0 < float(found["index"]["printed"]) < 10
    looked = {name for name in names(tmp_path) if name.startswith("personal values in ")}
    places = {"the database", "messages", "logs", "answers and exports"}
    assert looked == {f"personal values in {place}" for place in places}
    assert {"raters sealed or forgotten", "rater found by number and revealed"} <= names(tmp_path)
    assert {"sealed with the former key", "rater forgotten on request"} <= names(tmp_path)


@pytest.mark.slow
def test_a_rating_that_is_there_twice_is_caught_and_named(tmp_path: Path) -> None:
    ended = haoping(tmp_path, "demo", "--presses", str(FEW), "--sabotage", "double")
    assert f"MISMATCH stored: generator {FEW}, recount" in ended.stdout, ended.stderr
    assert ended.returncode == 1
    assert {"captured", "stored", "level 5"} <= mismatches(tmp_path)


@pytest.mark.slow
def test_a_published_month_is_replayed_to_its_level_mean(tmp_path: Path) -> None:
    ended = haoping(tmp_path, "replay", "guangdong-2021-01", "--scale", "20000")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Level mean of the published counts 9.9727" in ended.stdout
