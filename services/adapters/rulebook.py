"""Loads the rules of a place from `config/rules/`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from nameko.extensions import DependencyProvider
from pydantic import ValidationError

from services.adapters.settings import config_dir, read_yaml
from services.contracts.rules import Rules
from services.errors import Misconfigured, wrong_fields


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    both = {
        name: _merged(base[name], value)
        for name, value in over.items()
        if isinstance(value, dict) and isinstance(base.get(name), dict)
    }
    return base | over | both


def _read(folder: Path, name: str) -> dict[str, Any]:
    path = folder / name
    if not path.exists():
        known = ", ".join(sorted(other.stem for other in folder.glob("*.yaml")))
        raise Misconfigured(f"{path}: no such rules; there are {known}")
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise Misconfigured(f"{path}: there are no names and values in it")
    base = content.pop("extends", None)
    return _merged(_read(folder, f"{base}.yaml"), content) if base else content


@cache
def load_rules(folder: Path, place: str) -> Rules:
    """The rules in `<folder>/<place>.yaml`, on top of what they extend.

    Raises Misconfigured, naming the file and each field that is wrong.
    """
    content = _read(folder, f"{place}.yaml")
    if isinstance(content.get("tags"), str):
        content["tags"] = _read(folder, content["tags"])
    try:
        return Rules.model_validate(content)
    except ValidationError as error:
        raise Misconfigured(f"{folder / place}.yaml: {'; '.join(wrong_fields(error))}") from None


class RulesInForce:
    """The rules of this installation."""

    def __init__(self, rules: Rules) -> None:
        self.current = rules


class Rulebook(DependencyProvider):
    """Gives workers the rules that the settings name."""

    rules: RulesInForce

    def setup(self) -> None:
        """Read the rules once; a wrong file stops the service with the remedy."""
        config = self.container.config
        self.rules = RulesInForce(load_rules(config_dir(config) / "rules", config["HAOPING_RULES"]))

    def get_dependency(self, worker_ctx: object) -> RulesInForce:
        """The rules in force."""
        return self.rules
