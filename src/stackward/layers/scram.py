"""What PostgreSQL stores instead of a password: a SCRAM-SHA-256 verifier (RFC 5802, RFC 7677)."""

from __future__ import annotations

import base64
import hashlib
import hmac


def verifier(password: str, salt: bytes, iterations: int = 4096) -> str:
    """Return the verifier in PostgreSQL's form. The password must be ASCII: no SASLprep is applied.

    Raises ValueError for a password that is not ASCII and for an empty salt.
    """
    if not password.isascii():
        raise ValueError("the password of a SCRAM verifier must be ASCII")
    if not salt:
        raise ValueError("the salt of a SCRAM verifier must not be empty")
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, iterations)
    client = hmac.digest(salted, b"Client Key", "sha256")
    stored = hashlib.sha256(client).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${iterations}:{_text(salt)}${_text(stored)}:{_text(server)}"


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
