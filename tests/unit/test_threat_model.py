"""The threat model names only what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "threat-model.md").read_text("utf-8")
QUOTED = sorted(set(re.findall(r"`([^`]+)`", TEXT)))
FILES = [path for folder in ("services", "tests") for path in (ROOT / folder).rglob("*.py")]
TESTS = "\n".join(path.read_text("utf-8") for path in FILES if "tests" in path.parts)
NAMED = sorted(set(re.findall(r"\btest_\w+", TEXT)))
PATHS = [each.partition("::")[0] for each in QUOTED if re.fullmatch(r"[\w./:…-]+/[\w./:…-]+", each)]


@pytest.mark.parametrize("name", NAMED)
def test_every_test_that_is_named_exists(name: str) -> None:
    is_file = any(path.stem == name for path in FILES)
    assert is_file or f"def {name.rstrip('_')}" in TESTS


@pytest.mark.parametrize("path", PATHS)
def test_every_place_that_is_named_exists(path: str) -> None:
    starts = [ROOT, ROOT / "services", ROOT / "tests", ROOT / "docs"]
    places = [start / path for start in starts]
    assert any(p.exists() or p.with_suffix(".py").exists() for p in places)


def test_it_is_two_pages() -> None:
    assert len(TEXT.split()) < 1300
