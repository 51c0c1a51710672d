"""Signing in, on the fake and on the real database: what is asked, what is told, and to whom."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.adapters.lasting import Lasting
from services.adapters.mongo import Db
from services.adapters.passwords import Hasher
from services.adapters.signins import How, Outcome, SignInsTried, Tried
from services.contracts.actor import Role
from services.contracts.directory import Principal
from services.errors import Conflict, Invalid, NotAllowed, NotAuthenticated, TooMany
from services.registry.accounts import ONE_TIME_LASTS
from services.registry.credentials import Accounts, FailedTries, Tokens
from services.registry.identifying import Try
from services.registry.lockout import ACCOUNT
from services.registry.signing import SigningIn, WrongPassword
from tests.county import DIRECTORY, NOON

OWN, OTHER = "korrekt pferd batterie", "vier wände aus glas"
WRONG = "not it, not at all"
OFFICER = frozenset({Role.OFFICER})
LI = Principal(id="li", name="李娜", roles=OFFICER, oidc_subject="sub-of-li")
WU = Principal(id="wu", name="吴", roles=OFFICER)
GONE = Principal(id="gone", name="走", roles=OFFICER, active_to=NOON)
COUNTY = DIRECTORY.model_copy(update={"principals": (*DIRECTORY.principals, LI, WU, GONE)})
LASTING = Lasting(timedelta(hours=12), timedelta(minutes=30), timedelta(days=90))


class CountingHasher(Hasher):
    """Hashes, and counts how often a password was compared."""

    def __init__(self) -> None:
        super().__init__()
        self.compared = 0

    def fits(self, kept: str | None, password: str) -> bool:
        """Compare, and count it."""
        self.compared += 1
        return super().fits(kept, password)


class Listening(SignInsTried):
    """Keeps what it learns."""

    def __init__(self) -> None:
        self.told: list[Tried] = []

    def learn(self, tried: Tried) -> None:
        """Keep it."""
        self.told.append(tried)


HASHER = CountingHasher()
OWN_HASH = HASHER.hash(OWN)


@pytest.fixture
def told() -> Listening:
    """Whoever learns of sign-ins."""
    return Listening()


@pytest.fixture
def signing(db: Db, told: Listening) -> SigningIn:
    """Signing in, with an own password of li and one of somebody who is gone."""
    accounts = Accounts(db)
    for person in ("li", "gone"):
        accounts.change(person, lambda kept: kept.chosen(OWN_HASH, NOON))
    HASHER.compared = 0
    return SigningIn(COUNTY, accounts, FailedTries(db), Tokens(db), HASHER, told, LASTING)


def by(name: str, later: timedelta = timedelta()) -> Try:
    """A try from one address."""
    return Try(name, "203.0.113.7", None, NOON + later)


@pytest.mark.parametrize("name", ["li", "wu", "gone", "hall", "nobody", "kiosk-1"])
def test_whoever_is_named_one_password_is_compared_and_the_answer_is_the_same(
    signing: SigningIn, name: str
) -> None:
    with pytest.raises(WrongPassword) as refused:
        signing.by_password(by(name), OWN if name == "gone" else WRONG)
    assert refused.value.message == WrongPassword().message
    assert HASHER.compared == 1


def test_nobodys_password_is_hashed_with_the_same_effort_and_fits_nothing() -> None:
    nobodys = HASHER._nobodys
    assert nobodys.rsplit("$", 2)[0] == OWN_HASH.rsplit("$", 2)[0]
    assert not HASHER.fits(None, WRONG)
    assert HASHER.fits(OWN_HASH, OWN)
    assert not HASHER.fits("no hash at all", OWN)


def test_every_try_is_told_with_what_came_of_it_and_nobodys_name_is_not_kept(
    signing: SigningIn, told: Listening
) -> None:
    signing.by_password(by("LI"), OWN)
    for name in ("li", "a password typed into the wrong field"):
        with pytest.raises(WrongPassword):
            signing.by_password(by(name), WRONG)
    signing.change(by("li"), OWN, OTHER)
    signing.accounts.change("li", lambda kept: kept.lock("admin", NOON))
    with pytest.raises(NotAllowed):
        signing.by_password(by("li"), OTHER)
    with pytest.raises(NotAllowed):
        signing.by_provider(by(""), {"sub": "sub-of-li"}, "")
    with pytest.raises(NotAuthenticated):
        signing.by_provider(by(""), {"sub": "stranger", "account": "wu"}, "")
    signing.by_provider(by(""), {"sub": "x", "account": "wu"}, "account")
    assert [(each.who, each.how, each.outcome) for each in told.told] == [
        ("li", How.PASSWORD, Outcome.IN),
        ("li", How.PASSWORD, Outcome.WRONG),
        ("", How.PASSWORD, Outcome.WRONG),
        ("li", How.CHANGE, Outcome.IN),
        ("li", How.PASSWORD, Outcome.LOCKED),
        ("li", How.OPENID, Outcome.LOCKED),
        ("", How.OPENID, Outcome.UNKNOWN),
        ("wu", How.OPENID, Outcome.IN),
    ]
    assert {each.address for each in told.told} == {"203.0.113.7"}


def test_while_one_waits_no_password_is_compared_and_after_the_wait_the_right_one_opens(
    signing: SigningIn, told: Listening
) -> None:
    for _ in range(ACCOUNT.free):
        with pytest.raises(WrongPassword):
            signing.by_password(by("li"), WRONG)
    HASHER.compared = 0
    with pytest.raises(TooMany):
        signing.by_password(by("li"), OWN)
    assert (HASHER.compared, told.told[-1].outcome) == (0, Outcome.WAITS)
    assert signing.by_password(by("li", ACCOUNT.first), OWN).person == "li"
    assert signing.by_password(by("li", ACCOUNT.first), OWN).person == "li"


def test_a_password_that_got_old_has_to_be_changed_where_the_installation_says_so(
    signing: SigningIn,
) -> None:
    old = by("li", timedelta(days=90))
    with pytest.raises(Conflict) as refused:
        signing.by_password(old, OWN)
    assert refused.value.extra == {"must_change": True}
    signing.change(old, OWN, OTHER)
    assert signing.by_password(old, OTHER).person == "li"


def test_a_one_time_password_that_nobody_used_in_time_opens_nothing_and_changes_nothing(
    signing: SigningIn,
) -> None:
    signing.accounts.change("li", lambda kept: kept.given(OWN_HASH, NOON))
    late = by("li", ONE_TIME_LASTS)
    for attempt in (
        lambda: signing.by_password(late, OWN),
        lambda: signing.change(late, OWN, OTHER),
    ):
        with pytest.raises(NotAuthenticated) as refused:
            attempt()
        assert refused.value.extra == {"ended": True}
    signing.change(by("li"), OWN, OTHER)


def test_a_new_password_is_the_persons_own_and_another_than_before(signing: SigningIn) -> None:
    for wrong in (OWN, "李娜 und ihr Fahrrad", "kurz"):
        with pytest.raises(Invalid):
            signing.change(by("li"), OWN, wrong)
    assert signing.by_password(by("li"), OWN).person == "li"


def test_a_session_lasts_as_long_as_the_settings_say_and_no_request_changes_that(
    signing: SigningIn,
) -> None:
    opened = signing.by_password(by("li"), OWN)
    assert opened.expires_at == NOON + LASTING.session
    [kept] = signing.tokens.listed("li", "session")
    assert kept.opens(opened.expires_at - timedelta(milliseconds=1))
    assert not kept.opens(opened.expires_at)
    assert opened.token not in repr(kept)
    assert opened.token not in repr(opened)
