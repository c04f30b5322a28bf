"""The form of a stack's `controller`, and how its values are read."""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field

from stackward.definition import values
from stackward.definition.fields import FilePath, read
from stackward.definition.form import Form
from stackward.definition.mistake import Mistake, described, shown

_RIGHT = "write where instances reach `stackward serve`, such as https://stackward.example.com:8470"
_HOST = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|[0-9a-f:]*:[0-9a-f:.]*"
_PATH = r"(?:/[A-Za-z0-9._~-]+)*/?"
_PORTS = {"http": 80, "https": 443}

SHORTEST_HEARTBEAT = 1.0
LONGEST_HEARTBEAT = 300.0


def url(value: Any) -> str:
    """Return the URL of a controller, which holds a scheme, a host, and perhaps a port and a path."""
    if not isinstance(value, str):
        raise Mistake(f"is {described(value)}", _RIGHT)
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise Mistake(f"{shown(value)} is no URL", _RIGHT) from error
    if parts.scheme not in _PORTS:
        raise Mistake(f"{shown(value)} begins with neither http:// nor https://", _RIGHT)
    if not re.fullmatch(_HOST, parts.hostname or "", re.ASCII) or port == 0:
        raise Mistake(f"{shown(value)} names no host", _RIGHT)
    if parts.username or parts.query or parts.fragment or not re.fullmatch(_PATH, parts.path, re.ASCII):
        raise Mistake(f"{shown(value)} is more than a scheme, a host, a port and a path", _RIGHT)
    return value


def heartbeat(value: Any) -> float:
    """Return the seconds between two heartbeats."""
    seconds = values.positive_duration(value)
    if not SHORTEST_HEARTBEAT <= seconds <= LONGEST_HEARTBEAT:
        raise Mistake(f"{shown(value)} is too short or too long", "write a duration from 1s to 5m, such as 30s")
    return seconds


def port_of(address: str) -> int:
    """Return the port of a URL that has been read."""
    parts = urlsplit(address)
    return parts.port or _PORTS[parts.scheme]


Url = Annotated[str, *read(url, {"type": "string", "pattern": r"^https?://[^\s/?#@]+(?:/[^\s?#]*)?$"})]
Heartbeat = Annotated[
    float,
    *read(heartbeat, {"anyOf": [{"type": "number"}, {"type": "string", "pattern": f"^(?=.){values.DURATION}$"}]}),
]


class ControllerForm(Form):
    """The controller service that the agents on the instances report to."""

    url: Url = Field(
        description="Where instances reach `stackward serve`.", examples=["https://stackward.example.com:8470"]
    )
    heartbeat: Heartbeat = Field(default=30.0, description="How often each agent reports.")
    authority: FilePath | None = Field(
        default=None,
        description="Certificate (PEM) of the authority that has signed the controller's; none: it makes its own.",
    )
