"""Signing in: what is right, what has to be done first, and the session that comes of it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from services.adapters.lasting import Lasting
from services.adapters.passwords import Hasher
from services.adapters.settings import token_hash
from services.adapters.signins import How, Outcome, SignInsTried, Tried
from services.contracts.directory import Directory, Principal
from services.contracts.tokens import SESSION, IssuedToken, new_token
from services.errors import Conflict, HaopingError, Invalid, NotAllowed, NotAuthenticated, TooMany
from services.registry.accounts import Account
from services.registry.credentials import Accounts, FailedTries, Tokens
from services.registry.forms import SignedIn
from services.registry.identifying import Try, person_called, signs_in, vouched_for
from services.registry.passwords import normalised, weaknesses
from services.registry.queueing import Turn

BROWSER_BYTES = 32
ENDED = "This one-time password was not used in time; ask an administrator for a new one"
LOCKED = "This account is locked; ask an administrator"
UNKNOWN = "The registry has nobody whom the identity provider calls so; ask an administrator"
SAME = "must be another one than before"


class WrongPassword(NotAuthenticated):
    """Nobody signs in with this name and password; look at both again."""


class ChangeFirst(Conflict):
    """This password opens nothing until it is changed to one that only you know."""


@dataclass(frozen=True)
class SigningIn:
    """The collaborators of one request; every try is told to `tried`."""

    directory: Directory
    accounts: Accounts
    failures: FailedTries
    tokens: Tokens
    hasher: Hasher
    tried: SignInsTried
    lasting: Lasting

    def by_password(self, attempt: Try, password: str) -> SignedIn:
        """A session for whoever knows the password.

        Raises WrongPassword, the same for a name that is nobody's; TooMany; NotAllowed for an
        account that is locked; ChangeFirst for a password that was for one use.
        """
        person, account = self._known(attempt, password, How.PASSWORD)
        if account.must_change(attempt.now, self.lasting.password):
            first = ChangeFirst(must_change=True)
            raise self._told(person.id, attempt, How.PASSWORD, Outcome.MUST_CHANGE, first)
        browser = secrets.token_urlsafe(BROWSER_BYTES)
        known = token_hash(browser)
        self.accounts.change(
            person.id, lambda kept: kept.seen_in(known, attempt.browser, attempt.now)
        )
        return self._opened(person, attempt, How.PASSWORD).model_copy(update={"browser": browser})

    def change(self, attempt: Try, old: str, new: str) -> None:
        """Another password, for whoever knows the one before; every session of theirs ends.

        Raises as `by_password` does, and Invalid with what is wrong with the new one.
        """
        person, account = self._known(attempt, old, How.CHANGE)
        wrong = [*weaknesses(new, person.id, person.name)]
        wrong += [SAME] if normalised(new) == normalised(old) else []
        if wrong:
            errors = [{"pointer": "/new", "detail": each} for each in wrong]
            weak = Invalid(errors=errors)
            raise self._told(person.id, attempt, How.CHANGE, Outcome.WEAK, weak)
        hash = self.hasher.hash(normalised(new))

        def chosen(kept: Account) -> Account:
            if kept.password != account.password or kept.locked:
                raise Conflict
            return kept.chosen(hash, attempt.now)

        self.accounts.change(person.id, chosen)
        self.tokens.end_sessions(person.id, person.id, attempt.now)
        self._learn(person.id, attempt, How.CHANGE, Outcome.IN)

    def by_provider(self, attempt: Try, claims: Mapping[str, object], claim: str) -> SignedIn:
        """A session for whom the identity provider vouches, if the registry has them.

        Raises NotAuthenticated for who is not in it, NotAllowed for an account that is locked.
        """
        person = vouched_for(self.directory, claims, claim)
        if person is None or not signs_in(person, attempt.now):
            unknown = NotAuthenticated(UNKNOWN)
            raise self._told("", attempt, How.OPENID, Outcome.UNKNOWN, unknown)
        self._demand_open(attempt, self.accounts.get(person.id), How.OPENID)
        return self._opened(person, attempt, How.OPENID)

    def _known(self, attempt: Try, password: str, how: How) -> tuple[Principal, Account]:
        person = person_called(self.directory, attempt.name)
        account = self.accounts.get(person.id) if person else Account(person="")
        who = account.person
        try:
            turn = Turn.taken(self.failures, attempt, account)
        except TooMany as error:
            raise self._told(who, attempt, how, Outcome.WAITS, error) from None
        usable = account.password if person and signs_in(person, attempt.now) else None
        right = self.hasher.fits(usable, normalised(password))
        if person is None or not right:
            raise self._told(who, attempt, how, Outcome.WRONG, WrongPassword())
        turn.give_back()
        self._demand_open(attempt, account, how)
        if account.ended(attempt.now):
            ended = NotAuthenticated(ENDED, ended=True)
            raise self._told(who, attempt, how, Outcome.ENDED, ended)
        return person, account

    def _demand_open(self, attempt: Try, account: Account, how: How) -> None:
        if account.locked:
            raise self._told(account.person, attempt, how, Outcome.LOCKED, NotAllowed(LOCKED))

    def _opened(self, person: Principal, attempt: Try, how: How) -> SignedIn:
        token = new_token(SESSION)
        issued = IssuedToken(
            hash=token_hash(token),
            principal=person.id,
            kind="session",
            name=how.value,
            issued_by=person.id,
            issued_at=attempt.now,
            expires_at=attempt.now + self.lasting.session,
        )
        self.tokens.issue(issued)
        self._learn(person.id, attempt, how, Outcome.IN)
        return SignedIn(person=person.id, token=token, expires_at=issued.expires_at)

    def _told(
        self, who: str, attempt: Try, how: How, outcome: Outcome, error: HaopingError
    ) -> HaopingError:
        self._learn(who, attempt, how, outcome)
        return error

    def _learn(self, who: str, attempt: Try, how: How, outcome: Outcome) -> None:
        self.tried.learn(Tried(who, attempt.address, how, outcome))
