"""Versions of the registry, on the fake and on the real database."""

from __future__ import annotations

from services.adapters.devices import HEARTBEATS
from services.adapters.mongo import Db
from services.adapters.settings import token_hash
from services.contracts.directory import Directory, Unit
from services.contracts.keyring import Key
from services.registry.enrolment import enrolled, with_code
from services.registry.forms import public
from services.registry.people import keeping_tokens, with_token
from services.registry.repository import Keyrings, Registries
from tests.county import DIRECTORY, NOON


def version(number: int, *names: str) -> Directory:
    """A registry of units."""
    return Directory(version=number, units=tuple(Unit(id=name, name=name) for name in names))


def test_before_the_first_version_the_registry_is_empty(db: Db) -> None:
    assert Registries(db).current() == Directory()


def test_the_next_version_comes_into_force_and_the_last_is_kept(db: Db) -> None:
    registries = Registries(db)
    assert registries.replace(version(1, "tax"), "admin")
    assert registries.replace(version(2, "tax", "land"), "admin")
    assert registries.current() == version(2, "tax", "land")
    kept = db["registry"].find_one({"_id": "version-1"})
    assert kept is not None
    assert Directory.model_validate(kept["directory"]) == version(1, "tax")


def test_of_two_who_change_the_same_version_the_second_is_told(db: Db) -> None:
    registries = Registries(db)
    registries.replace(version(1), "admin")
    assert registries.replace(version(2, "tax"), "first")
    assert not registries.replace(version(2, "land"), "second")
    assert registries.current() == version(2, "tax")


def test_a_first_version_never_overwrites_another(db: Db) -> None:
    registries = Registries(db)
    registries.replace(version(1, "tax"), "first")
    assert not registries.replace(version(1, "land"), "second")
    assert registries.current() == version(1, "tax")


def test_what_was_read_can_be_put_back_and_every_token_still_opens(db: Db) -> None:
    registries = Registries(db)
    registries.replace(DIRECTORY, "admin")
    read = public(registries.current())
    assert [each.token_hash for each in read.principals] == [None, None]
    back = keeping_tokens(read, registries.current()).model_copy(update={"version": 2})
    assert registries.replace(back, "admin")
    assert registries.current().actor_with(token_hash("k"), NOON) is not None


def test_a_revoked_token_opens_nothing_and_the_others_still_do(db: Db) -> None:
    registries = Registries(db)
    registries.replace(DIRECTORY, "admin")
    assert registries.replace(with_token(registries.current(), "hall", None), "admin")
    in_force = registries.current()
    assert in_force.actor_with(token_hash("h"), NOON) is None
    assert in_force.actor_with(token_hash("k"), NOON) is not None


def test_of_two_who_change_people_at_once_the_second_is_told(db: Db) -> None:
    registries = Registries(db)
    registries.replace(DIRECTORY, "admin")
    read = registries.current()
    assert registries.replace(with_token(read, "hall", "first"), "one")
    assert not registries.replace(with_token(read, "kiosk-1", "second"), "other")


def test_devices_are_listed_with_their_keys_and_last_words(db: Db) -> None:
    keyrings = Keyrings(db)
    assert (keyrings.all(), keyrings.said()) == ({}, {})
    ring = with_code(keyrings.get("kiosk-1"), "hash", "admin", NOON)
    assert keyrings.keep(ring)
    assert keyrings.keep(enrolled(ring, b"sealed", NOON))
    for epoch in (2, 1):
        said = {"device": "kiosk-1", "epoch": epoch, "outbox_depth": 10 * epoch, "seen_at": NOON}
        db[HEARTBEATS].insert_one({"_id": f"kiosk-1:{epoch}", **said})
    assert keyrings.all()["kiosk-1"].keys == (Key(sealed=b"sealed", issued_at=NOON),)
    assert keyrings.said()["kiosk-1"]["outbox_depth"] == 20
