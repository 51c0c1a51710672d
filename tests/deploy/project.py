"""docker-compose.yml as Compose would read it: merged, filled in, and of one profile."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docker-compose.yml"
VARIABLE = re.compile(r"\$\$|\$\{(\w+)(?::([-?])([^}]*))?\}")
ASKED_FOR = {"HAOPING_ADMIN_TOKEN_HASH": "0" * 64}
"""What the file asks for and has no default of: what `.env` has to hold."""


class AsWritten(yaml.SafeLoader):
    """YAML without the variables of nameko, which adds them to every loader that there is."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as PyYAML has it
        first: [(tag, pattern) for tag, pattern in found if tag.startswith("tag:yaml.org")]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def env_file(path: Path) -> dict[str, str]:
    """The variables of a file as --env-file reads it."""
    lines = (line.partition("=") for line in path.read_text().splitlines() if "=" in line)
    return {name: value for name, _, value in lines if not name.startswith("#")}


CLUSTER = env_file(ROOT / "config" / "cluster.env")


def filled_in(value: Any, environment: Mapping[str, str]) -> Any:
    """The value with its variables put in. Raises KeyError for a missing one that is asked for."""
    if isinstance(value, dict):
        return {key: filled_in(each, environment) for key, each in value.items()}
    if isinstance(value, list):
        return [filled_in(each, environment) for each in value]
    if not isinstance(value, str):
        return value

    def put(found: re.Match[str]) -> str:
        name, kind, default = found.groups()
        if name is None:
            return "$"
        return environment[name] if kind == "?" else environment.get(name) or default or ""

    return VARIABLE.sub(put, value)


def written() -> dict[str, Any]:
    """The file as it stands, with YAML's merges done."""
    document: dict[str, Any] = yaml.load(FILE.read_text("utf-8"), AsWritten)
    return document


def project(environment: Mapping[str, str]) -> dict[str, Any]:
    """What Compose makes of the file: the containers of the profiles in COMPOSE_PROFILES."""
    document: dict[str, Any] = filled_in(written(), {**ASKED_FOR, **environment})
    profiles = set(environment.get("COMPOSE_PROFILES", "").split(","))
    document["services"] = {
        name: container
        for name, container in document["services"].items()
        if not container.get("profiles") or profiles & set(container["profiles"])
    }
    return document
