"""Reads a stack file: text in, a Stack or every mistake of the file out."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from hashlib import sha256
from itertools import chain
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from stackward.definition import (
    balancer_values,
    baseline_checks,
    deploy_values,
    document,
    form_errors,
    healing_values,
    ingress_values,
    layer_settings,
    limit_checks,
    machine_values,
    metrics_checks,
    names,
    one_of_a_kind,
    places,
    plugin_types,
    pools,
    ports,
    provider_options,
    raw,
    rds_checks,
    references,
    scalar,
    scaling_checks,
    schedules,
    source_values,
    standing,
    tls_parts,
    volumes,
)
from stackward.definition.built_in import BuiltInLayers
from stackward.definition.compile import compiled
from stackward.definition.file_form import StackForm
from stackward.definition.identity import Identity, identity
from stackward.definition.mistake import Finding, Mistake, Path, dotted
from stackward.definition.model import Stack
from stackward.definition.role_places import RolePlaces
from stackward.definition.state_url import state_url
from stackward.errors import DefinitionError

STATE_VARIABLE = "STACKWARD_STATE"
"""The environment variable that wins over `state` of the file."""

LARGEST_FILE = 16 * 1024 * 1024
"""The most bytes that a stack file may have."""


def load(
    path: str,
    *,
    environment: Mapping[str, str],
    roles: RolePlaces | None = None,
    built_in: BuiltInLayers | None = None,
) -> Stack:
    """Read the stack file at `path`.

    `environment` is that of the process; `roles` where roles are, None to take it that they exist; `built_in` the
    layers that `uses` may name, Stackward's own unless given. Raises DefinitionError, which holds every mistake as
    "file:line: path.of.key: what is wrong; what would be right".
    """
    return load_text(_text(path), path, environment=environment, roles=roles, built_in=built_in)


def identify(path: str, *, environment: Mapping[str, str]) -> Identity | None:
    """Say whose the stack file at `path` is, whatever else is wrong in it; None where that is not to be known.

    Raises DefinitionError for a file that cannot be read.
    """
    state, wrong = _state(environment)
    return None if wrong else identity(_text(path), places.Places.of(path), state)


def _text(path: str) -> str:
    try:
        return _content(path).decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise _refused(path, [(line, (), Mistake("is not UTF-8 text", "save the file as UTF-8"))]) from None
    except Mistake as mistake:
        raise _refused(path, [(1, (), mistake)]) from None


def load_text(
    text: str,
    path: str,
    *,
    environment: Mapping[str, str],
    roles: RolePlaces | None = None,
    built_in: BuiltInLayers | None = None,
    files: bool = True,
) -> Stack:
    """Read the text of a stack file that is, was or would be at `path`. See `load`.

    `files` says whether the files that it names are looked for.
    """
    if not scalar.encodable(text):
        raise _refused(path, [(1, (), scalar.not_unicode())])
    try:
        file = document.read(text)
    except document.SyntaxMistake as error:
        raise _refused(path, [(error.line, (), error.mistake)]) from None
    if not isinstance(file.data, dict):
        found = file.findings or [((), _no_mapping(text))]
        raise _refused(path, _located(file, found))
    data = standing.expanded(pools.expanded(file.data))
    built_in = _built_in(data) if built_in is None else built_in
    form, wrong = _form(data)
    checks = chain(
        wrong,
        layer_settings.findings(data, built_in),
        references.findings(data, built_in),
        one_of_a_kind.findings(data, built_in),
        ports.findings(data, built_in),
        names.findings(data, file.line),
        volumes.findings(data),
        balancer_values.findings(data),
        ingress_values.findings(data),
        schedules.findings(data),
        scaling_checks.findings(data),
        pools.findings(file.data),
        standing.findings(file.data),
        rds_checks.findings(file.data),
        metrics_checks.findings(data),
        healing_values.findings(data),
        baseline_checks.findings(data),
        limit_checks.findings(data),
        machine_values.findings(data),
        deploy_values.findings(data),
        provider_options.findings(data),
        source_values.findings(data),
        _files(data, places.Places.of(path), environment, roles, built_in) if files else (),
    )
    state, state_findings = _state(environment)
    problems = [*_located(file, chain(_outside(checks, file), state_findings))]
    if problems or file.findings or form is None:
        raise _refused(path, [*_located(file, file.findings), *problems])
    return compiled(
        form,
        data,
        path=places.absolute(path),
        digest=sha256(text.encode()).hexdigest(),
        state=state,
    )


def _files(
    data: Any, where: places.Places, environment: Mapping[str, str], roles: RolePlaces | None, built_in: BuiltInLayers
) -> Iterable[Finding]:
    """Return what is wrong with the files that the file names."""
    return chain(
        plugin_types.findings(data, where, environment),
        places.findings(data, where, roles),
        tls_parts.findings(data, where, built_in),
    )


def _built_in(data: Any) -> BuiltInLayers:
    """Return Stackward's own layers, where the file names any: they are a sixth of all that is imported to read it."""
    if all(raw.text(data, "layers", name, "uses") is None for name in raw.mapping(data, "layers")):
        return {}
    from stackward.layers import BUILT_IN

    return BUILT_IN


