"""A certificate authority of one folder: what it signs is trusted where its certificate is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from services.console.stack import whole
from services.console.stack.ports import LOOPBACK
from services.console.stack.secrets import write_once
from services.errors import Invalid

ALWAYS = (LOOPBACK, "localhost")
AUTHORITY_LASTS, CERTIFICATE_LASTS = timedelta(days=3650), timedelta(days=397)
EARLIER = timedelta(days=1)
"""Valid since yesterday: the clock of a kiosk may be slow."""
PURPOSES = (
    "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
    "key_cert_sign crl_sign encipher_only decipher_only"
).split()


@dataclass(frozen=True)
class Certificates:
    """The files: the authority's certificate is for kiosks to trust, the others for the portal."""

    authority: Path
    certificate: Path
    key: Path


def issue(folder: Path, hosts: Sequence[str]) -> Certificates:
    """A certificate for loopback and `hosts`, new at each call, by the authority of the folder.

    The authority is made once and then read again.
    """
    signer = _authority_key(folder)
    authority = _authority(folder, signer)
    key = ec.generate_private_key(ec.SECP256R1())
    signed = _certificate(authority, key, signer, (*ALWAYS, *hosts))
    made = Certificates(folder / "tls-ca.crt", folder / "portal.crt", folder / "portal.key")
    whole.write(made.certificate, signed.public_bytes(Encoding.PEM))
    whole.write(made.key, _pem(key))
    return made


def _authority_key(folder: Path) -> ec.EllipticCurvePrivateKey:
    path = folder / "tls-ca.key"
    write_once(path, _pem(ec.generate_private_key(ec.SECP256R1())))
    return cast("ec.EllipticCurvePrivateKey", load_pem_private_key(path.read_bytes(), None))


def _authority(folder: Path, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    path, name = folder / "tls-ca.crt", _name(f"Haoping local CA {folder.parent.name}")
    made = (
        _begun(name, name, key.public_key(), AUTHORITY_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .sign(key, hashes.SHA256())
    )
    write_once(path, made.public_bytes(Encoding.PEM))
    return x509.load_pem_x509_certificate(path.read_bytes())


def _certificate(
    authority: x509.Certificate,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    hosts: Sequence[str],
) -> x509.Certificate:
    names = x509.SubjectAlternativeName([_host(host) for host in dict.fromkeys(hosts)])
    server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    return (
        _begun(_name("Haoping portal"), authority.subject, key.public_key(), CERTIFICATE_LASTS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature"), critical=True)
        .add_extension(server, critical=False)
        .add_extension(names, critical=False)
        .add_extension(_signed_by(signer), critical=False)
        .sign(signer, hashes.SHA256())
    )


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, lasts: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + lasts)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*purposes: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{each: each in purposes for each in PURPOSES})


def _signed_by(signer: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(_in_ascii(host))


def _in_ascii(host: str) -> str:
    """As browsers write a name such as 评价.example.cn. Raises Invalid for what is none."""
    try:
        return host.encode("idna").decode()
    except UnicodeError as error:
        raise Invalid(f"{host!r} is no name of a machine ({error})") from None


def _name(words: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, words[:64])])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
