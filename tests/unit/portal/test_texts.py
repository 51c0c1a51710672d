"""Every text of the pages can be read in both languages."""

from __future__ import annotations

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir

from services.adapters.pages.language import LOCALE, catalog
from services.adapters.pages.rendering import EXTENSIONS, TEMPLATES, environment
from services.adapters.pages.visitor import ENGLISH, LANGUAGES
from services.adapters.rulebook import load_rules
from services.adapters.settings import ROOT
from services.score.indicators import INDICATORS
from services.score.recipes import load_recipes

RULES = ROOT / "config" / "rules"
PLACES = sorted(path.stem for path in RULES.glob("*.yaml") if path.stem != "tags")
REASONS = """{% from 'phone/_faces.html' import faces %}
{{ faces({'2': [{'code': '208', 'label': '没有提供材料清单'}]}, {}) }}"""
INDEXES = """{% import 'board/_words.html' as w %}
{{ w.choose_index([{'id': 'x', 'name': '好差评综合评分'}], 'x') }}"""
OPTIONS = {"**.html": {"extensions": ",".join(EXTENSIONS), "trimmed": "true", "silent": "false"}}


def texts() -> dict[str, str]:
    """Each text of a template, and where it stands."""
    found = extract_from_dir(TEMPLATES, [("**.html", "jinja2")], OPTIONS)
    return {
        message if isinstance(message, str) else message[0]: f"{file}:{line}"
        for file, line, message, _, _ in found
    }


@pytest.fixture(scope="module")
def english() -> Catalog:
    """The English texts."""
    return catalog(LOCALE / ENGLISH)


def test_every_text_has_an_english_one(english: Catalog) -> None:
    missing = {
        where: text
        for text, where in texts().items()
        if (entry := english.get(text)) is None or not entry.string
    }
    assert missing == {}


def test_a_translation_keeps_the_values_of_its_text(english: Catalog) -> None:
    wrong = [
        message.id
        for message in english
        if message.id and isinstance(message.id, str) and isinstance(message.string, str)
        if _values(message.id) != _values(message.string)
    ]
    assert wrong == []


def _values(text: str) -> set[str]:
    return {part.split(")")[0] for part in text.split("%(")[1:]}


def test_what_an_indicator_counts_and_where_that_comes_from_has_an_english_text(
    english: Catalog,
) -> None:
    said = {
        text
        for each in INDICATORS.values()
        for text in (each.name, each.definition, each.excludes, each.source)
    }
    said |= {recipe.source for recipe in load_recipes(ROOT / "config" / "index").values()}
    assert {text for text in said if english.get(text) is None} == set()


@pytest.mark.parametrize("place", PLACES)
def test_what_the_rules_of_a_place_call_tags_and_channels_has_an_english_text(
    english: Catalog, place: str
) -> None:
    rules = load_rules(RULES, place)
    said = {tag.label for tag in rules.tags.values() if not tag.retired}
    said |= {channel.label for channel in rules.channels.by_code.values()}
    assert {text for text in said if not (entry := english.get(text)) or not entry.string} == set()


def test_what_an_index_is_called_has_an_english_text(english: Catalog) -> None:
    said = {recipe.name for recipe in load_recipes(ROOT / "config" / "index").values()}
    assert {text for text in said if english.get(text) is None} == set()


def test_what_has_no_name_stays_without_one_in_every_language() -> None:
    for language in LANGUAGES:
        assert environment(language).from_string("{{ '' | translated or '—' }}").render() == "—"


@pytest.mark.parametrize(
    ("page", "shown"),
    [(REASONS, "No list of papers"), (INDEXES, "Composite of good and bad ratings")],
)
def test_an_english_page_says_in_english_what_rules_and_indexes_are_called(
    page: str, shown: str
) -> None:
    assert shown in environment(ENGLISH).from_string(page).render()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_service_says_may_hold_a_per_cent_sign(language: str) -> None:
    said = environment(language).from_string("{{ text | translated }}")
    assert said.render(text="好评，99.39 %") == "好评，99.39 %"
