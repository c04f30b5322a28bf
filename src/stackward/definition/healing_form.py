"""The form of a layer's `healing`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stackward.definition import healing_values
from stackward.definition.duration_field import PositiveDuration
from stackward.definition.fields import read
from stackward.definition.form import Form
from stackward.definition.model import Check

CheckItem = Annotated[
    Check,
    *read(
        healing_values.check,
        {
            "type": "object",
            "properties": {
                "http": {"type": "string", "pattern": f"^{healing_values.HTTP_TARGET}$"},
                "tcp": {"type": "integer", "minimum": 1, "maximum": 65535},
                "command": {"type": "string", "minLength": 1},
            },
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
        },
    ),
]
Remedies = Annotated[
    list[str],
    *read(
        healing_values.remedies,
        {"type": "array", "minItems": 1, "items": {"enum": [item.value for item in healing_values.REMEDIES]}},
    ),
]
Tries = Annotated[int, *read(healing_values.tries, {"type": "integer", "minimum": 1, "maximum": 20})]
Share = Annotated[float, *read(healing_values.share, {"type": "string", "pattern": f"^{healing_values.SHARE}$"})]
Reaction = Annotated[bool, *read(healing_values.reaction, {"enum": list(healing_values.REACTIONS)})]


class HealingForm(Form):
    """What is done about instances that fail."""

    enabled: bool = Field(default=True, description="Whether anything is done; one layer of an instance can forbid it.")
    after: PositiveDuration = Field(default=300.0, description="How long an instance is silent before it is lost.")
    remedies: Remedies = Field(
        default=["configure", "reboot", "restart"],
        description="What is done, one after the other: configure, reboot, restart, replace.",
        examples=[["configure", "reboot", "restart", "replace"]],
    )
    back_off: PositiveDuration = Field(
        default=60.0, description="How long after the first remedy the second may come; it doubles with each."
    )
    tries: Tries = Field(default=5, description="How many remedies are tried before it is for a person.")
    max_unavailable: Share = Field(
        default=0.1, description="How much of the layer may be in healing at a time; one instance may in any case."
    )
    check: CheckItem | None = Field(
        default=None, description="A health check of the layer.", examples=[{"http": ":8000/healthz"}]
    )
    on_failed_check: Reaction = Field(default=False, description="Whether a failing check is reported or healed.")
    on_outside_stop: Reaction = Field(
        default=False, description="Whether a machine that somebody else has stopped is reported or healed."
    )
