"""The certificate authority of a stack's folder."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from cryptography import x509

from services.console.stack.certificates import Certificates, issue
from services.errors import Invalid


def names(certificates: Certificates) -> set[str]:
    """Every host that the portal's certificate is for."""
    read = x509.load_pem_x509_certificate(certificates.certificate.read_bytes())
    found = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(host.value) for host in found}


def test_the_certificate_is_for_loopback_and_for_the_hosts_that_are_named(tmp_path: Path) -> None:
    made = issue(tmp_path, ["hall.example.gov.cn", "10.1.2.3"])
    assert names(made) == {"127.0.0.1", "localhost", "hall.example.gov.cn", "10.1.2.3"}


def test_a_chinese_name_stands_in_it_as_browsers_write_it(tmp_path: Path) -> None:
    assert "xn--6nq259l.example.cn" in names(issue(tmp_path, ["评价.example.cn"]))


def test_what_is_no_name_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"'hall\.\.cn' is no name of a machine"):
        issue(tmp_path, ["hall..cn"])


def test_kiosks_trust_the_authority_once_whatever_is_issued_later(tmp_path: Path) -> None:
    first = issue(tmp_path, [])
    trusted, before = first.authority.read_bytes(), first.certificate.read_bytes()
    again = issue(tmp_path, ["hall.example.gov.cn"])
    assert again.authority.read_bytes() == trusted
    assert again.certificate.read_bytes() != before
    authority = x509.load_pem_x509_certificate(trusted)
    x509.load_pem_x509_certificate(again.certificate.read_bytes()).verify_directly_issued_by(
        authority
    )


def test_the_authority_signs_for_servers_and_for_no_other_authority(tmp_path: Path) -> None:
    authority = x509.load_pem_x509_certificate(issue(tmp_path, []).authority.read_bytes())
    bounds = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (bounds.ca, bounds.path_length) == (True, 0)


def test_only_the_owner_may_read_the_keys_and_a_server_can_load_them(tmp_path: Path) -> None:
    made = issue(tmp_path, [])
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(made.certificate, made.key)
