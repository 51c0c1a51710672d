"""Every address and page × every role × own and other unit, over real HTTP, beside the table.

A role more never allows less, so that whoever has every role but those of the table, and is denied,
stands for each of these roles. Of the roles that may, addresses of the API are asked by every one,
pages, which look at the table in the same place, by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from nameko.containers import ServiceContainer
from schemathesis import GenerationMode

from services.adapters.openapi import Operation, document_of
from services.adapters.pages.entrypoint import PageEntrypoint
from services.console.permissions import addresses, route, services
from services.console.stack import Stack
from services.console.stack.application import BEHIND
from services.contracts.actor import MAY, Role
from tests.integration.bus import eventually
from tests.integration.everybody import (
    OTHER,
    OWN,
    PLANTED,
    ROOT,
    TOP,
    Everybody,
    all_but,
    press,
    town_of,
)

pytestmark = pytest.mark.integration
Containers = Callable[[type, Mapping[str, Any]], ServiceContainer]
RULED = [each for each in addresses() if each.entrypoint.action is not None]
API = [each for each in RULED if not isinstance(each.entrypoint, PageEntrypoint)]
PAGES = [each for each in RULED if isinstance(each.entrypoint, PageEntrypoint)]
DENIED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
OF_MACHINES = {Role.DEVICE, Role.SYSTEM}
"""They ask the API; what pages ask other services for is not theirs."""
ONLY_SIGNED = {"POST /v1/devices/me:rotate"}
"""For a device that signs; a token of one is answered 401 even where the role is right."""
NONE, PART = "none-such", re.compile(r"<(?:any\((\w+)[^<>]*:|(int):|[^:<>]+:)?(\w+)>")
FORM_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


@pytest.fixture(scope="module")
def town(stack: Stack) -> Iterator[Everybody]:
    """All services, with a case in each of two units."""
    with town_of(stack) as everybody:
        yield everybody


def path_of(each: Operation, **parts: str) -> str:
    """An address with these parts, and what does not exist for the rest."""
    return PART.sub(
        lambda found: parts.get(found[3], found[1] or ("1" if found[2] else NONE)),
        each.entrypoint.url,
    )


def asked(town: Everybody, each: Operation, token: str | None) -> httpx.Response:
    """What is answered to an empty body about what does not exist."""
    method = each.entrypoint.method
    body: dict[str, Any] = {} if method == "GET" else {"json": {}}
    return town.ask(each.service, method, path_of(each), token, **body)


def test_an_address_of_the_api_is_open_to_the_roles_of_the_table_and_to_nobody_else(
    town: Everybody,
) -> None:
    wrong: list[str] = []
    for each in API:
        assert each.entrypoint.action is not None
        if (answer := asked(town, each, None)).status_code != HTTPStatus.UNAUTHORIZED:
            wrong.append(f"{route(each)} answers anybody {answer.status_code}")
        denied = asked(town, each, all_but(each.entrypoint.action))
        if denied.status_code != HTTPStatus.FORBIDDEN:
            wrong.append(f"{route(each)} answers all other roles {denied.status_code}")
        assert_told_nothing(answer)
        assert_told_nothing(denied)
        for role in MAY[each.entrypoint.action] if route(each) not in ONLY_SIGNED else ():
            answer = asked(town, each, f"{role.value}@{TOP}")
            if answer.status_code in DENIED or answer.is_server_error:
                wrong.append(f"{route(each)} answers {role} {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def assert_told_nothing(answer: httpx.Response) -> None:
    """A denial is a problem that says nothing of what was asked for."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json().keys() == {"type", "title", "status", "detail"}
    assert NONE not in answer.text


def signed_in(town: Everybody, token: str) -> tuple[dict[str, str], str]:
    """The header with the cookie of a session at the pages, and what its forms bring along."""
    if token not in town.sessions:
        form = {"token": token, "next": "/"}
        answer = town.http.post(f"{town.urls['portal']}/signin", data=form)
        assert answer.status_code == HTTPStatus.SEE_OTHER, answer.text
        cookies = dict(answer.cookies)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        first = town.http.get(f"{town.urls['portal']}/", headers=headers)
        found = FORM_TOKEN.search(first.text)
        assert found is not None, first.text
        town.sessions[token] = (headers, found[1])
        town.http.cookies.clear()
    return town.sessions[token]


