"""The first administrator of an installation, for whoever has its database at hand."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

from services.adapters.ledger import AuditChain, Record
from services.adapters.mongo import Db
from services.adapters.passwords import Hasher
from services.contracts.actor import Action, Actor, Role
from services.contracts.directory import Principal
from services.errors import Conflict
from services.registry.credentials import Accounts, end_all
from services.registry.forms import PasswordGiven
from services.registry.passwords import normalised, one_time_password
from services.registry.people import with_person
from services.registry.repository import Registries
from services.registry.tree import check

BY, PART = "console", "registry"
ROUTE = "haoping user add --administrator"


def first_administrator(db: Db, key: bytes, id: str, name: str, now: datetime) -> PasswordGiven:
    """Register an administrator and give them a password for one use; the audit has it.

    Whoever does this holds the database and the `key` of its ledger, and has no name in it yet.
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
    _tell(db, key, following.principal[id])
    password = one_time_password()
    hash = Hasher().hash(normalised(password))
    account = accounts.change(id, lambda kept: kept.given(hash, now))
    return PasswordGiven(person=id, password=password, expires_at=account.one_time_until or now)


def _tell(db: Db, key: bytes, administrator: Principal) -> None:
    """Begin the audit with who can give rights to all others."""
    record = Record(key, Action.CHANGE_REGISTRY, ROUTE, BY, actor=Actor(BY, frozenset()))
    record.about("principals", administrator.id)
    record.changed({}, {"name": administrator.name, "roles": sorted(administrator.roles)})
    AuditChain(db, key, PART).append(record.entries(HTTPStatus.OK, None))
