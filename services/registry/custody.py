"""What administrators do with accounts: give a password for one use, lock, unlock, look."""

from collections.abc import Mapping
from datetime import datetime

from werkzeug.wrappers import Request

from services.adapters.clock import SystemClock
from services.adapters.http import api
from services.contracts.actor import Action, Actor
from services.contracts.directory import Principal
from services.errors import Conflict, NotFound
from services.registry.accounts import Account
from services.registry.credentials import Accounts, FailedTries, Tokens
from services.registry.entrance import Entrance
from services.registry.forms import AccountShown, PasswordGiven
from services.registry.identifying import name_counted, signs_in
from services.registry.lockout import Failures
from services.registry.passwords import normalised, one_time_password

CHANGE = Action.CHANGE_REGISTRY


class Custody(Entrance):
    """Accounts of people in the registry."""

    @api("GET", "/v1/accounts", CHANGE, answers=list[AccountShown])
    def get_accounts(self, request: Request, actor: Actor) -> list[AccountShown]:
        """The account of everybody who can sign in, whether it has a password or not."""
        kept, now = Accounts(self.db).all(), SystemClock().now()
        waiting = FailedTries(self.db).waiting(now)
        people = [each.id for each in self._current().principals if signs_in(each, now)]
        return [shown(kept.get(id, Account(person=id)), waiting) for id in people]

    @api("GET", "/v1/accounts/<person>", CHANGE, answers=AccountShown)
    def get_account(self, request: Request, actor: Actor, person: str) -> AccountShown:
        """One account, and until when a stranger who tries it has to wait."""
        self._registered(person)
        return self._shown(Accounts(self.db).get(person))

    @api("POST", "/v1/accounts/<person>:password", CHANGE, answers=PasswordGiven)
    def give_password(self, request: Request, actor: Actor, person: str) -> PasswordGiven:
        """A password for one use, shown once; it ends what there was, and every session."""
        found, now = self._registered(person), SystemClock().now()
        if not signs_in(found, now):
            raise Conflict(f"{person} is no person who is active with a role; nobody signs in so")
        password = one_time_password()
        hash = self.hasher.hash(normalised(password))
        account = Accounts(self.db).change(person, lambda kept: kept.given(hash, now))
        self._end_sessions(person, actor)
        self.audit.about("account", person, found.unit).changed({}, {"password": "for one use"})
        until = account.one_time_until or now
        return PasswordGiven(person=person, password=password, expires_at=until)

    @api("POST", "/v1/accounts/<person>:lock", CHANGE, answers=AccountShown)
    def lock(self, request: Request, actor: Actor, person: str) -> AccountShown:
        """Close an account and end its sessions; no sign-in opens it until it is unlocked."""
        found, now = self._registered(person), SystemClock().now()
        account = Accounts(self.db).change(person, lambda kept: kept.lock(actor.id, now))
        self._end_sessions(person, actor)
        self.audit.about("account", person, found.unit).changed({}, {"locked": True})
        return self._shown(account)

    @api("POST", "/v1/accounts/<person>:unlock", CHANGE, answers=AccountShown)
    def unlock(self, request: Request, actor: Actor, person: str) -> AccountShown:
        """Open an account again, and let whoever mistyped the password try at once."""
        found = self._registered(person)
        account = Accounts(self.db).change(person, Account.unlock)
        FailedTries(self.db).change(name_counted(person), Failures.cleared)
        self.audit.about("account", person, found.unit).changed({"locked": True}, {"locked": False})
        return self._shown(account)

    def _registered(self, person: str) -> Principal:
        found = self._current().principal.get(person)
        if found is None:
            raise NotFound(f"There is nobody called {person} in the registry; register them first")
        return found

    def _end_sessions(self, person: str, actor: Actor) -> None:
        Tokens(self.db).end_sessions(person, actor.id, SystemClock().now())

    def _shown(self, account: Account) -> AccountShown:
        return shown(account, FailedTries(self.db).waiting(SystemClock().now()))


def shown(account: Account, waiting: Mapping[str, datetime]) -> AccountShown:
    """An account as administrators see it, and until when strangers who try it have to wait."""
    return AccountShown(
        person=account.person,
        password=account.password is not None,
        one_time_until=account.one_time_until,
        changed_at=account.changed_at,
        locked_by=account.locked_by,
        locked_at=account.locked_at,
        waits_until=waiting.get(name_counted(account.person)),
    )
