"""A wrong recipe is named with file, line and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.errors import Misconfigured
from services.score.recipes import NoSuchIndex, chosen, load_recipes, read_recipe
from tests.unit.score.town import COMPOSITE, CONFIG, RECIPES

TEXT = (CONFIG / "index" / "haochaping-composite.yaml").read_text("utf-8")


def complaint(text: str) -> str:
    """What is said about a wrong recipe."""
    with pytest.raises(Misconfigured) as raised:
        read_recipe(text, "an.yaml")
    return raised.value.message


def line_of(fragment: str) -> int:
    """The line on which `fragment` stands."""
    return next(n for n, line in enumerate(TEXT.splitlines(), 1) if fragment in line)


def test_the_shipped_recipes_load_and_say_whose_weights_they_are() -> None:
    assert set(RECIPES) == {"haochaping-composite", "efficiency-index", "county-appraisal"}
    for recipe in RECIPES.values():
        assert "本系统所定" in recipe.source


@pytest.mark.parametrize(
    ("right", "wrong", "line", "remedy"),
    [
        ("indicator: good_rate", "indicator: godo_rate", "indicator: good_rate", "choose one of"),
        ("zero_at: 6", "zero_at: six", "zero_at: 6", "'six' is no number"),
        ("zero_at: 6", "zero_at: 1/0", "zero_at: 6", "'1/0' is no number"),
        ("of: 10", "of: 10\ncap: 9", "id: hao", "leave it out or raise it"),
        ("of: 10", "of: 11", "id: hao", "weights add up to 10, not 11; change a weight"),
        ("version: 1", "version: 0", "version: 1", "greater than or equal to 1"),
        ("hall_reach", "good_rate", "id: hao", "good_rate named twice"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_the_remedy(
    right: str, wrong: str, line: str, remedy: str
) -> None:
    said = complaint(TEXT.replace(right, wrong, 1))
    assert said.startswith(f"an.yaml:{line_of(line)}: ")
    assert remedy in said


def test_what_is_not_yaml_is_named_with_its_line() -> None:
    assert complaint("id: x\nterms: [").startswith("an.yaml:2: not YAML")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="put at least one"):
        load_recipes(tmp_path)


def test_a_recipe_that_was_saved_as_gbk_is_named(tmp_path: Path) -> None:
    (tmp_path / "an.yaml").write_bytes(TEXT.encode("gbk"))
    with pytest.raises(Misconfigured, match=r"an\.yaml cannot be read; it has to be .* UTF-8"):
        load_recipes(tmp_path)


def test_an_unknown_index_is_refused_with_those_there_are() -> None:
    assert chosen(RECIPES, "haochaping-composite") == COMPOSITE
    with pytest.raises(
        NoSuchIndex, match="there are county-appraisal, efficiency-index, haochaping-composite"
    ):
        chosen(RECIPES, "happiness")
