"""The certificates of apps, read and opened on the controller at the moment of use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from stackward.definition.model import App, Secret, Stack
from stackward.definition.tls_form import is_pem
from stackward.errors import StackwardError

VAULT = "$ANSIBLE_VAULT;"
"""How a file that ansible-vault has encrypted begins."""


def certificates(stack: Stack, decrypt: Callable[[str], str]) -> Mapping[str, str]:
    """Certificate, chain and key of each app that brings its own, as one PEM text, by app.

    Raises StackwardError for a file that cannot be read, is no PEM, or cannot be decrypted.
    """
    return {
        app.name: "".join(
            _pem(app, part, value, decrypt)
            for part, value in (
                ("certificate", app.tls.certificate),
                ("chain", app.tls.chain),
                ("key", app.tls.key),
            )
            if value is not None
        )
        for app in stack.apps.values()
        if app.tls is not None and app.tls.certificate is not None
    }


def _pem(app: App, part: str, value: str | Secret, decrypt: Callable[[str], str]) -> str:
    if isinstance(value, Secret):
        text, where = decrypt(value.ciphertext), "the vault value"
    elif is_pem(value):
        text, where = value, "the stack file"
    else:
        text, where = _read(app, part, value), value
        if text.startswith(VAULT):
            text = decrypt(text)
    if not is_pem(text):
        raise StackwardError(f"App {app.name}: {where} does not hold the {part} of its tls as PEM text.")
    return text.strip() + "\n"


def _read(app: App, part: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        problem = "is not PEM text"
    raise StackwardError(f"App {app.name}: {path}, the {part} of its tls, {problem}.")
