"""The form of an app's `tls`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from stackward.definition.fields import read
from stackward.definition.form import Form
from stackward.definition.mistake import Mistake, described
from stackward.definition.model import Secret

GENERATED = "generated"
"""The word that stands for a certificate that each load balancer makes for itself."""


def is_pem(text: str) -> bool:
    """Whether a text is PEM itself, and not the path of a file."""
    return "-----BEGIN " in text


def _pem(value: Any) -> str | Secret:
    """Return PEM, in clear or encrypted, or the path of a file with it."""
    right = "write the path of a PEM file, the PEM text itself, or that as a !vault value"
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str):
        raise Mistake(f"is {described(value)}", right)
    if not value.strip() or "\0" in value or ("\n" in value.strip() and not is_pem(value)):
        raise Mistake("is neither a path nor PEM text", right)
    return value


Pem = Annotated[str | Secret, *read(_pem, {"type": "string", "minLength": 1})]


class TlsForm(Form):
    """How an app is reached over HTTPS."""

    certificate: Pem = Field(
        description="The certificate: a PEM file or PEM text; or `generated`, for trying.", examples=[GENERATED]
    )
    key: Pem | None = Field(
        default=None, description="Its private key: a PEM file (may be vault-encrypted) or PEM text (may be !vault)."
    )
    chain: Pem | None = Field(default=None, description="The certificates between it and one that browsers know.")
    redirect: bool = Field(default=True, description="Whether plain HTTP leads to HTTPS.")
