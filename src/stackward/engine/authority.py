"""A certificate authority of one's own, by which agents know their controller: made once, kept beside the state."""

from __future__ import annotations

import fcntl
import ipaddress
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from stackward.errors import StackwardError

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

_AUTHORITY_LASTS = timedelta(days=3650)
_SERVER_LASTS = timedelta(days=397)
_RENEWED_BEFORE = timedelta(days=60)
_SKEW = timedelta(days=1)
"""How far the clocks of instances may be behind."""


def certificate(path: Path) -> str:
    """The authority's certificate (PEM) at a path; it is made, with its key beside it, at the first call.

    Safe in several processes at once. Raises StackwardError where it cannot be read or made.
    """
    with _made(path):
        return path.read_text(encoding="ascii")


def server(path: Path, names: tuple[str, ...], now: datetime) -> tuple[Path, Path]:
    """The files of a certificate for a server of these names (or addresses) by the authority at a path, and of its key.

    Made anew when it is about to end, or is for other names. Raises StackwardError.
    """
    chain, key = path.with_name("server.pem"), path.with_name("server.key")
    with _made(path):
        if not _good(chain, key, path, names, now):
            _make_server(path, chain, key, names, now)
    return chain, key


@contextmanager
def _made(path: Path) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.with_name(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                _make_authority(path)
            yield
    except OSError as error:
        raise StackwardError(
            f"The controller's own certificate authority cannot be kept in {path.parent}: {error.strerror or error}."
        ) from error


def _make_authority(path: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Stackward's controller authority")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + _AUTHORITY_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_use(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(path.with_suffix(".key"), _private(key))
    _write(path, _public(made))


def _make_server(path: Path, chain: Path, key_file: Path, names: tuple[str, ...], now: datetime) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    authority = x509.load_pem_x509_certificate(path.read_bytes())
    signer = serialization.load_pem_private_key(path.with_suffix(".key").read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)  # noqa: S101  we made it
    key = ec.generate_private_key(ec.SECP256R1())
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + _SERVER_LASTS)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .add_extension(_use(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    _write(key_file, _private(key))
    _write(chain, _public(made))


def _use(*, signs: bool) -> x509.KeyUsage:
    """What a key is for: an authority signs certificates, a server proves itself. Python checks it from 3.13 on."""
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _good(chain: Path, key: Path, path: Path, names: tuple[str, ...], now: datetime) -> bool:
    from cryptography import x509

    if not (chain.exists() and key.exists()):
        return False
    found = x509.load_pem_x509_certificate(chain.read_bytes())
    authority = x509.load_pem_x509_certificate(path.read_bytes())
    alternatives = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return (
        found.issuer == authority.subject
        and set(alternatives) == {_general(name) for name in names}
        and found.not_valid_after_utc - now > _RENEWED_BEFORE
    )


def _general(name: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _private(key: EllipticCurvePrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _public(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)


def _write(path: Path, content: bytes) -> None:
    candidate = path.with_name(f"{path.name}.new")
    candidate.unlink(missing_ok=True)
    with os.fdopen(os.open(candidate, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(content)
    candidate.replace(path)
