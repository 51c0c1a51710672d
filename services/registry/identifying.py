"""Who tries to sign in, as far as the registry can tell, and what a try is counted on. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.contracts.directory import Directory, Principal
from services.contracts.origin import site
from services.contracts.tokens import OF_MACHINES
from services.registry.accounts import Account
from services.registry.lockout import ACCOUNT, ADDRESS, Pace
from services.registry.passwords import signing_name


@dataclass(frozen=True)
class Try:
    """Somebody tries to sign in: the name as it was typed, from where, and when.

    `browser` is the hash of what the browser brought by which it may be known.
    """

    name: str
    address: str
    browser: str | None
    now: datetime


def signs_in(person: Principal, now: datetime) -> bool:
    """People with a role do, while they count; machines have keys and tokens."""
    return person.active(now) and not person.roles <= OF_MACHINES


def person_called(directory: Directory, name: str) -> Principal | None:
    """Whose id it is, in whatever letter case; where only the case tells two apart, exactly it."""
    wanted = signing_name(name)
    found = [each for each in directory.principals if signing_name(each.id) == wanted]
    if len(found) == 1:
        return found[0]
    return next((each for each in found if each.id == name), None)


def vouched_for(directory: Directory, claims: Mapping[str, object], claim: str) -> Principal | None:
    """Whom an identity provider means: by the subject in the registry, or by a claim with the id.

    Who has a subject of their own is never found by the claim: others may be able to set it.
    """
    subject = claims.get("sub")
    by_subject = [each for each in directory.principals if each.oidc_subject == subject]
    if subject and len(by_subject) == 1:
        return by_subject[0]
    found = directory.principal.get(str(claims.get(claim))) if claim else None
    return found if found and found.oidc_subject is None else None


def counted_on(attempt: Try, account: Account) -> dict[str, Pace]:
    """The names on which a try counts; in a browser of the owner's none that a stranger can reach.

    The account is named as it was typed, so that a name which is nobody's waits like any other.
    """
    if account.knows(attempt.browser, attempt.now):
        return {f"browser:{account.person}:{attempt.browser}": ACCOUNT}
    return {name_counted(attempt.name): ACCOUNT, f"address:{site(attempt.address)}": ADDRESS}


def name_counted(name: str) -> str:
    """On what tries of an account count, however its name is written.

    Only a hash of it is kept: what somebody types there may be their password.
    """
    return f"account:{hashlib.sha256(signing_name(name).encode()).hexdigest()}"
