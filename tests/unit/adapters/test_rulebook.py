"""Rules are read from files; a wrong one says where and what."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.adapters.rulebook import load_rules
from services.adapters.settings import ROOT
from services.errors import Misconfigured

FOLDER = ROOT / "config" / "rules"
PLACES = sorted(path.stem for path in FOLDER.glob("*.yaml") if path.stem != "tags")


@pytest.mark.parametrize("place", PLACES)
def test_every_rule_set_that_is_shipped_can_be_read_and_names_its_sources(place: str) -> None:
    rules = load_rules(FOLDER, place)
    assert rules.levels.points[max(rules.levels.points)] == 10
    assert rules.deadlines.source
    assert rules.label == f"{rules.id} v{rules.version}"


def test_an_unknown_place_names_those_that_are_known(tmp_path: Path) -> None:
    (tmp_path / "here.yaml").write_text("id: here", "utf-8")
    with pytest.raises(Misconfigured, match="there are here"):
        load_rules(tmp_path, "there")


def test_a_wrong_value_is_named_with_its_file_and_field(tmp_path: Path) -> None:
    for name in ("weiyuan.yaml", "tags.yaml"):
        (tmp_path / name).write_text((FOLDER / name).read_text("utf-8"), "utf-8")
    over = "extends: weiyuan\nscoring: {min_sample: many}\n"
    (tmp_path / "mine.yaml").write_text(over, "utf-8")
    with pytest.raises(Misconfigured, match=r"mine\.yaml: scoring\.min_sample: .*integer"):
        load_rules(tmp_path, "mine")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id: [", "not YAML"),
        ("id: 本县".encode("gbk"), "UTF-8"),
        (b"", "no names and values"),
        (b"- id", "no names and values"),
    ],
)
def test_a_file_that_holds_no_rules_is_named_and_says_why(
    content: bytes, said: str, tmp_path: Path
) -> None:
    (tmp_path / "mine.yaml").write_bytes(content)
    with pytest.raises(Misconfigured, match=rf"mine\.yaml.*{said}"):
        load_rules(tmp_path, "mine")
