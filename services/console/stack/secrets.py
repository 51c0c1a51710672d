"""Passwords, tokens and keys of a private stack: generated once, then read again."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.console.stack import whole
from services.contracts.access import ACCESS

MASTER_KEY_BYTES = 96
LEDGER_KEY_BYTES = 32


@dataclass(frozen=True)
class Secrets:
    """What a private stack needs to keep to itself."""

    broker_password: str
    service_passwords: Mapping[str, str]
    erlang_cookie: str
    database_password: str
    admin_token: str
    admin_token_file: Path
    master_key_file: Path
    ledger_key_file: Path

    @classmethod
    def of(cls, folder: Path) -> Secrets:
        """Read the secrets of a folder, generating those that are missing (mode 0600)."""
        return cls(
            broker_password=kept_text(folder / "broker.password"),
            service_passwords={
                name: kept_text(folder / f"broker-{name}.password") for name in ACCESS
            },
            erlang_cookie=kept_text(folder / "erlang.cookie"),
            database_password=kept_text(folder / "database.password"),
            admin_token=kept_text(folder / "admin.token"),
            admin_token_file=folder / "admin.token",
            master_key_file=_bytes(folder / "master.key", MASTER_KEY_BYTES),
            ledger_key_file=_bytes(folder / "ledger.key", LEDGER_KEY_BYTES),
        )

    @property
    def admin_token_hash(self) -> str:
        """SHA-256 of the administrator's token, in hexadecimal: all that services are told."""
        return hashlib.sha256(self.admin_token.encode()).hexdigest()


def kept_text(path: Path) -> str:
    """The secret in this file, generated if it is missing (192 random bits, mode 0600)."""
    write_once(path, secrets.token_hex(24).encode())
    return path.read_text()


def _bytes(path: Path, length: int) -> Path:
    write_once(path, os.urandom(length))
    return path


def write_once(path: Path, content: bytes) -> None:
    """Write a new file completely or not at all; an existing one is left as it is."""
    if path.exists():
        return
    whole.write(path, content)
