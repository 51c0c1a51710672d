"""Forms of other sites change nothing, and every page keeps to itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from services.adapters.pages.guarding import (
    FORM_FIELD,
    FORM_HEADER,
    demand_own_form,
    guarded,
)
from services.adapters.pages.visitor import Visitor
from services.errors import NotAllowed

OURS = "https://hall.example"
OFFICER = Visitor(token="t", form_token="of this session")
CHANGES = ("POST", "PUT", "PATCH", "DELETE")


def sent(method: str = "POST", token: str | None = None, **headers: str) -> Request:
    """A form as a browser sends it to us."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    data: dict[str, Any] = {} if token is None else {FORM_FIELD: token}
    builder = EnvironBuilder(method=method, base_url=OURS, data=data, headers=list(named.items()))
    return builder.get_request()


@pytest.mark.parametrize("method", CHANGES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://hall.example.evil.example"},
        {"Origin": "https://hall.example:8443"},
    ],
)
def test_a_form_of_another_site_is_refused_even_with_the_right_token(
    method: str, headers: dict[str, str]
) -> None:
    with pytest.raises(NotAllowed):
        demand_own_form(sent(method, OFFICER.form_token, **headers), OFFICER)


@pytest.mark.parametrize("method", CHANGES)
def test_a_form_without_the_token_of_the_session_is_refused(method: str) -> None:
    with pytest.raises(NotAllowed):
        demand_own_form(sent(method, Sec_Fetch_Site="same-origin"), OFFICER)


@given(st.text(max_size=40).filter(lambda text: text != OFFICER.form_token))
def test_no_other_token_will_do(token: str) -> None:
    encodable = token.encode("utf-8", "replace").decode()
    with pytest.raises(NotAllowed):
        demand_own_form(sent(token=encodable, Origin=OURS), OFFICER)


def test_a_form_of_ours_is_taken_by_field_or_by_header() -> None:
    demand_own_form(sent(token=OFFICER.form_token, Origin=OURS), OFFICER)
    demand_own_form(sent(**{FORM_HEADER: OFFICER.form_token}), OFFICER)


def test_no_page_may_be_framed_sniffed_or_shared_with_other_origins() -> None:
    shown = guarded(Response("x", mimetype="text/html"), sent("GET", Origin=OURS), OFFICER)
    policy = shown.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Cache-Control"] == "no-store"
    assert not any(name.startswith("Access-Control") for name in shown.headers.keys())  # noqa: SIM118