_READABLE = "name a stack file that you may read"


def _content(path: str) -> bytes:
    """Return the bytes of a regular file. Raises Mistake."""
    try:
        file = FilePath(path)
        found = file.stat()
        content = file.read_bytes() if stat.S_ISREG(found.st_mode) and found.st_size <= LARGEST_FILE else None
    except OSError as error:
        raise Mistake(f"cannot be read ({error.strerror})", _READABLE) from None
    except ValueError:
        raise Mistake("is not a path", _READABLE) from None
    if content is None:
        raise _no_stack_file(found)
    return content


def _no_stack_file(found: os.stat_result) -> Mistake:
    if stat.S_ISDIR(found.st_mode):
        return Mistake("is a folder", _READABLE)
    if not stat.S_ISREG(found.st_mode):
        return Mistake("is not a regular file", _READABLE)
    return Mistake(f"has {found.st_size:,} bytes", f"a stack file may have {LARGEST_FILE:,} at most")


def _form(data: Any) -> tuple[StackForm | None, list[Finding]]:
    try:
        return StackForm.model_validate(data), []
    except ValidationError as error:
        return None, list(form_errors.findings(error, StackForm, data))


def _state(environment: Mapping[str, str]) -> tuple[str | None, list[Finding]]:
    """Return the state address of the environment, if there is one."""
    value = environment.get(STATE_VARIABLE)
    if not value:
        return None, []
    try:
        return state_url(value), []
    except Mistake as mistake:
        wrong = f"the environment variable {STATE_VARIABLE} wins over the file: {mistake.wrong}"
        return None, [(("state",), Mistake(wrong, mistake.right))]


def _outside(findings: Iterable[Finding], file: document.Document) -> Iterable[Finding]:
    """Yield findings but those about what could not even be read as YAML, which is reported already."""
    for path, mistake in findings:
        if not any(path[:length] in file.unread for length in range(1, len(path) + 1)):
            yield path, mistake


_Problem = tuple[int, Path, Mistake]


def _located(file: document.Document, findings: Iterable[Finding]) -> Iterable[_Problem]:
    own = file.lines if findings is file.findings else {}
    for position, (path, mistake) in enumerate(findings):
        yield own.get(position, file.line(path)), path, mistake


def _refused(path: str, problems: Iterable[_Problem]) -> DefinitionError:
    """Return the error for a person: sorted by line, nothing said twice."""
    ordered = sorted(problems, key=lambda problem: problem[0])
    lines = (f"{path}:{line}: {dotted(where)}: {mistake.wrong}; {mistake.right}" for line, where, mistake in ordered)
    return DefinitionError(tuple(dict.fromkeys(lines)))


def _no_mapping(text: str) -> Mistake:
    """What is wrong with a text that is YAML, but no mapping."""
    if text.startswith("$ANSIBLE_VAULT;"):
        return Mistake(
            "is encrypted as a whole",
            "decrypt it (ansible-vault decrypt), and encrypt single values: ansible-vault encrypt_string",
        )
    return Mistake("is not a stack file", "write a mapping: plugin: stackward.ops.stack …")
