"""The one table of pages: it has every page, and each look can be found at an address."""

from __future__ import annotations

import pytest

from services.console import pages
from services.console.pages import PAGES, LeftOut, Look, Reader, looks, routes
from services.errors import HaopingError

ANYTHING = ("case", "receipt", "row", "link", "plate", "device", "window", "unit", "region")
KNOWN = {name: ["1", "2"] for name in (*ANYTHING, "person", "words", "days", "live", "published")}


def test_the_table_has_every_page_and_no_other() -> None:
    assert set(PAGES) == set(routes())


def test_what_is_left_out_says_why() -> None:
    assert all(each.why for each in PAGES.values() if isinstance(each, LeftOut))


def test_a_page_that_was_forgotten_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGES", {k: v for k, v in PAGES.items() if k != "/work"})
    with pytest.raises(HaopingError, match=r"no look at /work$"):
        list(looks())


def test_each_look_has_a_name_of_its_own() -> None:
    names = [look.name for _, look in looks()]
    assert len(names) == len(set(names))


def test_an_address_is_complete_and_takes_turns() -> None:
    assert not any("{" in look.address(KNOWN) for _, look in looks())
    case = Look("case", Reader.OFFICER, "/work/cases/{case}")
    assert [case.address(KNOWN, turn)[-1] for turn in range(3)] == ["1", "2", "1"]
