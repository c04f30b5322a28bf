"""The certificates of apps, read and opened on the controller at the moment of use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from stackward.definition.model import App, Secret, Stack
from stackward.definition.tls_form import is_pem
from stackward.engine.certificate_checks import names_of, out_of_time, strangers, uncovered
from stackward.errors import StackwardError
from stackward.layers import built_in

VAULT = "$ANSIBLE_VAULT;"
"""How a file that ansible-vault has encrypted begins."""

_STRANGERS = "App {}: the key of its tls does not belong to its certificate; write the key that the certificate is for."


def certificates(stack: Stack, decrypt: Callable[[str], str]) -> Mapping[str, str]:
    """Certificate, chain and key of each app that brings its own, as one PEM text, by app.

    Raises StackwardError for a file that cannot be read, is no PEM, or cannot be decrypted, and for a key that does not
    belong to its certificate.
    """
    found = {}
    for app, parts in _brought(stack):
        texts = {part: _pem(app, part, value, decrypt) for part, value in parts.items()}
        if "key" in texts and strangers(texts["certificate"], texts["key"]):
            raise StackwardError(_STRANGERS.format(app.name))
        found[app.name] = "".join(texts.values())
    return found


def notices(stack: Stack, now: datetime) -> tuple[str, ...]:
    """What a person should know of the certificates of apps: their time, keys of others, domains that none is for.

    What the vault has encrypted is not looked at.
    """
    found: list[str] = []
    names: dict[str, tuple[str, ...] | None] = {}
    for app, parts in _brought(stack):
        texts = {}
        for part, value in parts.items():
            try:
                texts[part] = _pem(app, part, value, _closed)
            except _ClosedError:
                continue
            except StackwardError as error:
                found.append(str(error))
        late = [
            problem
            for part, what in (("certificate", "its certificate"), ("chain", "a certificate of its chain"))
            if part in texts
            for problem in out_of_time(texts[part], now, what)
        ]
        found += [f"App {app.name}: {problem}; renew it, {_configure(stack)}." for problem in late]
        names[app.name] = names_of(texts.get("certificate", ""))
        if "key" in texts and "certificate" in texts and strangers(texts["certificate"], texts["key"]):
            found.append(_STRANGERS.format(app.name))
    return (*found, *_without_domains(stack, names))


def _without_domains(stack: Stack, names: Mapping[str, tuple[str, ...] | None]) -> Iterator[str]:
    """Yield which domains no certificate is for, where the names of all are known.

    Load balancers present whichever is for the name that a client asks for, also that of another app.
    """
    if any(its is None for its in names.values()):
        return
    everything = [name for its in names.values() for name in its or ()]
    for app, its in names.items():
        if missing := uncovered(stack.apps[app].domains, everything):
            said = f"is for {_listed(its)}" if its else "names no host (subjectAltName)"
            yield (
                f"App {app}: its certificate {said}, and browsers refuse it for {_listed(missing)}; "
                f"get one that names {'it' if len(missing) == 1 else 'them'}, {_configure(stack)}."
            )


def _listed(names: Sequence[str]) -> str:
    *some, last = names
    return f"{', '.join(some)} and {last}" if some else last


class _ClosedError(Exception):
    """Something is encrypted."""


def _closed(_text: str) -> str:
    raise _ClosedError


def _configure(stack: Stack) -> str:
    layers = (layer for layer in stack.layers.values() if layer.uses is not None and built_in(layer).balances)
    names = "".join(f" --layer {layer.name}" for layer in layers)
    return f"then run stackward configure{names}"


def _brought(stack: Stack) -> Iterator[tuple[App, dict[str, str | Secret]]]:
    """Yield the apps that bring a certificate of their own, with its parts."""
    for app in stack.apps.values():
        tls = app.tls
        if tls is not None and tls.certificate is not None:
            parts = {"certificate": tls.certificate, "chain": tls.chain, "key": tls.key}
            yield app, {part: value for part, value in parts.items() if value is not None}


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
