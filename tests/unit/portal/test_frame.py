"""What stands around every page: whoever reads on in another language goes on looking at it."""

from __future__ import annotations

import pytest

from services.adapters.pages.rendering import environment
from services.adapters.pages.visitor import CHINESE, Visitor


def drawn(page: str, here: str) -> str:
    """A page with nothing in it, for somebody who is not signed in."""
    made = environment(CHINESE)
    made.globals["asset"] = str
    return made.get_template(page).render(visitor=Visitor(), here=here, own_form=str)


@pytest.mark.parametrize("page", ["base.html", "phone/frame.html"])
def test_the_other_language_keeps_all_that_was_asked(page: str) -> None:
    shown = drawn(page, "/admin/quarantine/row?key=a&x=1")
    assert 'href="/language/en?next=/admin/quarantine/row%3Fkey%3Da%26x%3D1"' in shown


def test_whoever_signs_in_comes_back_and_is_asked_once() -> None:
    assert 'href="/signin?next=/scoreboard/2026-09%3Findex%3Dx"' in drawn(
        "base.html", "/scoreboard/2026-09?index=x"
    )
    assert 'href="/signin' not in drawn("base.html", "/signin?next=/work")
