"""What Haoping is made of: known weaknesses stop a release, licences are told, none is copyleft."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.supply import audit, licences

WEAK = {"id": "PYSEC-2026-1", "fix_versions": ["2.0"], "aliases": [], "description": ""}
OURS = re.split(r"\n## ", licences.PAGE.read_text(encoding="utf-8"))[1]


def remembered(folder: Path, *packages: dict[str, Any]) -> Path:
    """A report of this minute about the lock as it is."""
    kept = folder / "audit.json"
    lock = hashlib.sha256(audit.LOCK.read_bytes()).hexdigest()
    kept.write_text(json.dumps({"lock": lock, "report": {"dependencies": packages}}))
    return kept


def test_a_known_weakness_fails_and_names_the_version_that_mends_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = remembered(tmp_path, {"name": "jinja2", "version": "1.0", "vulns": [WEAK]})
    assert audit.main(kept) == 1
    assert "jinja2 1.0: PYSEC-2026-1, mended in 2.0" in capsys.readouterr().out


def test_packages_without_a_known_weakness_pass_and_unknown_ones_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = {"name": "jinja2", "version": "3.1", "vulns": []}
    assert audit.main(remembered(tmp_path, sound)) == 0
    assert capsys.readouterr().out == ""
    assert audit.main(remembered(tmp_path, sound, {"name": "x", "skip_reason": "?"})) == 0
    assert "nothing about 1 of them" in capsys.readouterr().out


def test_nothing_that_haoping_imports_is_under_a_strong_copyleft() -> None:
    rows = [line for line in OURS.splitlines() if line.startswith("| ")]
    assert len(rows) > 40
    assert [row for row in rows if re.search(r"(?<!L)GPL", row)] == []
