"""Settings that end up in the configuration of a service: what it would not take, or would read as something else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, InstanceOf, WithJsonSchema

from stackward.definition.mistake import Mistake
from stackward.definition.model import Secret


def is_one_line(text: str) -> bool:
    """Whether a text has printable characters alone."""
    return not any(ord(character) < 32 or ord(character) == 127 for character in text)


def _password(value: str | Secret) -> str | Secret:
    # What is encrypted is looked at once it is opened. A message must not show a password.
    if isinstance(value, str) and not value:
        raise Mistake("is an empty password, with which everybody would be let in", "write a password, or leave it out")
    if isinstance(value, str) and not is_one_line(value):
        raise Mistake("is not one line of printable characters", "write a password without line breaks and tabs")
    return value


def _parameter(value: str | float) -> str | float:
    if isinstance(value, str) and not is_one_line(value):
        raise Mistake("is not one line of printable characters", "write a value without line breaks and tabs")
    return value


def free_of(names: frozenset[str]) -> Callable[[str], str]:
    """Return a check that refuses these parameters of a server, in whichever spelling."""

    def check(name: str) -> str:
        if name.replace("-", "_").lower() in names:
            raise Mistake(f"{name} is where the layer and its apps look for the server", "leave it out")
        return name

    return check


Password = Annotated[str | InstanceOf[Secret], AfterValidator(_password), WithJsonSchema({"type": "string"})]
"""A password that may be vault-encrypted in the stack file. It must be decrypted before a layer compiles."""

ParameterValue = Annotated[str | bool | int | float, AfterValidator(_parameter)]
"""What a parameter of a server is set to."""
