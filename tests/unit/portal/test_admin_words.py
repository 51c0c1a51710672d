"""Whatever can be asked of the API, and every role, has words on the pages of administrators."""

from __future__ import annotations

from typing import Any

from services.adapters.pages.rendering import environment
from services.contracts.actor import Action, Role
from services.contracts.permissions import Scope
from services.portal.entryform import KINDS
from services.registry.columns import HEADINGS, TABLES
from services.store.forms import Finding


def words(name: str) -> dict[str, str]:
    """A table of words of the pages."""
    found: Any = getattr(environment("zh").get_template("admin/_words.html").module, name)
    return dict(found)


def test_every_role_and_action_has_words() -> None:
    assert words("ROLES").keys() == {role.value for role in Role}
    assert words("ACTIONS").keys() == {action.value for action in Action}
    assert words("SCOPES").keys() == {scope.value for scope in Scope}


def test_the_forms_and_the_tables_of_the_registry_speak_of_the_same() -> None:
    assert words("KINDS").keys() == KINDS.keys() == TABLES.keys()
    assert words("FIELDS") == HEADINGS
    for name, kind in KINDS.items():
        assert set(TABLES[name].columns) == {"id", "name", *kind.fields, "active_from", "active_to"}


def test_every_alarm_has_words() -> None:
    kinds = set(Finding.model_fields["kind"].annotation.__args__)  # type: ignore[union-attr]
    assert words("ALARMS").keys() == kinds
    assert words("ADVICE").keys() == kinds
