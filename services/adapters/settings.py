"""Settings: `config/services.yaml`, where `${NAME:default}` comes from the environment."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import yaml
from nameko.cli.main import setup_yaml_parser

from services.contracts.origin import Networks, networks
from services.errors import Misconfigured

ROOT = Path(__file__).resolve().parents[2]


def config_dir(config: Mapping[str, Any]) -> Path:
    """Where rules, index recipes and registries lie; relative paths start at the project."""
    return ROOT / str(config.get("HAOPING_CONFIG_DIR", "config"))


def load_settings() -> dict[str, Any]:
    """The settings as a service sees them, for scripts and tests that start services."""
    setup_yaml_parser()
    folder = config_dir(os.environ)
    settings: dict[str, Any] = yaml.safe_load((folder / "services.yaml").read_text("utf-8"))
    return settings


def read_text(path: Path) -> str:
    """A file of the configuration. Raises Misconfigured for one that is not there or no UTF-8."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeError) as error:
        raise Misconfigured(
            f"{path} cannot be read; it has to be a file in UTF-8: {error}"
        ) from None


def read_yaml(path: Path) -> Any:
    """What a file of the configuration says. Raises Misconfigured as `read_text` does."""
    try:
        return yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        raise Misconfigured(f"{path} cannot be read, for it is not YAML: {error}") from None


def server_uri(config: Mapping[str, Any], server: str) -> str:
    """Where a server (`AMQP` or `MONGO`) is found, with the password that lies in a file.

    Setting `<server>_PASSWORD_FILE` names it; without one the URI holds what is needed.
    Raises Misconfigured for a file that is not there, and for a URI that names no user.
    """
    uri = str(config[f"{server}_URI"])
    named = str(config.get(f"{server}_PASSWORD_FILE") or "")
    if not named:
        return uri
    path, (user, at, where) = ROOT / named, uri.partition("@")
    if not path.is_file() or not at:
        raise Misconfigured(f"{server}_PASSWORD_FILE: {path} must be a file, {server}_URI a user's")
    return f"{user}:{quote_plus(path.read_text('utf-8').strip())}@{where}"


def networks_of(config: Mapping[str, Any], name: str) -> Networks:
    """The networks that a setting lists in CIDR notation, with commas. Raises Misconfigured."""
    try:
        return networks(str(config.get(name) or ""))
    except ValueError as error:
        raise Misconfigured(f"{name}: {error}") from None


def secret_bytes(config: Mapping[str, Any], name: str, size: int) -> bytes:
    """The secret kept in the file that setting `name` points to.

    Raises Misconfigured when the file is missing or does not hold `size` bytes.
    """
    path = ROOT / str(config[name])
    if not path.is_file() or len(secret := path.read_bytes()) != size:
        raise Misconfigured(
            f"{name}: {path} must be a file of {size} random bytes; 'haoping up' makes one"
        )
    return secret


def token_hash(token: str) -> str:
    """How a token is kept: its SHA-256 in hex. Tokens are 256 random bits, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()
