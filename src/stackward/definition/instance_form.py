"""The form of an instance, or of several alike, also of machines that somebody owns."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from stackward.definition import values
from stackward.definition.fields import Attributes, FilePath, ProviderType, TimeZone, read
from stackward.definition.form import Form
from stackward.definition.machine_form import Address, HostKey, Port, PowerForm, User, Zone
from stackward.definition.model import InstanceType
from stackward.definition.schedule_fields import ScheduleData
from stackward.definition.volume_form import VolumeForm

Type = Annotated[InstanceType, *read(values.instance_type, {"enum": [item.value for item in InstanceType]})]


class OwnProviderForm(Form):
    """A provider of an instance alone, or options that it has beside or instead of the stack's."""

    model_config = ConfigDict(extra="allow")
    type: ProviderType | None = Field(default=None, description="Name of the provider; the stack's unless given.")


class InstanceForm(Form):
    """A machine, or several alike under a pattern of names such as web[1:3]."""

    layers: list[str] = Field(
        description="The layers of the instance. Only a machine that you own may be in none.", examples=[["web"]]
    )
    type: Type = Field(default=InstanceType.ALWAYS, description="How its running time is decided.")
    elastic_ip: bool | None = Field(
        default=None, description="Whether it has an additional address that it keeps; as its layers say, unless given."
    )
    volumes: list[VolumeForm] = Field(
        default=[],
        description="Disks of its own, beside or instead of its layers'.",
        examples=[[{"mount": "/srv/data", "size": "200G"}]],
    )
    attributes: Attributes = Field(description="Custom attributes of the instance.")
    provider: OwnProviderForm | None = Field(
        default=None, description="Its own provider, or options of its own.", examples=[{"type": "container"}]
    )
    address: Address | None = Field(
        default=None, description="Where a machine is that you own.", examples=["192.0.2.10"]
    )
    port: Port | None = Field(default=None, description="The port of its SSH server.", examples=[22])
    user: User | None = Field(
        default=None, description="Who logs in there; anybody but root uses sudo.", examples=["admin"]
    )
    key: FilePath | None = Field(
        default=None,
        description="A private key that it admits already, instead of the stack's.",
        examples=["~/.ssh/rack"],
    )
    host_keys: list[HostKey] | None = Field(
        default=None,
        description="Its public host keys, if they are not to be believed at registration.",
        min_length=1,
        examples=[["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXA"]],
    )
    platform: Literal["linux", "windows"] | None = Field(
        default=None, description="What it runs; on Windows only recipes of your own.", examples=["windows"]
    )
    connection: Literal["ssh", "psrp", "winrm"] | None = Field(
        default=None, description="How Ansible gets to it; PSRP for Windows, else SSH.", examples=["winrm"]
    )
    power: PowerForm | None = Field(
        default=None,
        description="Commands that switch it on and off.",
        examples=[{"start": "wakeonlan 52:54:00:12:34:56"}],
    )
    zone: Zone | None = Field(
        default=None,
        description="What it shares with others that can be lost together: a rack, a room, a site.",
        examples=["rack-1"],
    )
    timezone: TimeZone | None = Field(default=None, description="IANA time zone of its schedule.")
    schedule: ScheduleData = Field(default=None, description="When a time-based instance is wanted.")
