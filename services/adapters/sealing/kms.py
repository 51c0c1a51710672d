"""Who wraps the data keys: a master key in a file (local), or a key management service.

`HAOPING_KMS` names the provider; the options of one that is not local stand in the YAML file
`HAOPING_KMS_FILE`, under the names of pymongo's `kms_providers`, `master_key` and
`kms_tls_options`. Only the local one has been tried against the real thing; of the others the
options are checked here, and the first data key at the start of a service proves the rest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.adapters.settings import ROOT, read_yaml, secret_bytes
from services.errors import Misconfigured

MASTER_KEY_BYTES = 96
LOCAL = "local"
CURRENT, FORMER = "HAOPING_MASTER_KEY_FILE", "HAOPING_FORMER_MASTER_KEY_FILE"
Options = Mapping[str, Any]


@dataclass(frozen=True)
class Kms:
    """`provider` and `master_key` wrap new data keys; `providers` can unwrap those that exist."""

    provider: str
    providers: Mapping[str, Options] = field(repr=False)
    master_key: Options | None = None
    tls: Mapping[str, Options] | None = None


@dataclass(frozen=True)
class Shape:
    """The options that a provider needs, and those that it also knows, by section of the file."""

    needs: Mapping[str, tuple[str, ...]]
    knows: Mapping[str, tuple[str, ...]]

    def wrong(self, given: Mapping[str, Any]) -> list[str]:
        """What is wrong with a file, option by option."""
        said = [f"{name}: no such section" for name in given.keys() - self.knows.keys()]
        for section, known in self.knows.items():
            options, needed = given.get(section) or {}, self.needs.get(section, ())
            if not isinstance(options, dict):
                said.append(f"{section}: must be a list of names and values")
                continue
            texts = {name for name, value in options.items() if isinstance(value, str) and value}
            said += [f"{section}.{name}: is missing" for name in needed if name not in texts]
            said += [f"{section}.{name}: no such option" for name in options.keys() - {*known}]
        return sorted(said)


def _shape(credentials: str, master_key: str, more: str = "", tls: str = "") -> Shape:
    """`more` are optional, of whichever section; every option of `tls` is needed."""
    needs = {"credentials": credentials, "master_key": master_key, "tls": tls}
    split = {section: tuple(names.split()) for section, names in needs.items()}
    optional = tuple(more.split())
    return Shape(split, {section: (*names, *optional) for section, names in split.items()})


SHAPES = {
    "kmip": _shape("endpoint", "", "keyId delegated", "tlsCAFile tlsCertificateKeyFile"),
    "aws": _shape("accessKeyId secretAccessKey", "region key", "sessionToken endpoint"),
    "azure": _shape(
        "tenantId clientId clientSecret",
        "keyVaultEndpoint keyName",
        "identityPlatformEndpoint keyVersion",
    ),
    "gcp": _shape("email privateKey", "projectId location keyRing keyName", "endpoint keyVersion"),
}
"""https://pymongo.readthedocs.io, ClientEncryption and create_data_key."""


def local(master_key: bytes, former: bytes | None = None) -> Kms:
    """A master key in a file. With `former`, data keys that it wrapped can be opened as well.

    A provider is named by the hash of its key, so that each data key tells which one it needs;
    one that was made before providers had names needs the older of the two.
    """
    keys = {name_of(key): {"key": key} for key in (former, master_key) if key}
    return Kms(name_of(master_key), {LOCAL: {"key": former or master_key}, **keys})


def name_of(master_key: bytes) -> str:
    """What a local master key is called: it can be told from another, and not be worked out."""
    return f"{LOCAL}:{hashlib.sha256(master_key).hexdigest()[:8]}"


def kms_of(config: Mapping[str, Any]) -> Kms:
    """The provider that the settings name. Raises Misconfigured, saying what to mend."""
    provider = config.get("HAOPING_KMS") or LOCAL
    former = secret_bytes(config, FORMER, MASTER_KEY_BYTES) if config.get(FORMER) else None
    if provider == LOCAL:
        return local(secret_bytes(config, CURRENT, MASTER_KEY_BYTES), former)
    if provider not in SHAPES:
        known = ", ".join((LOCAL, *SHAPES))
        raise Misconfigured(f"HAOPING_KMS: {provider} is no provider; there are {known}")
    given = _read(config, provider)
    before = dict(local(former).providers) if former else {}
    tls = {provider: given["tls"]} if given.get("tls") else None
    providers = {**before, provider: given["credentials"]}
    return Kms(provider, providers, given.get("master_key") or {}, tls)


def _read(config: Mapping[str, Any], provider: str) -> dict[str, Any]:
    name = config.get("HAOPING_KMS_FILE")
    if not name:
        raise Misconfigured(f"HAOPING_KMS_FILE must name the file with the options of {provider}")
    path = ROOT / Path(str(name))
    given = read_yaml(path)
    wrong = SHAPES[provider].wrong(given) if isinstance(given, dict) else ["no options in it"]
    if wrong:
        raise Misconfigured(f"HAOPING_KMS_FILE: {path} for {provider}: {'; '.join(wrong)}")
    return dict(given)
