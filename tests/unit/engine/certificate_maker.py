"""Makes certificates for tests, with their keys."""

from datetime import timedelta
from ipaddress import ip_address

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


def certificate(key, ends, begins=None, names=("shop.example.com",)):
    """The PEM text of a certificate for this key and these names; it ends then, and is valid from a year before on."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.example.com")])
    alternative = [x509.IPAddress(ip_address(each)) if each[0].isdigit() else x509.DNSName(each) for each in names]
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begins or ends - timedelta(days=365))
        .not_valid_after(ends)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternative), critical=False)
    made = builder.sign(key, hashes.SHA256())
    return made.public_bytes(Encoding.PEM).decode()
