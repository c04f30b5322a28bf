"""The form of what may reach the instances of a layer."""

from __future__ import annotations

from typing import Annotated, Any

from stackward.definition import ingress_values
from stackward.definition.fields import read

_PORTS = {
    "anyOf": [{"type": "integer", "minimum": 1, "maximum": 65535}, {"type": "string", "pattern": "^[0-9]+-[0-9]+$"}]
}
_SOURCE = {"type": "string", "minLength": 1}
_RULE = {
    "type": "object",
    "properties": {
        "ports": _PORTS,
        "protocol": {"enum": list(ingress_values.PROTOCOLS)},
        "from": {"anyOf": [_SOURCE, {"type": "array", "items": _SOURCE, "minItems": 1}]},
    },
    "required": ["from"],
    "additionalProperties": False,
}
IngressItem = Annotated[
    Any,
    *read(ingress_values.ingress, {"anyOf": [{"const": ingress_values.DEFAULT}, {"type": "array", "items": _RULE}]}),
]
