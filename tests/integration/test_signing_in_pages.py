"""Signing in on the pages over real HTTP: sessions, their cookies and ends, and OpenID Connect."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from nameko.containers import ServiceContainer

from services.adapters.mongo import Db, connect
from services.adapters.settings import token_hash
from services.console.stack import Stack
from services.console.stack.ports import claim
from services.console.stack.processes import end_child
from services.contracts.actor import Role
from services.contracts.directory import Principal
from services.portal.service import Portal
from services.registry.service import Registry
from tests import web
from tests.county import DIRECTORY
from tests.identity.provider import CLIENT_ID, CLIENT_SECRET
from tests.integration.bus import eventually, in_the_county

pytestmark = pytest.mark.integration
PASSWORD, OTHER = "korrekt pferd batterie", "vier wände aus glas"
OFFICER = frozenset({Role.OFFICER, Role.DISPATCHER})
LI, WU, AN = (
    Principal(id="li", name="李娜", roles=OFFICER, unit="county", token_hash=token_hash("l")),
    Principal(id="wu", name="吴", roles=OFFICER, unit="county", oidc_subject="sub-of-u-4711"),
    Principal(id="an", name="安", roles=OFFICER, unit="county"),
)
COUNTY = DIRECTORY.model_copy(update={"principals": (*DIRECTORY.principals, LI, WU, AN)})
FAULTS = (
    "other-issuer other-audience expired other-nonce without-nonce forged hmac-of-public-key "
    "unsigned"
).split()


class House:
    """The pages, the registry behind them, and the identity provider beside them."""

    def __init__(self, urls: Mapping[str, str], db: Db) -> None:
        self.urls, self.db = urls, db

    def visitor(self) -> httpx.Client:
        """Somebody with a browser of their own."""
        return web.Client(base_url=self.urls["portal"], timeout=30, trust_env=False)

    def administrator(self, method: str, path: str, **said: Any) -> Any:
        """What the registry answers to its administrator."""
        headers = {"Authorization": "Bearer root"}
        url = self.urls["registry"] + path
        answer = web.request(method, url, headers=headers, timeout=30, trust_env=False, **said)
        answer.raise_for_status()
        return answer.json()

    def sign_in(self, visitor: httpx.Client, password: str, **said: str) -> httpx.Response:
        """Send the form of signing in as li."""
        return visitor.post("/signin", data={"name": "li", "password": password, **said})

    def first_password(self) -> None:
        """Let li choose a password in a browser that is forgotten then."""
        once = self.administrator("POST", "/v1/accounts/li:password")["password"]
        form = {"name": "li", "old": once, "new": PASSWORD, "again": PASSWORD, "next": "/"}
        with self.visitor() as visitor:
            assert visitor.post("/password", data=form).status_code == 303

    @contextmanager
    def signed_in(self) -> Iterator[httpx.Client]:
        """A browser in which li is signed in."""
        with self.visitor() as visitor:
            assert self.sign_in(visitor, PASSWORD).status_code == 303
            yield visitor


def is_in(visitor: httpx.Client) -> bool:
    """Whether the page that needs a session is shown."""
    return visitor.get("/admin/people").status_code == 200


def form_token(visitor: httpx.Client) -> str:
    """What a form of this session brings along."""
    return visitor.get("/password").text.split('name="form_token" value="')[1].split('"')[0]


@pytest.fixture(scope="module")
def house(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Everything that takes part in signing in, by real HTTP on loopback."""
    ports = claim(("portal", "registry", "provider"), {})
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    secret = tmp_path_factory.mktemp("oidc") / "secret"
    secret.write_text(CLIENT_SECRET)
    over = {
        "HAOPING_ADMIN_TOKEN_HASH": token_hash("root"),
        "HAOPING_PUBLIC_URL": urls["portal"],
        "HAOPING_OIDC_ISSUER": urls["provider"],
        "HAOPING_OIDC_CLIENT_ID": CLIENT_ID,
        "HAOPING_OIDC_CLIENT_SECRET_FILE": str(secret),
        "HAOPING_OIDC_CLAIM": "account",
    }
    with in_the_county(stack, COUNTY, **over) as config:
        running = [
            ServiceContainer(service, _at(config, urls, ports[service.name]))
            for service in (Registry, Portal)
        ]
        provider = _provider(ports["provider"], f"{urls['portal']}/signin/openid/back")
        db = connect(config["MONGO_URI"], config["MONGO_DATABASE"])
        for each in running:
            each.start()
        yield House(urls, db)
        for each in running:
            each.kill()
        end_child(provider)
        db.client.close()


