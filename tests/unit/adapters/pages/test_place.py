"""Where somebody is led who has to sign in first or reads on in another language."""

from __future__ import annotations

import re

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from services.adapters.pages.place import where

OURS = "https://hall.example"
PAGES = re.compile(r"/|/work|/work/cases/[^/]+|/my-window|/board/[^/]+|/admin/quarantine/row")


def readable(path: str) -> bool:
    """Whether a browser can open a page there."""
    return PAGES.fullmatch(path) is not None


def asked(path: str, method: str = "GET", referrer: str | None = None) -> Request:
    """What a browser asks for, or the form that it sends from a page."""
    headers = [("Referer", referrer)] if referrer else []
    builder = EnvironBuilder(path=path, method=method, base_url=OURS, headers=headers)
    return builder.get_request()


@pytest.mark.parametrize(
    "page", ["/", "/work?tab=all&tag=208", "/admin/quarantine/row?key=a%2Fb", "/board/%E6%9C%88@1"]
)
def test_a_page_is_found_again_with_all_that_was_asked(page: str) -> None:
    assert where(asked(page), readable) == page


def test_what_was_just_done_is_told_once() -> None:
    assert where(asked("/my-window?done=case-1"), readable) == "/my-window"
    assert where(asked("/board/2026-09?index=x&done=revise"), readable) == "/board/2026-09?index=x"


@pytest.mark.parametrize(
    ("form", "page"),
    [
        ("/my-window/statement", "/my-window?done=case-1"),
        ("/work/assign", "/work?tab=all&handler=mzj"),
        ("/work/filters/0123/delete", "/work?tab=unit"),
        ("/board/2026-09/revise", "/board/2026-09?index=x"),
    ],
)
def test_whoever_sends_a_form_is_on_the_page_where_it_stands(form: str, page: str) -> None:
    found = where(asked(form, "POST", f"{OURS}{page}"), readable)
    assert found == page.partition("?done")[0]


@pytest.mark.parametrize(
    ("form", "page"),
    [
        ("/my-window/statement", "/my-window"),
        ("/work/cases/case-1/moves", "/work/cases/case-1"),
        ("/work/filters/0123/delete", "/work"),
        ("/board/2026-09/revise", "/board/2026-09"),
        ("/signout", "/"),
    ],
)
@pytest.mark.parametrize(
    "referrer", [None, "https://evil.example/work", "http://[", "{OURS}{form}"]
)
def test_nobody_is_led_to_where_a_form_was_sent(form: str, page: str, referrer: str | None) -> None:
    told = referrer and referrer.format(OURS=OURS, form=form)
    assert where(asked(form, "POST", told), readable) == page
