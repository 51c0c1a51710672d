"""Which master key wraps the data keys, and what is said of settings that cannot work."""

from __future__ import annotations

import os
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from services.adapters.sealing import MASTER_KEY_BYTES, kms_of, local
from services.adapters.sealing.resealing import within
from services.errors import Misconfigured

AWS = {
    "credentials": {"accessKeyId": "id", "secretAccessKey": "secret"},
    "master_key": {"region": "cn-north-1", "key": "arn:aws-cn:kms:1"},
}
KMIP = {
    "credentials": {"endpoint": "kms.example:5696"},
    "tls": {"tlsCAFile": "ca.pem", "tlsCertificateKeyFile": "client.pem"},
}


def settings(folder: Path, **more: str) -> dict[str, Any]:
    """Settings with a master key."""
    file = folder / "master.key"
    file.write_bytes(os.urandom(MASTER_KEY_BYTES))
    return {"HAOPING_MASTER_KEY_FILE": str(file), **more}


def remote(folder: Path, provider: str, options: Any) -> dict[str, Any]:
    """Settings that name another provider and the file of its options."""
    file = folder / "kms.yaml"
    file.write_text(yaml.safe_dump(options))
    return {"HAOPING_KMS": provider, "HAOPING_KMS_FILE": str(file)}


def test_with_nothing_said_a_file_holds_the_master_key(tmp_path: Path) -> None:
    kms = kms_of(settings(tmp_path))
    assert kms.provider.startswith("local:")
    assert kms.providers[kms.provider]["key"] == (tmp_path / "master.key").read_bytes()


def test_while_the_master_key_changes_both_are_known_and_the_new_one_wraps(tmp_path: Path) -> None:
    former = tmp_path / "former.key"
    former.write_bytes(os.urandom(MASTER_KEY_BYTES))
    kms = kms_of(settings(tmp_path, HAOPING_FORMER_MASTER_KEY_FILE=str(former)))
    keys = {name: each["key"] for name, each in kms.providers.items() if name != "local"}
    assert set(keys.values()) == {former.read_bytes(), (tmp_path / "master.key").read_bytes()}
    assert keys[kms.provider] == (tmp_path / "master.key").read_bytes()


def test_a_master_key_is_shown_nowhere() -> None:
    key = os.urandom(MASTER_KEY_BYTES)
    assert repr(key) not in repr(local(key))


@pytest.mark.parametrize(("provider", "options"), [("aws", AWS), ("kmip", KMIP)])
def test_a_service_elsewhere_is_told_by_a_file(
    provider: str, options: dict[str, Any], tmp_path: Path
) -> None:
    kms = kms_of(remote(tmp_path, provider, options))
    assert kms.provider == provider
    assert kms.providers[provider] == options["credentials"]
    assert (kms.tls or {}).get(provider) == options.get("tls")


@pytest.mark.parametrize(
    ("provider", "options", "said"),
    [
        ("hsm", {}, "hsm is no provider; there are local, kmip, aws, azure, gcp"),
        ("aws", {**AWS, "master_key": {"region": "x"}}, "master_key.key: is missing"),
        ("aws", {**AWS, "tls": {"tlsCAFile": "x"}}, "tls.tlsCAFile: no such option"),
        ("aws", {**AWS, "more": {}}, "more: no such section"),
        ("azure", {}, "credentials.clientId: is missing"),
        ("gcp", {"credentials": 7}, "credentials: must be a list"),
        ("kmip", {"credentials": {"endpoint": ""}}, "credentials.endpoint: is missing"),
        ("kmip", ["a"], "no options in it"),
    ],
)
def test_what_cannot_work_is_said_at_the_start(
    provider: str, options: Any, said: str, tmp_path: Path
) -> None:
    with pytest.raises(Misconfigured, match=said.replace(".", r"\.")):
        kms_of(remote(tmp_path, provider, options))


def test_a_provider_elsewhere_without_its_file_is_said_too(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="HAOPING_KMS_FILE"):
        kms_of({"HAOPING_KMS": "aws"})
    with pytest.raises(Misconfigured, match="cannot be read"):
        kms_of({"HAOPING_KMS": "aws", "HAOPING_KMS_FILE": str(tmp_path / "none.yaml")})


@given(st.text(max_size=80))
def test_whatever_a_letter_says_only_its_ciphertext_is_exchanged(text: str) -> None:
    assert within(text, lambda _: b"new") == text
    carried = b64encode(b"old").decode()
    message = f'{{"sealed": "{carried}",  "n": 1}}'
    assert within(message, lambda _: b"new") == message.replace(carried, b64encode(b"new").decode())