def _at(config: Mapping[str, Any], urls: Mapping[str, str], port: int) -> dict[str, Any]:
    return {**config, "WEB_SERVER_ADDRESS": f"127.0.0.1:{port}", "HAOPING_SERVICES": dict(urls)}


def _provider(port: int, back: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.identity.provider", str(port), back]
    environment = {**os.environ, "AUTHLIB_INSECURE_TRANSPORT": "1"}
    project = Path(__file__).resolve().parents[2]
    started = subprocess.Popen(command, cwd=project, env=environment, stderr=subprocess.DEVNULL)
    eventually(lambda: _answers(f"http://127.0.0.1:{port}/keys"))
    return started


def _answers(url: str) -> bool:
    try:
        return web.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False


@pytest.fixture(autouse=True)
def clean(house: House) -> Iterator[None]:
    """No account, failure, token or session of the test before."""
    yield
    for name in ("signin_failures", "accounts", "tokens", "sessions"):
        house.db[name].delete_many({})


def test_a_one_time_password_leads_to_the_form_of_choosing_ones_own(house: House) -> None:
    once = house.administrator("POST", "/v1/accounts/li:password")["password"]
    with house.visitor() as visitor:
        asked = house.sign_in(visitor, once, next="/admin/people")
        assert "请设置您自己的密码" in asked.text
        assert once not in asked.text
        assert not is_in(visitor)
        form = {"name": "li", "old": once, "new": PASSWORD, "next": "/admin/people", "forced": "1"}
        assert "两次输入的新密码不一样" in visitor.post("/password", data=form).text
        weak = form | {"new": "haoping123456", "again": "haoping123456"}
        assert "最容易被猜到" in visitor.post("/password", data=weak).text
        answer = visitor.post("/password", data=form | {"again": PASSWORD})
        assert answer.headers["Location"] == "/admin/people"
        assert is_in(visitor)


def test_what_is_wrong_is_said_kindly_and_the_wait_in_minutes(house: House) -> None:
    house.first_password()
    with house.visitor() as visitor:
        for _ in range(5):
            wrong = house.sign_in(visitor, "not it, not at all")
            assert (wrong.status_code, "用户名或密码不对" in wrong.text) == (401, True)
        waits = house.sign_in(visitor, PASSWORD)
        assert (waits.status_code, "请等 1 分钟" in waits.text) == (429, True)
        assert int(waits.headers["Retry-After"]) <= 30


def test_each_sign_in_is_a_new_session_whatever_the_browser_brought(house: House) -> None:
    house.first_password()
    with house.visitor() as visitor:
        prepared = {"Cookie": "haoping_session=prepared"}
        form = {"name": "li", "password": PASSWORD}
        visitor.post("/signin", data=form, headers=prepared)
        first = visitor.cookies["haoping_session"]
        house.sign_in(visitor, PASSWORD, form_token=form_token(visitor))
        second = visitor.cookies["haoping_session"]
        assert len({"prepared", first, second}) == 3
        assert is_in(visitor)
        with house.visitor() as thief:
            for stale in (first, "prepared"):
                cookie = {"Cookie": f"haoping_session={stale}"}
                assert thief.get("/admin/people", headers=cookie).status_code == 303


def test_the_cookie_is_read_by_no_script_and_sent_by_no_other_site(house: House) -> None:
    house.first_password()
    with house.visitor() as visitor:
        answer = house.sign_in(visitor, PASSWORD)
        for cookie in answer.headers.get_list("Set-Cookie"):
            assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
            assert "Domain" not in cookie


def test_a_form_from_elsewhere_neither_signs_in_nor_changes_a_password(house: House) -> None:
    house.first_password()
    with house.signed_in() as visitor:
        foreign = {"Sec-Fetch-Site": "cross-site"}
        form = {"name": "li", "old": PASSWORD, "new": OTHER, "again": OTHER}
        for headers in (foreign, {"Origin": "http://evil.test"}, {}):
            assert visitor.post("/password", data=form, headers=headers).status_code == 403
        with house.visitor() as other:
            said = {"name": "li", "password": PASSWORD}
            assert other.post("/signin", data=said, headers=foreign).status_code == 403


def test_signing_out_ends_the_session_here_and_in_every_service(house: House) -> None:
    house.first_password()
    with house.signed_in() as visitor:
        [session] = house.administrator("GET", "/v1/tokens", params={"kind": "session"})[:1]
        assert session["opens"]
        cookie = visitor.cookies["haoping_session"]
        visitor.post("/signout", data={"form_token": form_token(visitor)})
        assert not is_in(visitor)
        stale = {"Cookie": f"haoping_session={cookie}"}
        assert visitor.get("/admin/people", headers=stale).status_code == 303
        [session] = house.administrator("GET", "/v1/tokens", params={"kind": "session"})[:1]
        assert (session["opens"], session["revoked_by"]) == (False, "li")


def test_a_session_ends_when_nobody_looks_and_after_a_day_at_the_latest(house: House) -> None:
    house.first_password()
    now = datetime.now(UTC)
    for field, past in (("seen_at", now - timedelta(minutes=31)), ("expires_at", now)):
        with house.signed_in() as visitor:
            assert is_in(visitor)
            house.db["sessions"].update_many({}, {"$set": {field: past}})
            assert not is_in(visitor)
    with house.signed_in() as visitor:
        almost = {"$set": {"seen_at": now - timedelta(minutes=29)}}
        house.db["sessions"].update_many({}, almost)
        assert is_in(visitor)
        seen = [each["seen_at"] for each in house.db["sessions"].find()]
        assert max(seen) > now - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("form", "page"),
    [
        ("/my-window/statement", "/my-window"),
        ("/work/filters/0123/delete", "/work"),
        ("/board/2026-09/revise", "/board/2026-09"),
        ("/admin/devices/d/code", "/admin/devices/d"),
        ("/admin/people/li/tokens/t/revoke", "/admin/people/li"),
        ("/admin/quarantine/replay-all", "/admin/quarantine"),
        ("/admin/import/units/apply", "/admin/import/units"),
        ("/work/cases/case-1/moves", "/work/cases/case-1"),
    ],
)
def test_whoever_has_to_sign_in_before_a_form_is_taken_comes_back_to_its_page(
    house: House, form: str, page: str
) -> None:
    with house.visitor() as visitor:
        asked = visitor.post(form)
        assert asked.headers["Location"] == f"/signin?next={page}"
        referrer = {"Referer": f"{house.urls['portal']}{page}?tab=all"}
        asked = visitor.post(form, headers=referrer)
        assert parse_qs(urlsplit(asked.headers["Location"]).query)["next"] == [f"{page}?tab=all"]


