"""Cookies of the pages: bound to this host over TLS, and named so that browsers hold us to it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from services.adapters.pages.cookies import brought, drop, is_secured, keep


def request(scheme: str = "http", cookie: str = "") -> Request:
    """A request with a cookie."""
    headers = [("Cookie", cookie)] if cookie else []
    return Request(EnvironBuilder(base_url=f"{scheme}://hall.test", headers=headers).get_environ())


def parts(answer: Response) -> set[str]:
    """What the one cookie of an answer says."""
    [cookie] = answer.headers.getlist("Set-Cookie")
    return set(cookie.split("; "))


@pytest.mark.parametrize(
    ("scheme", "public", "secured"),
    [
        ("http", "http://127.0.0.1:8000", False),
        ("https", "http://127.0.0.1:8000", True),
        ("http", "https://pages.example.gov.cn", True),
        ("http", "", False),
    ],
)
def test_pages_are_secured_here_or_at_a_proxy_before_us(
    scheme: str, public: str, secured: bool
) -> None:
    assert is_secured(request(scheme), public) is secured


def test_over_tls_a_cookie_is_of_this_host_alone() -> None:
    answer = Response()
    keep(answer, "session", "secret", secured=True, lasts=timedelta(hours=1))
    wanted = {"__Host-session=secret", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"}
    assert wanted | {"Max-Age=3600"} <= parts(answer)
    assert not any(each.startswith("Domain") for each in parts(answer))


def test_what_came_in_the_clear_is_not_taken_for_what_was_set_over_tls() -> None:
    planted = request("https", "session=planted; __Host-session=ours")
    assert brought(planted, "session", secured=True) == "ours"
    assert brought(request("https", "session=planted"), "session", secured=True) is None
    assert brought(request(cookie="session=ours"), "session", secured=False) == "ours"


@pytest.mark.parametrize("secured", [True, False])
def test_a_cookie_is_taken_back_under_the_name_it_was_set_under(secured: bool) -> None:
    set_, unset = Response(), Response()
    keep(set_, "session", "", secured)
    drop(unset, "session", secured)
    names = [each.headers["Set-Cookie"].split("=")[0] for each in (set_, unset)]
    assert names[0] == names[1]
    assert "Max-Age=0" in parts(unset)
