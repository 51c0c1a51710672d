"""Whom a service believes that it speaks to over TLS: the machine's authorities, and our own.

`HAOPING_CA_FILE` names the certificates (PEM) of an authority of one's own, besides the others. It
counts for the other services, broker, database, identity provider, webhooks and mail; names are
always checked.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

CA_FILE = "HAOPING_CA_FILE"
SECURED = frozenset({"amqps"})
OLDEST = ssl.TLSVersion.TLSv1_2


def ca_file(config: Mapping[str, Any]) -> str | None:
    """The file with our own authority; None when the machine's are enough."""
    return str(config.get(CA_FILE) or "") or None


def context(config: Mapping[str, Any]) -> ssl.SSLContext:
    """What an HTTP or mail client trusts: TLS 1.2 on. Raises OSError for a file that is none."""
    return trusting(ca_file(config))


@cache
def trusting(own: str | None = None) -> ssl.SSLContext:
    """The machine's authorities and that of the file `own`.

    Read once, for to read them takes longer than most answers.
    """
    made = ssl.create_default_context()
    made.minimum_version = OLDEST
    if own:
        made.load_verify_locations(own)
    return made


def of_broker(uri: str, own: str | None) -> dict[str, Any] | None:
    """py-amqp's options for an amqps:// address; None for one that is not secured.

    py-amqp checks the name only when it is told; without our file it trusts the machine's.
    """
    where = urlsplit(uri)
    if where.scheme not in SECURED:
        return None
    return {
        "cert_reqs": ssl.CERT_REQUIRED,
        "ca_certs": own,
        "server_hostname": where.hostname,
        "tls_minimum_version": OLDEST,
    }


def of_database(uri: str, own: str | None) -> dict[str, Any]:
    """pymongo's options: our authority, for an address that says tls=true and names none itself."""
    asked = {name.lower(): values for name, values in parse_qs(urlsplit(uri).query).items()}
    secured = asked.get("tls", asked.get("ssl")) == ["true"]
    return {"tlsCAFile": own} if own and secured and "tlscafile" not in asked else {}
