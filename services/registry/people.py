"""The thinking about people and systems: their tokens outlive every other change. Pure.

The registry is shown without token hashes, so what comes back without one says nothing about it.
"""

from __future__ import annotations

from services.contracts.directory import Directory, Principal
from services.errors import NotFound


def keeping_tokens(wanted: Directory, current: Directory) -> Directory:
    """`wanted` with the hash that each person has now, unless it brings another."""
    hashes = {each.id: each.token_hash for each in current.principals}
    people = tuple(
        each if each.token_hash else _with_hash(each, hashes.get(each.id))
        for each in wanted.principals
    )
    return wanted.model_copy(update={"principals": people})


def with_person(directory: Directory, person: Principal) -> Directory:
    """The next version, in which the person stands as given and keeps the token."""
    wanted = _following(directory, person)
    return keeping_tokens(wanted, directory)


def with_token(directory: Directory, id: str, hash: str | None) -> Directory:
    """The next version, in which the person has this token and no other; None ends the last.

    Raises NotFound for somebody who is not in the registry.
    """
    found = next((each for each in directory.principals if each.id == id), None)
    if found is None:
        raise NotFound(f"There is nobody called {id} in the registry; register them first")
    return _following(directory, _with_hash(found, hash))


def _following(directory: Directory, person: Principal) -> Directory:
    """In the place where the person stood, or at the end."""
    known = {each.id: each for each in directory.principals} | {person.id: person}
    changed = {"principals": tuple(known.values()), "version": directory.version + 1}
    return directory.model_copy(update=changed)


def _with_hash(person: Principal, hash: str | None) -> Principal:
    return person.model_copy(update={"token_hash": hash})
