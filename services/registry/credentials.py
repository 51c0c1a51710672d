"""Every query about what opens the registry to people: accounts, failed tries, issued tokens."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from services.adapters.mongo import AT_ONCE, Db, Document, Index, by_ids, put_version
from services.adapters.tokens import COLLECTION as TOKENS
from services.adapters.tokens import token_of
from services.contracts.tokens import SHORT, IssuedToken
from services.errors import Conflict
from services.registry.accounts import Account
from services.registry.lockout import Failures

ACCOUNTS, FAILURES = "accounts", "signin_failures"
CREDENTIAL_INDEXES = {
    TOKENS: (Index(("principal",)), Index(("kind", "issued_at")), Index(("expires_at",))),
    FAILURES: (Index(("at",)),),
}
TRIES = 8
KEPT_FOR = timedelta(days=7)
LISTED_FOR = {"api": timedelta(days=180), "session": timedelta(days=7)}
"""How long a token is listed after its end; that there was a session is told by the audit."""
TIDIED_ONCE_IN = 50
MOST_LISTED = 500


class Accounts:
    """The accounts of people, each replaced as a whole and only from the version before it."""

    def __init__(self, db: Db) -> None:
        self._accounts = db[ACCOUNTS]

    def get(self, person: str) -> Account:
        """The account of a person; one without a password before the first."""
        return _account(self._accounts.find_one({"_id": person}) or {"_id": person})

    def all(self) -> dict[str, Account]:
        """Every account that there ever was, by person."""
        return {each["_id"]: _account(each) for each in self._accounts.find()}

    def of(self, people: Iterable[str]) -> list[Account]:
        """The accounts of some people, without those who have none."""
        return [_account(each) for each in by_ids(self._accounts, people, {})]

    def change(self, person: str, change: Callable[[Account], Account]) -> Account:
        """Put what `change` makes of the account in its place, again if somebody was faster.

        Raises Conflict after many times.
        """
        for _ in range(TRIES):
            account = change(self.get(person))
            if self._keep(account):
                return account
        raise Conflict

    def _keep(self, account: Account) -> bool:
        document = {"_id": account.person, **account.model_dump(exclude={"person"})}
        return put_version(self._accounts, document)


class FailedTries:
    """Counts by name; of two who count at the same moment the second counts after the first."""

    def __init__(self, db: Db) -> None:
        self._failures = db[FAILURES]

    def get(self, name: str) -> Failures:
        """What was counted on a name; nothing before the first."""
        found = self._failures.find_one({"_id": name}) or {}
        return Failures.model_validate({**found, "name": name})

    def waiting(self, now: datetime) -> dict[str, datetime]:
        """The names on which one has to wait now, and until when."""
        found = self._failures.find({"until": {"$gt": now}}, {"until": 1})
        return {each["_id"]: each["until"] for each in found}

    def change(self, name: str, change: Callable[[Failures], Failures]) -> None:
        """Put what `change` makes of the count in its place, again if somebody was faster.

        `change` may raise, and is asked anew each time. Raises Conflict after many times.
        """
        for _ in range(TRIES):
            if self._keep(change(self.get(name))):
                return
        raise Conflict

    def _keep(self, failures: Failures) -> bool:
        document = {"_id": failures.name, **failures.model_dump(exclude={"name"})}
        kept = put_version(self._failures, document)
        if kept and failures.version == 1:
            self._tidy(failures.at)
        return kept

    def _tidy(self, now: datetime) -> None:
        """Now and then, what faded long ago is forgotten."""
        if random.randrange(TIDIED_ONCE_IN) == 0:
            self._failures.delete_many({"at": {"$lt": now - KEPT_FOR}})


class Tokens:
    """Issued tokens: kept by their hash, ended but never changed otherwise."""

    def __init__(self, db: Db) -> None:
        self._tokens = db[TOKENS]

    def issue(self, token: IssuedToken) -> None:
        """Keep a new token; now and then, what ended long ago is let go."""
        document = token.model_dump(mode="python", exclude={"hash", "roles"})
        roles = None if token.roles is None else sorted(token.roles)
        self._tokens.insert_one({"_id": token.hash, **document, "roles": roles})
        if random.randrange(TIDIED_ONCE_IN) == 0:
            before = token.issued_at - LISTED_FOR[token.kind]
            self._tokens.delete_many({"kind": token.kind, "expires_at": {"$lt": before}})

    def listed(self, principal: str | None, kind: str | None) -> list[IssuedToken]:
        """The newest tokens, of one principal or of all, of one kind or both."""
        wanted = {"principal": principal, "kind": kind}
        query: Document = {name: value for name, value in wanted.items() if value is not None}
        found = self._tokens.find(query).sort("issued_at", -1).limit(MOST_LISTED)
        return [token_of(each) for each in found]

    def find(self, id: str) -> IssuedToken | None:
        """The token whose hash begins with `id`, which is at least `SHORT` digits long."""
        if len(id) < SHORT:
            return None
        found = self._tokens.find_one({"_id": {"$gte": id, "$lt": f"{id}g"}})
        return token_of(found) if found else None

    def revoke(self, hash: str, by: str, at: datetime) -> bool:
        """End a token now; False when it had ended before or never was."""
        query: Document = {"_id": hash, "revoked_at": None}
        ended = {"revoked_at": at, "revoked_by": by}
        return self._tokens.update_one(query, {"$set": ended}).modified_count == 1

    def end_sessions(self, principal: str, by: str, at: datetime) -> None:
        """End every session of a principal."""
        self._end({"principal": principal, "kind": "session"}, by, at)

    def end_all(self, principals: Iterable[str], by: str, at: datetime) -> None:
        """End everything that was issued to these principals."""
        wanted = list(principals)
        for start in range(0, len(wanted), AT_ONCE):
            self._end({"principal": {"$in": wanted[start : start + AT_ONCE]}}, by, at)

    def _end(self, query: Document, by: str, at: datetime) -> None:
        ended = {"revoked_at": at, "revoked_by": by}
        self._tokens.update_many({**query, "revoked_at": None}, {"$set": ended})


def end_all(db: Db, people: Iterable[str], by: str, at: datetime) -> None:
    """Leave nothing that opens anything to people who came or went.

    Somebody new under the id of somebody who left begins with nothing of theirs.
    """
    accounts, named = Accounts(db), list(people)
    for account in accounts.of(named):
        accounts.change(account.person, Account.forgotten)
    Tokens(db).end_all(named, by, at)


def _account(document: Document) -> Account:
    return Account.model_validate({**document, "person": document["_id"]})
