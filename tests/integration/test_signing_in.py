"""Signing in at the registry over real HTTP: passwords, waits and the ways around them, tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import eventlet
import httpx
import pytest
from nameko.containers import ServiceContainer

from services.adapters.mongo import Db, connect
from services.adapters.settings import token_hash
from services.console.stack import Stack
from services.contracts.actor import Role
from services.contracts.directory import Directory, Principal
from services.registry.identifying import name_counted
from services.registry.lockout import ACCOUNT, ADDRESS
from services.registry.service import Registry
from tests import web
from tests.county import DIRECTORY
from tests.integration.bus import eventually, free_address, in_the_county

pytestmark = pytest.mark.integration
Containers = Callable[..., ServiceContainer]
OWN = "korrekt pferd batterie"
WRONG, IN, CHANGE, LOCKED, WAITS = 401, 200, 409, 403, 429
OFFICER = frozenset({Role.OFFICER, Role.DISPATCHER})
PEOPLE = tuple(
    Principal(id=id, name=f"职员{id}", roles=OFFICER, unit="county") for id in ("li", "wu", "an")
)
COUNTY = DIRECTORY.model_copy(update={"principals": (*DIRECTORY.principals, *PEOPLE)})


class Desk:
    """The registry as people and its administrator ask it."""

    def __init__(self, url: str, db: Db) -> None:
        self.db = db
        self.http = web.Client(base_url=url, timeout=30, trust_env=False)

    def ask(self, method: str, path: str, token: str = "root", **said: Any) -> httpx.Response:
        """What whoever holds the token is answered."""
        bearing = {"Authorization": f"Bearer {token}"} if token else {}
        headers = {**bearing, **said.pop("headers", {})}
        return self.http.request(method, path, headers=headers, **said)

    def sign_in(self, name: str, password: str, **said: Any) -> httpx.Response:
        """A try with a password; `browser` and headers as given."""
        body = {"name": name, "password": password, **said.pop("body", {})}
        return self.ask("POST", "/v1/sign-ins", "", json=body, **said)

    def given(self, person: str) -> str:
        """A one-time password."""
        return str(self.ask("POST", f"/v1/accounts/{person}:password").json()["password"])

    def change(self, name: str, old: str, new: str) -> httpx.Response:
        """Another password in the place of the old."""
        body = {"name": name, "old": old, "new": new}
        return self.ask("POST", "/v1/passwords", "", json=body)

    def person(self, person: str, password: str = OWN) -> str:
        """Somebody with a password of their own, signed in."""
        assert self.change(person, self.given(person), password).is_success
        return str(self.sign_in(person, password).json()["token"])

    def opens(self, token: str) -> bool:
        """Whether the token opens anything: an officer may not read accounts, but is known."""
        return self.ask("GET", "/v1/accounts", token).status_code != httpx.codes.UNAUTHORIZED

    def forgive(self, *names: str) -> None:
        """Let the waits of these names be over, as if time had passed."""
        past = datetime.now(UTC) - timedelta(days=3)
        filled = {"$set": {"until": past, "at": past}}
        self.db["signin_failures"].update_many({"_id": {"$in": list(names)}}, filled)


@pytest.fixture(scope="module")
def desk_of_module(stack: Stack) -> Iterator[Desk]:
    """A registry with three officers."""
    with in_the_county(stack, COUNTY, HAOPING_ADMIN_TOKEN_HASH=token_hash("root")) as config:
        address = free_address("registry")
        container = ServiceContainer(Registry, config | {"WEB_SERVER_ADDRESS": address})
        container.start()
        db = connect(config["MONGO_URI"], config["MONGO_DATABASE"])
        yield Desk(f"http://{address}", db)
        container.kill()
        db.client.close()


@pytest.fixture
def desk(desk_of_module: Desk) -> Iterator[Desk]:
    """The registry, without failures, accounts and tokens of the test before."""
    yield desk_of_module
    for name in ("signin_failures", "accounts", "tokens"):
        desk_of_module.db[name].delete_many({})


def test_a_given_password_opens_nothing_until_it_is_changed_and_then_never_again(
    desk: Desk,
) -> None:
    assert desk.sign_in("li", "").status_code == 422
    assert desk.sign_in("li", "anything at all").status_code == WRONG
    once = desk.given("li")
    first = desk.sign_in("li", once)
    assert (first.status_code, first.json()["must_change"]) == (CHANGE, True)
    refused = desk.change("li", once, "password-123456")
    assert refused.json()["errors"][0]["pointer"] == "/new"
    assert desk.change("li", once, once).status_code == 422
    assert desk.change("li", "not it, not at all", OWN).status_code == WRONG
    assert desk.change("li", once, OWN).is_success
    assert desk.sign_in("li", once).status_code == WRONG
    signed_in = desk.sign_in("LI", OWN).json()
    assert signed_in["person"] == "li"
    assert desk.opens(signed_in["token"])


def test_machines_get_no_password_and_strangers_none_either(desk: Desk) -> None:
    assert desk.ask("POST", "/v1/accounts/hall:password").status_code == 409
    assert desk.ask("POST", "/v1/accounts/nobody:password").status_code == 404
    officer = desk.person("li")
    assert desk.ask("POST", "/v1/accounts/wu:password", officer).status_code == 403
    assert desk.ask("POST", "/v1/accounts/wu:password", "").status_code == 401


def test_a_name_that_is_nobodys_is_answered_like_a_wrong_password(desk: Desk) -> None:
    desk.person("li")
    names = ("li", "nobody", "hall", "kiosk-1", "administrator")
    answers = [desk.sign_in(name, "wrong password here") for name in names]
    assert len({(each.status_code, each.content) for each in answers}) == 1
    assert len({frozenset(each.headers) for each in answers}) == 1


def test_a_guesser_waits_whatever_letter_case_address_header_or_browser_is_claimed(
    desk: Desk,
) -> None:
    desk.person("li")
    for name in ("li", "LI", "Li", "lI", "ｌｉ"):
        assert desk.sign_in(name, "wrong password here").status_code == WRONG
    ways: list[dict[str, Any]] = [
        {},
        {"headers": {"X-Forwarded-For": "203.0.113.9"}},
        {"headers": {"X-Real-IP": "203.0.113.9", "Forwarded": "for=203.0.113.9"}},
        {"headers": {"haoping-hop": "trace 203.0.113.9 1700000000 seal"}},
        {"body": {"browser": "claimed"}},
    ]
    for way in ways:
        answer = desk.sign_in("lI", OWN, **way)
        assert answer.status_code == WAITS
        assert 0 < int(answer.headers["Retry-After"]) <= ACCOUNT.first.total_seconds()
    assert desk.change("LI", OWN, "vier wände aus glas").status_code == WAITS
    desk.forgive(name_counted("li"))
    assert desk.sign_in("li", OWN).status_code == IN


def test_tries_at_the_same_moment_do_not_pass_together(desk: Desk) -> None:
    desk.person("li")
    pool = eventlet.GreenPool()
    tries = [pool.spawn(desk.sign_in, "li", f"wrong password {n}") for n in range(30)]
    codes = [each.wait().status_code for each in tries]
    assert codes.count(WRONG) <= ACCOUNT.free
    assert desk.sign_in("li", OWN).status_code == WAITS


def test_whoever_tries_one_password_on_many_names_waits_too(desk: Desk) -> None:
    codes = [
        desk.sign_in(f"name-{n}", "one password for all").status_code
        for n in range(ADDRESS.free + 2)
    ]
    assert codes == [WRONG] * ADDRESS.free + [WAITS] * 2
    desk.forgive("address:127.0.0.1")


def test_a_stranger_cannot_lock_the_owner_out_of_a_browser_they_signed_in_from(
    desk: Desk,
) -> None:
    desk.person("li")
    browser = desk.sign_in("li", OWN).json()["browser"]
    for _ in range(ACCOUNT.free + 1):
        desk.sign_in("li", "wrong password here")
    assert desk.sign_in("li", OWN).status_code == WAITS
    own = desk.sign_in("li", OWN, body={"browser": browser})
    assert own.status_code == IN
    again = desk.sign_in("li", OWN, body={"browser": browser})
    assert again.status_code == WAITS
    assert desk.sign_in("li", OWN, body={"browser": own.json()["browser"]}).status_code == IN
    assert desk.sign_in("wu", OWN, body={"browser": own.json()["browser"]}).status_code == WRONG


def test_an_administrator_sees_the_wait_and_ends_it(desk: Desk) -> None:
    desk.person("li")
    for _ in range(ACCOUNT.free):
        desk.sign_in("li", "wrong password here")
    assert desk.ask("GET", "/v1/accounts/li").json()["waits_until"] is not None
    assert desk.ask("POST", "/v1/accounts/li:unlock").json()["waits_until"] is None
    assert desk.sign_in("li", OWN).status_code == IN


def test_a_locked_account_is_closed_to_everybody_and_its_sessions_end_at_once(desk: Desk) -> None:
    session = desk.person("li")
    assert desk.ask("POST", "/v1/accounts/li:lock").json()["locked_by"] == "administrator"
    assert not desk.opens(session)
    assert desk.sign_in("li", OWN).status_code == LOCKED
    assert desk.sign_in("li", "wrong password here").status_code == WRONG
    desk.ask("POST", "/v1/accounts/li:unlock")
    assert desk.sign_in("li", OWN).status_code == IN


def test_a_session_ends_at_sign_out_and_at_a_change_of_password_and_at_a_new_one_time_password(
    desk: Desk,
) -> None:
    first = desk.person("li")
    second = desk.sign_in("li", OWN).json()["token"]
    assert desk.ask("DELETE", "/v1/sign-ins/current", first).json() == {"ended": True}
    assert (desk.opens(first), desk.opens(second)) == (False, True)
    assert desk.change("li", OWN, "vier wände aus glas").is_success
    assert not desk.opens(second)
    third = desk.sign_in("li", "vier wände aus glas").json()["token"]
    desk.given("li")
    assert not desk.opens(third)
    assert desk.ask("DELETE", "/v1/sign-ins/current", "root").json() == {"ended": False}


def test_whoever_leaves_the_registry_and_comes_back_begins_with_nothing(desk: Desk) -> None:
    session = desk.person("an")
    registry = desk.ask("GET", "/v1/registry").json()
    without = [each for each in registry["principals"] if each["id"] != "an"]
    version = desk.ask("PUT", "/v1/registry", json=registry | {"principals": without}).json()
    eventually(lambda: not desk.opens(session))
    assert desk.sign_in("an", OWN).status_code == WRONG
    desk.ask("PUT", "/v1/registry", json=registry | version)
    assert desk.sign_in("an", OWN).status_code == WRONG
    assert not desk.opens(session)


def test_a_token_opens_no_more_than_it_was_issued_for_and_no_more_than_its_principal_may(
    desk: Desk,
) -> None:
    wanted = {"principal": "li", "name": "报表", "roles": ["dispatcher"], "days": 30}
    issued = desk.ask("POST", "/v1/tokens", json=wanted).json()
    assert desk.ask("GET", "/v1/registry", issued["token"]).is_success
    narrow = desk.ask("POST", "/v1/tokens", json=wanted | {"roles": ["officer"]}).json()
    assert desk.ask("GET", "/v1/registry", narrow["token"]).status_code == 403
    more = desk.ask("POST", "/v1/tokens", json=wanted | {"roles": ["administrator"]})
    assert more.json()["errors"][0]["pointer"] == "/roles"
    wrongs: list[dict[str, Any]] = [{"roles": []}, {"days": 0}, {"days": 1000}]
    for wrong in [*wrongs, {"principal": {"$ne": None}}]:
        assert desk.ask("POST", "/v1/tokens", json=wanted | wrong).status_code == 422
    assert desk.ask("POST", "/v1/tokens", issued["token"], json=wanted).status_code == 403
    listed = desk.ask("GET", "/v1/tokens", params={"principal": "li"}).text
    assert issued["token"] not in listed
    assert token_hash(issued["token"]) not in listed


def test_rotation_leaves_the_former_token_until_it_ends_and_revocation_is_felt_at_once(
    desk: Desk,
) -> None:
    wanted = {"principal": "hall", "name": "大厅", "roles": ["system"], "days": 30}
    old, new = (desk.ask("POST", "/v1/tokens", json=wanted).json() for _ in range(2))
    assert desk.opens(old["token"])
    assert desk.opens(new["token"])
    assert desk.ask("DELETE", f"/v1/tokens/{old['id']}").json()["opens"] is False
    assert not desk.opens(old["token"])
    assert desk.opens(new["token"])
    past = {"$set": {"expires_at": datetime.now(UTC)}}
    desk.db["tokens"].update_one({"_id": token_hash(new["token"])}, past)
    assert not desk.opens(new["token"])
    assert desk.ask("DELETE", "/v1/tokens/0123456789abcdef").status_code == 404


@pytest.mark.parametrize("wrong", [{"$ne": None}, {"$gt": ""}, ["li"], None, 1])
def test_whatever_is_no_text_is_no_name_and_no_password(desk: Desk, wrong: Any) -> None:
    for body in ({"name": wrong, "password": OWN}, {"name": "li", "password": wrong}):
        assert desk.ask("POST", "/v1/sign-ins", "", json=body).status_code == 422
    assert desk.ask("DELETE", "/v1/sign-ins/current", str(wrong)).json() == {"ended": False}


def test_tokens_of_the_registry_go_on_as_before(desk: Desk) -> None:
    assert desk.opens("h")
    assert not desk.opens("haoping_t_guessed")
    assert Directory.model_validate(desk.ask("GET", "/v1/registry").json()).principal["hall"]