def test_the_answer_to_a_form_leads_to_its_page_in_the_other_language(house: House) -> None:
    with house.visitor() as visitor:
        page = {"Referer": f"{house.urls['portal']}/signin?next=/work"}
        shown = visitor.post("/signin", data={"token": "nobody's", "next": "/work"}, headers=page)
        assert 'href="/language/en?next=/signin%3Fnext%3D%252Fwork"' in shown.text
        shown = visitor.post("/receipt/ABCD/append", data={"level": "5"})
        assert 'href="/language/en?next=/receipt/ABCD"' in shown.text


def test_changing_a_password_ends_every_other_session_and_keeps_this_one(house: House) -> None:
    house.first_password()
    with house.signed_in() as here, house.signed_in() as there:
        form = {"name": "li", "old": PASSWORD, "new": OTHER, "again": OTHER, "next": "/password"}
        done = here.post("/password", data=form | {"form_token": form_token(here)})
        assert done.headers["Location"] == "/password?done=1"
        assert (is_in(here), is_in(there)) == (True, False)


def test_locking_or_leaving_ends_what_is_open_on_the_pages_too(house: House) -> None:
    house.first_password()
    with house.signed_in() as visitor:
        house.administrator("POST", "/v1/accounts/li:lock")
        assert not is_in(visitor)
        assert "已被管理员锁定" in house.sign_in(visitor, PASSWORD).text


