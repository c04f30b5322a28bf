"""Whose a stack file is and where its state is, whatever else of the file is wrong."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from pydantic import ConfigDict, ValidationError

from stackward.definition import document
from stackward.definition.fields import FilePath
from stackward.definition.file_form import StackName, StateUrl
from stackward.definition.form import Form
from stackward.definition.places import Places
from stackward.definition.state_url import folder_and_state

_KEYS = ("name", "state", "data")
_LINE = re.compile(rf"^(?:{'|'.join(_KEYS)}):.*$", re.MULTILINE)


class Identity(NamedTuple):
    """The name of a stack and the address of its state."""

    name: str
    state: str


class _IdentityForm(Form):
    """What of a stack file says it."""

    model_config = ConfigDict(extra="ignore")
    name: StackName
    state: StateUrl | None = None
    data: FilePath | None = None


def identity(text: str, places: Places, state: str | None) -> Identity | None:
    """Return the identity of a stack file with this text, None where the text leaves it open.

    `state` is the address that wins over the file's.
    """
    try:
        form = _IdentityForm.model_validate(_given(text))
    except ValidationError:
        return None
    _, address = folder_and_state(form.name, form.data, state or form.state, places)
    return Identity(form.name, address)


def _given(text: str) -> Any:
    """Return the data of the text; of one that is no YAML, that of its lines, None where they contradict each other."""
    try:
        file = document.read(text)
    except document.SyntaxMistake:
        return _lines(text)
    return None if any(path[:1] == (key,) for path, _ in file.findings for key in _KEYS) else file.data


def _lines(text: str) -> Any:
    try:
        # Nothing is set in: in a mapping, such a line is always a key of the whole file. Two of a key are refused here.
        file = document.read("\n".join(_LINE.findall(text)))
    except document.SyntaxMistake:
        return None
    return None if file.findings else file.data
