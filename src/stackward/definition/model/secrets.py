"""A value of the stack file that is vault-encrypted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Secret:
    """A vault-encrypted value. It is decrypted only at the moment of use, never stored in clear."""

    ciphertext: str

    def __repr__(self) -> str:
        return "Secret(…)"
