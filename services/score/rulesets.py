"""The rules of every place that the configuration knows, by name: what `what if` may suppose."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from services.adapters.rulebook import load_rules
from services.contracts.rules import Rules
from services.errors import NotFound

NAME = re.compile(r"[a-z0-9-]+")
PARTS = frozenset({"tags"})
"""Files that rules are made of, and no rules themselves."""


@dataclass(frozen=True)
class Rulesets:
    """The rules of a folder, by the name of their file."""

    folder: Path

    @property
    def names(self) -> list[str]:
        """All there are."""
        return sorted({path.stem for path in self.folder.glob("*.yaml")} - PARTS)

    def __call__(self, name: str) -> Rules:
        """The rules of this name. Raises NotFound or Misconfigured."""
        if not NAME.fullmatch(name) or name not in self.names:
            raise NotFound(f"There are no rules '{name}'; there are {', '.join(self.names)}")
        return load_rules(self.folder, name)