def test_a_token_still_opens_the_pages_and_ends_with_the_session(house: House) -> None:
    with house.visitor() as visitor:
        assert visitor.post("/signin", data={"token": "nobody's"}).status_code == 401
        assert visitor.post("/signin", data={"token": "l"}).status_code == 303
        assert is_in(visitor)
        house.sign_in(visitor, "wrong, for there is none")
        visitor.post("/signout", data={"form_token": form_token(visitor)})
        assert not is_in(visitor)


def to_provider(visitor: httpx.Client, user: str) -> str:
    """Set out for the provider, sign in there as `user`, and be sent back to this address."""
    away = visitor.get("/signin/openid?next=/admin/people").headers["Location"]
    assert {"code_challenge", "nonce", "state"} <= parse_qs(urlsplit(away).query).keys()
    with web.Client(timeout=30, trust_env=False) as browser:
        assert "同意" in browser.get(away).text
        return str(browser.post(away, data={"user": user}).headers["Location"])


@pytest.mark.parametrize(("user", "person"), [("u-4711", "wu"), ("an", "an")])
def test_whom_the_provider_vouches_for_is_signed_in_if_the_registry_has_them(
    house: House, user: str, person: str
) -> None:
    with house.visitor() as visitor:
        assert "统一身份认证" in visitor.get("/signin").text
        back = visitor.get(to_provider(visitor, user))
        assert back.headers["Location"] == "/admin/people"
        assert is_in(visitor)
        assert "haoping_openid" not in visitor.cookies
        [session] = house.administrator("GET", "/v1/tokens", params={"kind": "session"})
        assert (session["principal"], session["name"]) == (person, "openid")


@pytest.mark.parametrize("user", ["stranger", "wu", "hall", *FAULTS])
def test_nobody_gets_in_whom_the_registry_does_not_have_or_whose_token_is_not_as_it_should_be(
    house: House, user: str
) -> None:
    with house.visitor() as visitor:
        back = visitor.get(to_provider(visitor, user))
        assert (back.status_code, "登记册里没有您" in back.text) == (401, True)
        assert not is_in(visitor)
    assert house.administrator("GET", "/v1/tokens") == []


def test_what_one_browser_began_is_not_ended_in_another_nor_twice(house: House) -> None:
    with house.visitor() as attacker, house.visitor() as victim:
        link = to_provider(attacker, "an")
        assert victim.get(link).status_code == 401
        victim.get("/signin/openid")
        assert victim.get(link).status_code == 401
        assert not is_in(victim)
        cookies = dict(attacker.cookies)
        assert attacker.get(link).status_code == 303
        for name, value in cookies.items():
            attacker.cookies.set(name, value)
        assert attacker.get(link).status_code == 401


def test_whoever_refuses_at_the_provider_or_is_locked_here_is_told_so(house: House) -> None:
    with house.visitor() as visitor:
        refused = visitor.get(to_provider(visitor, ""))
        assert refused.status_code == 401
        house.administrator("POST", "/v1/accounts/an:lock")
        locked = visitor.get(to_provider(visitor, "an"))
        assert (locked.status_code, "已被管理员锁定" in locked.text) == (403, True)
