"""The fields with schedules. `schedules` reads them, which finds every mistake in them and not only the first."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import WithJsonSchema

from stackward.definition import schedule_reading

ScheduleData = Annotated[Any, WithJsonSchema({"anyOf": [schedule_reading.schema(), {"type": "null"}]})]
CapacityData = Annotated[
    Any,
    WithJsonSchema(
        {
            "type": ["array", "null"],
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    "instances": {"type": "integer", "minimum": 1},
                    "during": schedule_reading.schema(),
                },
                "required": ["instances", "during"],
                "additionalProperties": False,
            },
        }
    ),
]
