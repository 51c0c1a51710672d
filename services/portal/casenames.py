"""What the codes of a case are called: units, people, windows, items, tags, channels. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from services.contracts.actor import Role
from services.contracts.directory import Directory, Principal
from services.contracts.rules import Rules
from services.contracts.vocabulary import Channel

Choice = tuple[str, str]


@dataclass(frozen=True)
class Names:
    """Names by code; a code that nobody has named stands for itself."""

    directory: Directory
    rules: Rules

    @cached_property
    def people(self) -> dict[str, Principal]:
        """Everybody by id."""
        return {each.id: each for each in self.directory.principals}

    def person(self, id: str | None) -> str:
        """The name of a person."""
        return self.people[id].name if id in self.people else id or ""

    def unit(self, id: str | None) -> str:
        """The name of a unit."""
        return self.directory.unit[id].name if id in self.directory.unit else id or ""

    def units(self, scope: Set[str]) -> list[Choice]:
        """The units within a scope, closed ones too, each with its name."""
        return [(each.id, each.name) for each in self.directory.units if each.id in scope]

    def window(self, id: str | None) -> str:
        """The name of a window."""
        return self.directory.window[id].name if id in self.directory.window else id or ""

    def item(self, id: str | None) -> str:
        """The name of an item."""
        return self.directory.item[id].name if id in self.directory.item else id or ""

    def tag(self, code: str) -> str:
        """The label of a tag."""
        return self.rules.tags[code].label if code in self.rules.tags else code

    def channel(self, code: str | None) -> str:
        """The label of a channel."""
        known = {channel.value: rule.label for channel, rule in self.rules.channels.by_code.items()}
        return known.get(code or "", code or "")


@dataclass(frozen=True)
class Choices:
    """What can be chosen by somebody who sees `scope`: in filters whatever cases may name, in forms
    who and what there is at `now`.
    """

    names: Names
    scope: Set[str]
    now: datetime

    @property
    def units(self) -> list[Choice]:
        """The units within the scope."""
        return self.names.units(self.scope)

    @property
    def handlers(self) -> list[Choice]:
        """The units within the scope that have not been closed."""
        units = self._directory.unit
        return [each for each in self.units if units[each[0]].active(self.now)]

    @property
    def items(self) -> list[Choice]:
        """The items of those units."""
        return [(each.id, each.name) for each in self._directory.items if each.unit in self.scope]

    @property
    def tags(self) -> list[Choice]:
        """The tags that a bad rating may bear."""
        rules = self.names.rules
        known = ((code, tag) for code, tag in rules.tags.items() if not tag.retired)
        return [(code, tag.label) for code, tag in known if rules.is_bad(tag.level)]

    @property
    def channels(self) -> list[Choice]:
        """The channels of the region."""
        return [(each.value, self.names.channel(each.value)) for each in Channel]

    def officers(self, unit: str | None = None) -> list[Choice]:
        """Who may have a case, and who had one before they left: for `unit`, or in the scope."""
        return sorted(self._officers(unit), key=lambda each: each[1])

    def assignees(self, unit: str | None = None) -> list[Choice]:
        """Who might be given a case: those of the officers who work here."""
        people = self.names.people
        return [each for each in self.officers(unit) if people[each[0]].active(self.now)]

    def _officers(self, unit: str | None) -> Iterator[Choice]:
        units = set(self._upwards(unit)) if unit else self.scope
        for each in self._directory.principals:
            if Role.OFFICER in each.roles and each.unit in units:
                yield each.id, f"{each.name} · {self.names.unit(each.unit)}"

    def _upwards(self, unit: str | None) -> Iterator[str]:
        if unit in self._directory.unit:
            yield unit
            yield from self._upwards(self._directory.unit[unit].parent)

    @property
    def _directory(self) -> Directory:
        return self.names.directory
