"""Makes certificates for tests, with their keys."""

from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


def new_key():
    return ec.generate_private_key(ec.SECP256R1())


def key_text(key, phrase=None):
    hidden = NoEncryption() if phrase is None else BestAvailableEncryption(phrase)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, hidden).decode()


def certificate(key, ends, begins=None):
    """The PEM text of a certificate for this key, which ends then, and is valid from a year before on."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.example.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begins or ends - timedelta(days=365))
        .not_valid_after(ends)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()
