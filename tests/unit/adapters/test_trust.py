"""Whom a service believes that it speaks to over TLS."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from services.adapters import trust
from services.console.stack.certificates import issue

OWN = "/etc/haoping/ca.crt"


def test_a_secured_broker_is_known_by_its_name_and_by_our_authority() -> None:
    options = trust.of_broker("amqps://u:p@broker.example:5671/", OWN) or {}
    assert options["cert_reqs"] is ssl.CERT_REQUIRED
    assert (options["server_hostname"], options["ca_certs"]) == ("broker.example", OWN)
    assert trust.of_broker("amqp://u:p@broker.example/", OWN) is None


@pytest.mark.parametrize(
    ("query", "trusted"),
    [
        ("tls=true", {"tlsCAFile": OWN}),
        ("authSource=admin&ssl=true", {"tlsCAFile": OWN}),
        ("tls=true&tlsCAFile=/mine", {}),
        ("tls=false", {}),
        ("", {}),
    ],
)
def test_our_authority_counts_for_a_secured_database_that_names_no_other(
    query: str, trusted: dict[str, str]
) -> None:
    uri = f"mongodb://u:p@a.example,b.example/?{query}"
    assert trust.of_database(uri, OWN) == trusted
    assert trust.of_database(uri, None) == {}


def test_our_authority_is_trusted_besides_the_others_and_old_tls_is_not(tmp_path: Path) -> None:
    own = str(issue(tmp_path, []).authority)
    before, after = trust.context({}), trust.context({trust.CA_FILE: own})
    assert len(after.get_ca_certs()) == len(before.get_ca_certs()) + 1
    assert after.check_hostname
    assert after.minimum_version >= ssl.TLSVersion.TLSv1_2
