"""The first administrator of an installation, for whoever has its database at hand."""

from __future__ import annotations

from datetime import datetime

from services.adapters.mongo import Db
from services.adapters.passwords import Hasher
from services.contracts.actor import Role
from services.contracts.directory import Principal
from services.errors import Conflict
from services.registry.credentials import Accounts, end_all
from services.registry.forms import PasswordGiven
from services.registry.passwords import normalised, one_time_password
from services.registry.people import with_person
from services.registry.repository import Registries
from services.registry.tree import check

BY = "console"


def first_administrator(db: Db, id: str, name: str, now: datetime) -> PasswordGiven:
    """Register an administrator and give them a password for one use.

    Raises Conflict when there is one already, who is the one to ask, or when the id is taken.
    """
    registries, accounts = Registries(db), Accounts(db)
    directory = registries.current()
    administrators = [p.id for p in directory.principals if Role.ADMINISTRATOR in p.roles]
    if administrators:
        raise Conflict(
            f"There is an administrator already ({', '.join(administrators)}): with their token, "
            "`haoping user add` registers others and `haoping user password` gives a new password"
        )
    if id in directory.principal:
        raise Conflict(f"{id} is in the registry already as somebody else; take another id")
    roles = frozenset({Role.ADMINISTRATOR})
    following = with_person(directory, Principal(id=id, name=name, roles=roles))
    check(following)
    end_all(db, [id], BY, now)
    if not registries.replace(following, BY):
        raise Conflict
    password = one_time_password()
    hash = Hasher().hash(normalised(password))
    account = accounts.change(id, lambda kept: kept.given(hash, now))
    return PasswordGiven(person=id, password=password, expires_at=account.one_time_until or now)
