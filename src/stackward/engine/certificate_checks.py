"""What is wrong with a certificate: its time at a moment, whether a key belongs to it, for which hosts it is not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

SOON = timedelta(days=14)
"""How long before its end a certificate is worth a word."""


def out_of_time(pem: str, now: datetime, what: str) -> tuple[str, ...]:
    """Say which certificates of a PEM text have ended, end soon, or are not valid yet; `what` is how to call them."""
    return tuple(problem for each in _certificates(pem) for problem in _out_of_time(each, now, what))


def strangers(certificate: str, key: str) -> bool:
    """Whether a private key belongs to another certificate than the first one of a PEM text.

    False for what is no certificate or no key that can be read: that is another mistake.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

    first = _certificates(certificate)[:1]
    if not first:
        return False
    try:
        public = load_pem_private_key(key.encode(), None).public_key()
        its = first[0].public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    plain = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return public.public_bytes(*plain) != its.public_bytes(*plain)


def names_of(pem: str) -> tuple[str, ...] | None:
    """Return for which hosts the first certificate of a PEM text is: names, with `*.` for any one part, and addresses.

    None for what is no certificate that can be read. Only subjectAltName counts, as in browsers (RFC 9525).
    """
    from cryptography import x509

    first = _certificates(pem)[:1]
    if not first:
        return None
    try:
        its = first[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    except ValueError:
        return None
    addresses = map(str, its.get_values_for_type(x509.IPAddress))
    return (*(name.lower() for name in its.get_values_for_type(x509.DNSName)), *addresses)


def uncovered(domains: Iterable[str], names: Iterable[str]) -> tuple[str, ...]:
    """Return the domains that certificates of these names are not for. A star stands for the first part (RFC 9525)."""
    there = set(names)
    return tuple(each for each in domains if each not in there and f"*.{each.partition('.')[2]}" not in there)


def _certificates(pem: str) -> tuple[Certificate, ...]:
    from cryptography import x509

    try:
        return tuple(x509.load_pem_x509_certificates(pem.encode()))
    except ValueError:
        return ()


def _out_of_time(certificate: Certificate, now: datetime, what: str) -> tuple[str, ...]:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if ends <= now:
        return (f"{what} ended on {_moment(ends)}, and browsers refuse it",)
    if now < begins:
        return (f"{what} is valid from {_moment(begins)} on, and browsers refuse it until then",)
    if ends - now <= SOON:
        days = (ends - now).days
        left = "less than a day" if days == 0 else "1 day" if days == 1 else f"{days} days"
        return (f"{what} ends in {left}, on {_moment(ends)}",)
    return ()


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
