"""The rules of every place that the configuration knows, by name: what `what if` may suppose."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from services.adapters.rulebook import load_rules
from services.contracts.rules import Rules
from services.errors import NotFound

NAME = re.compile(r"[a-z0-9-]+")


def rulesets(folder: Path) -> Callable[[str], Rules]:
    """Look rules up by the name of their file in `folder`. Raises NotFound or Misconfigured."""

    def named(name: str) -> Rules:
        if not NAME.fullmatch(name) or not (folder / f"{name}.yaml").is_file():
            known = ", ".join(sorted(path.stem for path in folder.glob("*.yaml")))
            raise NotFound(f"There are no rules '{name}'; there are {known}")
        return load_rules(folder, name)

    return named
