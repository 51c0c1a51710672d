"""What a request comes to in the audit."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from services.adapters.ledger.record import CHANGES_IN_ONE, Record
from services.contracts.actor import Action, Actor, Role
from services.contracts.audit import Entry

KEY = b"k" * 32
AN = Actor("an", frozenset({Role.ADMINISTRATOR, Role.OFFICER}), "county")


def record(**said: Any) -> Record:
    """The record of a change of the registry by an."""
    route = "PUT /v1/registry"
    return Record(KEY, Action.CHANGE_REGISTRY, route, "192.0.2.7", actor=AN, **said)


def told(record: Record, status: int = 200, error: str | None = None) -> list[Entry]:
    """The entries as they are read."""
    return [
        Entry.model_validate({**each, "service": "registry", "number": 1})
        for each in record.entries(status, error)
    ]


def test_it_says_who_did_what_in_which_role_from_where() -> None:
    (entry,) = told(record().about("registry", "2"))
    assert (entry.actor, entry.roles, entry.outcome) == ("an", ("administrator",), "done")
    assert (entry.action, entry.address, entry.object) == ("change_registry", "192.0.2.7", "2")


def test_it_says_what_was_not_done_and_why() -> None:
    outcomes = {status: told(record(), status, "Error")[0].outcome for status in (403, 409, 503)}
    assert outcomes == {403: "denied", 409: "refused", 503: "failed"}


def test_it_has_the_old_and_the_new_value_of_every_field_and_of_names_only_hashes() -> None:
    one = record()
    before = {"units": {"tax": {"name": "税务局"}}, "people": {"li": {"name": "李娜"}}}
    after = {"units": {"tax": {"name": "国税局"}}, "people": {"li": {"name": "李安"}}, "now": NOON}
    one.changed(before, after, personal=("people/*/name",))
    (entry,) = told(one)
    units = next(each for each in entry.changes if each.field == "units/tax/name")
    assert (units.old, units.new) == ("税务局", "国税局")
    name = next(each for each in entry.changes if each.field == "people/li/name")
    assert name.old != name.new
    assert name.old.startswith("hmac-sha256:")
    assert "李" not in entry.model_dump_json()


def test_a_whole_person_that_is_added_has_no_name_either() -> None:
    one = record()
    one.changed(
        {"people": {}}, {"people": {"li": {"name": "李娜", "unit": "tax"}}}, ("people/*/name",)
    )
    assert told(one)[0].changes[0].new["unit"] == "tax"
    assert "李娜" not in told(one)[0].model_dump_json()


def test_a_citizens_code_and_address_are_hashed() -> None:
    one = record()
    one.about_parts({"code": "R-secret"})
    (entry,) = told(one)
    assert "R-secret" not in entry.model_dump_json()
    assert "192.0.2.7" not in entry.model_dump_json()


def test_very_much_at_once_becomes_several_entries_with_one_trace() -> None:
    one = record()
    one.changed({}, {f"w{n}": n for n in range(2 * CHANGES_IN_ONE + 1)})
    entries = told(one)
    assert [len(each.changes) for each in entries] == [CHANGES_IN_ONE, CHANGES_IN_ONE, 1]
    assert len({each.trace for each in entries}) == 1


NOON = datetime(2020, 3, 5, 4, 0, tzinfo=UTC)


def test_a_sign_in_is_told_with_its_person_and_what_nobody_is_called_only_as_a_hash() -> None:
    right, guessed, wrong = (Record(KEY, None, "POST /signin", "192.0.2.7") for _ in range(3))
    right.sign_in("an", AN, "password", "in", proven=True)
    guessed.sign_in("an", AN, "password", "wrong", proven=False)
    wrong.sign_in("hunter2", None, "password", "wrong", proven=False)
    assert right.wanted
    assert guessed.wanted
    assert wrong.wanted
    (entry,), (denied,) = told(right), told(wrong, 401)
    assert (told(guessed, 401)[0].actor, told(guessed, 401)[0].object) == ("anonymous", "an")
    assert (entry.actor, entry.kind, entry.object) == ("an", "sign-in", "an")
    assert {each.field: each.new for each in denied.changes} == {
        "how": "password",
        "outcome": "wrong",
    }
    assert "hunter2" not in denied.model_dump_json()
    assert right.subject != wrong.subject
