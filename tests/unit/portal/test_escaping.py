"""Whatever was typed by somebody is text on every page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from services.adapters.pages.rendering import TEMPLATES, environment

PAGES = sorted(path.relative_to(TEMPLATES) for path in TEMPLATES.rglob("*.html"))
SCRIPTS = sorted((TEMPLATES.parent / "static").rglob("*.js"))
UNESCAPED = re.compile(r"\|\s*safe\b|autoescape\s+false|\bMarkup\b")
INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>|\son[a-z]+\s*=|javascript:", re.IGNORECASE)
IN_SCRIPTS = re.compile(r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval)\b")
EVIL = "<script>alert(1)</script>\"'&"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_put_into_a_page_is_escaped(language: str) -> None:
    made = environment(language)
    shown = made.from_string('<p title="{{ said }}">{{ said }}</p>').render(said=EVIL)
    assert "<script>" not in shown
    assert shown.count('"') == 2


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_no_template_passes_anything_on_unescaped_or_runs_a_script_of_its_own(page: Path) -> None:
    text = (TEMPLATES / page).read_text("utf-8")
    assert UNESCAPED.search(text) is None
    assert INLINE.search(text) is None


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_of_ours_makes_html_of_text(script: Path) -> None:
    assert IN_SCRIPTS.search(script.read_text("utf-8")) is None
