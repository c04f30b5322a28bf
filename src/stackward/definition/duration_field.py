"""How a duration is written in a form, and what the schema says of it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from stackward.definition import values

DURATION_SCHEMA: dict[str, Any] = {
    "anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": f"^(?=.){values.DURATION}$"}]
}

Duration = Annotated[float, PlainValidator(values.duration), WithJsonSchema(DURATION_SCHEMA)]
"""Seconds; none at all will do."""

PositiveDuration = Annotated[float, PlainValidator(values.positive_duration), WithJsonSchema(DURATION_SCHEMA)]
"""Seconds, more than none."""
