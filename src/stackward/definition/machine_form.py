"""The forms of machines that somebody owns: where they are, who logs in, and how they are switched on and off."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stackward.definition import machine_values
from stackward.definition.fields import read
from stackward.definition.form import Form

_WORDS = {
    "anyOf": [
        {"type": "string", "minLength": 1},
        {"type": "array", "items": {"type": "string"}, "minItems": 1},
    ]
}

Address = Annotated[str, *read(machine_values.address, {"type": "string", "minLength": 1})]
Port = Annotated[int, *read(machine_values.port, {"type": "integer", "minimum": 1, "maximum": 65535})]
User = Annotated[str, *read(machine_values.user, {"type": "string", "pattern": f"^{machine_values.USER}$"})]
Zone = Annotated[str, *read(machine_values.zone, {"type": "string", "pattern": f"^{machine_values.ZONE}$"})]
Command = Annotated[tuple[str, ...], *read(machine_values.command, _WORDS)]
HostKey = Annotated[
    str, *read(machine_values.host_key, {"type": "string", "pattern": f"^{machine_values.HOST_KEY}( .*)?$"})
]


class PowerForm(Form):
    """Commands that the controller runs to switch a machine. `{address}` and `{instance}` in them are filled in."""

    start: Command | None = Field(
        default=None, description="Switches it on.", examples=["ipmitool -H 192.0.2.110 -f var/bmc chassis power on"]
    )
    stop: Command | None = Field(
        default=None, description="Switches it off.", examples=["ipmitool -H 192.0.2.110 -f var/bmc chassis power soft"]
    )
    reboot: Command | None = Field(
        default=None,
        description="Restarts it, also when it hangs.",
        examples=["ipmitool -H 192.0.2.110 -f var/bmc chassis power cycle"],
    )
    status: Command | None = Field(
        default=None,
        description="Says on or off as its last word.",
        examples=["ipmitool -H 192.0.2.110 -f var/bmc chassis power status"],
    )


MACHINE_KEYS = ("address", "port", "user", "key", "host_keys", "power", "zone", "platform", "connection")
"""The keys of an instance that describe a machine that somebody owns."""