def looked(town: Everybody, each: Operation, token: str | None) -> httpx.Response:
    """What a page shows, or a form of it is answered."""
    headers, form_token = signed_in(town, token) if token else ({}, "")
    method = each.entrypoint.method
    form = {} if method == "GET" else {"data": {"form_token": form_token}}
    return town.http.request(method, town.urls["portal"] + path_of(each), headers=headers, **form)  # type: ignore[arg-type]


def test_a_page_is_open_to_the_roles_of_the_table_and_sends_all_others_away(
    town: Everybody,
) -> None:
    wrong: list[str] = []
    for each in PAGES:
        assert each.entrypoint.action is not None
        answer = looked(town, each, None)
        to_sign_in = answer.headers.get("Location", "").startswith("/signin")
        if not (answer.is_redirect and to_sign_in):
            wrong.append(f"{route(each)} shows anybody {answer.status_code}")
        denied = looked(town, each, all_but(each.entrypoint.action))
        if denied.status_code != HTTPStatus.FORBIDDEN:
            wrong.append(f"{route(each)} shows all other roles {denied.status_code}")
        for role in sorted(MAY[each.entrypoint.action] - OF_MACHINES)[:1]:
            answer = looked(town, each, f"{role.value}@{TOP}")
            if answer.status_code == HTTPStatus.FORBIDDEN or answer.is_server_error:
                wrong.append(f"{route(each)} shows {role} {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def audited(town: Everybody, **asked: Any) -> list[dict[str, Any]]:
    """What an administrator reads of the audit."""
    found: list[dict[str, Any]] = town.ask(
        "registry", "GET", "/v1/audit", f"administrator@{TOP}", params={"limit": 500, **asked}
    ).json()
    return found


def test_what_is_done_on_a_page_is_in_the_audit_for_the_person_and_so_is_the_sign_in(
    town: Everybody,
) -> None:
    who = f"administrator@{TOP}"
    headers, form_token = signed_in(town, who)
    page = f"{town.urls['portal']}/admin/devices/kiosk-1/code"
    answer = town.http.post(page, headers=headers, data={"form_token": form_token})
    assert answer.is_success, answer.text
    made = audited(town, actor=who, object="kiosk-1", outcome="done")
    assert [each["route"] for each in made] == ["POST /v1/devices/<device>:code"]
    entered = audited(town, actor=who, service="portal", object=who)
    assert {each["kind"] for each in entered} == {"sign-in"}
    wrong = {"token": "guessed", "next": "/"}
    assert town.http.post(f"{town.urls['portal']}/signin", data=wrong).status_code == 401
    eventually(lambda: audited(town, service="portal", outcome="denied", action="public"))


def test_what_one_request_came_to_in_several_services_has_one_trace(town: Everybody) -> None:
    headers, _ = signed_in(town, f"system@{TOP}")
    before = denied_plates(town)
    assert town.http.get(f"{town.urls['portal']}/plates", headers=headers).status_code == 403
    trace = eventually(lambda: [each for each in denied_plates(town) if each not in before])[0]
    eventually(lambda: len(audited(town, trace=trace)) == 2)


def denied_plates(town: Everybody) -> list[str]:
    """The traces of pages of plates that a system was denied."""
    denied = audited(town, service="portal", actor=f"system@{TOP}")
    return [each["trace"] for each in denied if each["route"] == "GET /plates"]


def opened(town: Everybody, unit: str) -> str:
    """A case about a unit."""
    about = {"source": "letter", "reference": f"letter of {unit}", "unit": unit}
    answer = town.ask("rectify", "POST", "/v1/cases", f"dispatcher@{TOP}", json=about)
    assert answer.status_code == HTTPStatus.CREATED, answer.text
    return str(answer.json()["id"])


BODIES: dict[str, dict[str, Any]] = {
    "/v1/cases/<string:id>/moves": {
        "json": {"command_id": "1", "move": "claim", "expected_version": 99}
    },
    "/v1/cases/<string:id>/reveal": {"json": {"command_id": "1", "reason": "to call back"}},
    "/v1/cases/<string:id>/statement": {"json": {"command_id": "1", "text": "we were closed"}},
    "/v1/cases/<string:id>/evidence": {
        "params": {"command_id": "1", "name": "a.png"},
        "content": b"\x89PNG\r\n\x1a\n" + bytes(100),
    },
}
ABOUT_A_CASE = [each for each in API if "/v1/cases/<string:id>" in each.entrypoint.url]


def test_a_case_of_another_unit_is_answered_like_one_that_does_not_exist(town: Everybody) -> None:
    own, other, none = opened(town, OWN), opened(town, OTHER), "case-0000000000000000"
    seen = 0
    for each in ABOUT_A_CASE:
        assert each.entrypoint.action is not None
        said = BODIES.get(each.entrypoint.url, {})
        for role in sorted(MAY[each.entrypoint.action]):
            answers = {
                id: town.ask(
                    each.service,
                    each.entrypoint.method,
                    path_of(each, id=id),
                    f"{role}@{OWN}",
                    **said,
                )
                for id in (own, other, none)
            }
            assert answers[other].status_code == HTTPStatus.NOT_FOUND, (route(each), role)
            assert answers[other].text == answers[none].text, (route(each), role)
            seen += answers[own].text != answers[none].text
    assert seen > len(ABOUT_A_CASE), "one's own cases are answered otherwise"


def test_figures_of_another_unit_are_answered_like_those_of_one_that_does_not_exist(
    town: Everybody,
) -> None:
    for path in ("/v1/explain/2026-10/{}", "/v1/explain/2026-10/{}/good_rate"):
        found, none = (
            town.ask("score", "GET", path.format(unit), f"scorer@{OWN}") for unit in (OTHER, NONE)
        )
        assert (found.status_code, found.text) == (HTTPStatus.NOT_FOUND, none.text)
    whole = town.ask("score", "GET", "/v1/overview", f"scorer@{OWN}")
    assert OTHER not in whole.text
    for verb in ("close", "publish", "revise"):
        refused = town.ask("score", "POST", f"/v1/months/2026-10:{verb}", f"scorer@{OWN}", json={})
        assert refused.status_code == HTTPStatus.FORBIDDEN


def test_a_rating_is_found_by_who_sent_it_and_its_file_nowhere_but_in_its_case(
    town: Everybody,
) -> None:
    said = press()
    taken = town.ask("capture", "POST", "/v1/ratings", f"system@{OWN}", json=said)
    assert taken.status_code == HTTPStatus.ACCEPTED, taken.text
    path = f"/v1/ratings/{said['rating_id']}"
    eventually(lambda: '"stored"' in town.ask("store", "GET", path, f"system@{OWN}").text)
    theirs = town.ask("store", "GET", path, f"system@{OTHER}")
    none_id = "00000000-0000-4000-8000-000000000000"
    none = town.ask("store", "GET", f"/v1/ratings/{none_id}", f"system@{OTHER}")
    assert (theirs.status_code, theirs.text.replace(said["rating_id"], none_id)) == (
        none.status_code,
        none.text,
    )
    own, other = opened(town, OWN), opened(town, OTHER)
    evidence = BODIES["/v1/cases/<string:id>/evidence"]
    where = f"/v1/cases/{other}/evidence"
    filed = town.ask("rectify", "POST", where, f"officer@{OTHER}", **evidence)
    assert filed.status_code == HTTPStatus.CREATED, filed.text
    for id in (own, other):
        file = f"/v1/cases/{id}/evidence/{filed.json()['id']}"
        assert (
            town.ask("rectify", "GET", file, f"officer@{OWN}").status_code == HTTPStatus.NOT_FOUND
        )
    assert town.ask(
        "rectify", "GET", f"{where}/{filed.json()['id']}", f"officer@{OTHER}"
    ).is_success


TOO_MUCH = [
    ("capture", "POST", "/v1/ratings", "system", press(submitted_by="another"), "submitted_by"),
    ("capture", "POST", "/v1/ratings", "system", press(status="valid"), "status"),
    ("capture", "POST", "/v1/ratings", "system", press(stored_at="2020-01-01"), "stored_at"),
    ("rectify", "POST", "/v1/cases", "dispatcher", {"state": "closed"}, "state"),
    ("rectify", "POST", "/v1/cases:assign", "dispatcher", {"actor": "x"}, "actor"),
    ("registry", "PUT", "/v1/people/li", "administrator", {"token_hash": "x"}, "token_hash"),
    ("registry", "PUT", "/v1/people/li", "administrator", {"scope": [OTHER]}, "scope"),
    ("registry", "PUT", "/v1/devices/kiosk-1", "administrator", {"epoch": 9}, "epoch"),
    ("score", "POST", "/v1/months/2026-10:close", "scorer", {"by": "another"}, "by"),
]
WHOLE = {
    "/v1/cases": {"source": "letter", "reference": "r", "unit": OWN},
    "/v1/cases:assign": {
        "command_id": "1",
        "assignee": "x",
        "cases": [{"id": "case-1", "expected_version": 1}],
    },
    "/v1/people/li": {"id": "li", "name": "李娜", "roles": ["officer"], "unit": OWN},
    "/v1/devices/kiosk-1": {"id": "kiosk-1", "name": "评价器", "unit": OWN},
}


@pytest.mark.parametrize(("service", "method", "path", "role", "more", "field"), TOO_MUCH)
def test_nobody_sets_a_field_that_is_not_theirs(
    town: Everybody, service: str, method: str, path: str, role: str, more: Any, field: str
) -> None:
    said = WHOLE.get(path, {}) | more
    answer = town.ask(service, method, path, f"{role}@{TOP}", json=said)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, answer.text
    assert f"/{field}" in {each["pointer"] for each in answer.json()["errors"]}


WHO = {"anonymous": None, "device": f"device@{OWN}", "officer": f"officer@{OWN}"}


def leaked(answer: bytes) -> list[str]:
    """What of the planted is told."""
    return [each for each in PLANTED if each.encode() in answer]


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("examples", [2, pytest.param(60, marks=pytest.mark.slow)])
def test_nothing_that_is_sent_makes_a_service_fail_or_tell(
    town: Everybody, who: str, examples: int
) -> None:
    headers = {"Authorization": f"Bearer {WHO[who]}"} if WHO[who] else {}
    wrong: list[str] = []
    open_to = opened_to(Role(who)) if WHO[who] else opened_to(None)
    for name in BEHIND:
        schema: Any = schemathesis.openapi.from_dict(document_of(services()[name]))
        for found in schema.get_all_operations():
            operation = found.ok()
            if operation.label in open_to and (
                len(operation.body) or [*operation.iter_parameters()]
            ):
                wrong += _tried(operation, town.urls[name], headers, examples)
    assert not wrong, "\n".join(wrong)


def opened_to(role: Role | None) -> set[str]:
    """What a role may ask, or anybody; all else is denied before it is read, as shown above."""
    found = ((each, each.entrypoint.action) for each in addresses())
    return {
        f"{each.entrypoint.method} {each.path}"
        for each, action in found
        if (action is None if role is None else action and role in MAY[action])
    }


def _tried(operation: Any, url: str, headers: dict[str, str], examples: int) -> list[str]:
    wrong: list[str] = []

    @hypothesis_settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def send(case: Any) -> None:
        answer = case.call(base_url=url, headers=headers)
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR or leaked(answer.content):
            wrong.append(f"{operation.label}: {answer.status_code} {answer.content[:200]!r}")

    send()
    return wrong


def test_the_administrator_of_the_installation_is_no_exception(town: Everybody) -> None:
    """The token of the installation opens what administrators may, and nothing about raters."""
    for each in API:
        assert each.entrypoint.action is not None
        if Role.ADMINISTRATOR not in MAY[each.entrypoint.action]:
            assert asked(town, each, ROOT).status_code == HTTPStatus.FORBIDDEN, route(each)
