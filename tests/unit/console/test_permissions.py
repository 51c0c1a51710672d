"""Whatever can be asked has a rule: a new address, page, procedure or command without one fails."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import getmembers, isfunction
from typing import Any, get_args

import pytest
import typer
from nameko.timer import Timer

from services.adapters.bus.consumer import LetterConsumer
from services.adapters.http.entrypoint import ApiEntrypoint
from services.adapters.openapi import Operation
from services.adapters.settings import ROOT
from services.console.app import COMMANDS as MODULES
from services.console.app import program
from services.console.permissions import (
    COMMANDS,
    PUBLIC,
    UNAUDITED,
    addresses,
    document,
    route,
    services,
)
from services.contracts.actor import MAY, Action
from services.contracts.audit import PARTS
from services.contracts.permissions import MEANING, SCOPE, Scope
from services.registry.auditing import Wanted

ADDRESSES = addresses()
CHANGES = frozenset({"POST", "PUT", "DELETE", "PATCH"})


def test_every_action_has_roles_and_a_scope() -> None:
    assert set(MAY) == set(Action) == set(SCOPE)
    assert set(MEANING) == set(Scope)


def test_an_address_without_an_action_says_why_anybody_may_ask_it() -> None:
    public = {route(each) for each in ADDRESSES if each.entrypoint.action is None}
    assert public - PUBLIC.keys() == set()
    assert all(PUBLIC.values())


@pytest.mark.parametrize("each", ADDRESSES, ids=route)
def test_an_address_is_not_both_open_and_under_a_rule(each: Operation) -> None:
    assert each.entrypoint.action is None or route(each) not in PUBLIC


def entrypoints() -> Iterator[tuple[str, Any]]:
    """Whatever a service answers or does by itself."""
    for service, kind in services().items():
        for name, method in getmembers(kind, isfunction):
            for entrypoint in getattr(method, "nameko_entrypoints", ()):
                yield f"{service}.{name}", entrypoint


def test_services_are_asked_only_where_the_table_is_looked_at() -> None:
    """Over HTTP; on the bus the broker says who may send what; a timer is asked by nobody."""
    known = (ApiEntrypoint, LetterConsumer, Timer)
    assert [name for name, each in entrypoints() if not isinstance(each, known)] == []


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Every command of the terminal by its whole name."""
    for name, found in getattr(group, "commands", {}).items():
        if getattr(found, "commands", None):
            yield from commands(found, (*path, name))
        else:
            yield " ".join((*path, name))


def test_every_command_of_the_terminal_says_what_it_needs() -> None:
    found = set(commands(typer.main.get_command(program(*MODULES))))
    assert found - COMMANDS.keys() == set()


def test_every_command_over_http_is_audited_unless_it_is_named() -> None:
    api = [each for each in ADDRESSES if type(each.entrypoint) is ApiEntrypoint]
    left = {r for e in api if not e.entrypoint.audited and (r := route(e)).split()[0] in CHANGES}
    assert left == UNAUDITED.keys()


def test_whatever_hands_out_a_file_of_many_is_audited() -> None:
    """Files of the API that are not open data: what is answered is no JSON, or is an export."""
    files = {
        route(each)
        for each in ADDRESSES
        if each.entrypoint.action
        and type(each.entrypoint) is ApiEntrypoint
        and (each.path.startswith(("/v1/exports", "/v1/reports")) or _is_file(each))
    }
    assert {route(each) for each in ADDRESSES if each.entrypoint.audited} >= files
    assert len(files) >= 4


def _is_file(each: Operation) -> bool:
    return any(isinstance(answer, str) for answer in each.answers.values())


def test_every_service_has_its_part_of_the_audit_and_can_be_verified() -> None:
    asked = Wanted.model_fields["service"].annotation
    assert set(PARTS) == set(services()) == set(get_args(asked))


def test_the_document_is_current() -> None:
    kept = (ROOT / "docs" / "permissions.md").read_text("utf-8")
    assert kept == document(), "run: haoping permissions -o docs/permissions.md"
