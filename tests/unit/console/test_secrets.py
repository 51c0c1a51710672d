"""Secrets of a private stack."""

from __future__ import annotations

import hashlib
from pathlib import Path

from services.console.stack.secrets import LEDGER_KEY_BYTES, MASTER_KEY_BYTES, Secrets
from services.contracts.access import ACCESS


def test_secrets_are_generated_once_and_read_again(tmp_path: Path) -> None:
    first = Secrets.of(tmp_path)
    key = first.master_key_file.read_bytes()
    assert Secrets.of(tmp_path) == first
    assert first.master_key_file.read_bytes() == key


def test_keys_have_the_length_that_their_users_ask_for(tmp_path: Path) -> None:
    secrets = Secrets.of(tmp_path)
    assert len(secrets.master_key_file.read_bytes()) == MASTER_KEY_BYTES == 96
    assert len(secrets.ledger_key_file.read_bytes()) == LEDGER_KEY_BYTES == 32


def test_every_secret_is_another_one_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    Secrets.of(tmp_path)
    files = list(tmp_path.iterdir())
    assert len({path.read_bytes() for path in files}) == len(files) == 6 + len(ACCESS)
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_an_interrupted_generation_starts_anew(tmp_path: Path) -> None:
    (tmp_path / "master.key.partial").write_bytes(b"half")
    assert len(Secrets.of(tmp_path).master_key_file.read_bytes()) == MASTER_KEY_BYTES


def test_services_are_told_only_the_hash_of_the_token(tmp_path: Path) -> None:
    secrets = Secrets.of(tmp_path)
    assert secrets.admin_token_hash == hashlib.sha256(secrets.admin_token.encode()).hexdigest()
