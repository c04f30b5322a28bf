"""How a duration is written in a form, and what the schema says of it."""

from __future__ import annotations

from typing import Annotated, Any

from stackward.definition import values
from stackward.definition.fields import read

DURATION_SCHEMA: dict[str, Any] = {
    "anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": f"^(?=.){values.DURATION}$"}]
}

Duration = Annotated[float, *read(values.duration, DURATION_SCHEMA)]
"""Seconds; none at all will do."""

PositiveDuration = Annotated[float, *read(values.positive_duration, DURATION_SCHEMA)]
"""Seconds, more than none."""
