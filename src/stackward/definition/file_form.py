"""The form of a whole stack file, of which the JSON Schema is made. Layers, instances and apps have forms of their own.

A key that Stackward will take one day is in `later` of its form and is refused with a sentence that says so.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from stackward.definition import baseline_form, host_pattern, values
from stackward.definition.app_form import AppForm
from stackward.definition.controller_form import ControllerForm
from stackward.definition.database_form import DatabaseForm
from stackward.definition.fields import Attributes, FilePath, ProviderType, TimeZone, read, text
from stackward.definition.form import Form
from stackward.definition.instance_form import InstanceForm
from stackward.definition.layer_form import LayerForm
from stackward.definition.metrics_form import SourceForm, SourceName
from stackward.definition.model import RETENTION
from stackward.definition.state_url import state_url


def _instance_names(value: Any) -> str:
    host_pattern.parse(value)
    return str(value)


_NAME_RULE = "lower-case letters, digits and {}, a letter first, 32 characters at most"
_LAYER_PATTERN = "[a-z][a-z0-9_]{0,31}"
StackName = Annotated[str, *text("[a-z][a-z0-9-]{0,31}", _NAME_RULE.format("hyphens"), "shop")]
LayerName = Annotated[str, *text(_LAYER_PATTERN, _NAME_RULE.format("underscores"), "web")]
AppName = Annotated[str, *text("[a-z][a-z0-9_-]{0,31}", _NAME_RULE.format("hyphens or underscores"), "storefront")]
InstanceNames = Annotated[
    str,
    *read(_instance_names, {"type": "string", "pattern": r"^[a-z\[](?:[a-z0-9-]|\[[a-z0-9]*:[a-z0-9]+(:[0-9]+)?\])*$"}),
]
StateUrl = Annotated[str, *read(state_url, {"type": "string"})]
Retention = Annotated[
    float | None,
    *read(
        values.retention,
        {"anyOf": [{"type": "string", "pattern": f"^{values.RETENTION}$"}, {"const": values.FOREVER}]},
    ),
]


class ProviderForm(Form):
    """The provider that makes the machines, and its own options."""

    model_config = ConfigDict(extra="allow")
    type: ProviderType = Field(description="Name of the provider.", examples=["container"])


class StackForm(Form):
    """A whole stack file."""

    plugin: Literal["stackward.ops.stack"] = Field(
        description="Makes the file an inventory of Ansible.", examples=["stackward.ops.stack"]
    )
    name: StackName = Field(description="Name of the stack.", examples=["shop"])
    state: StateUrl | None = Field(
        default=None, description="Where the state is kept: sqlite:///path or postgresql://user@host/database."
    )
    data: FilePath | None = Field(default=None, description="Folder for keys, known hosts and fetched sources.")
    timezone: TimeZone = Field(default="UTC", description="IANA time zone.")
    provider: ProviderForm = Field(
        description="What makes the machines.", examples=[{"type": "container", "image": "debian-12"}]
    )
    controller: ControllerForm | None = Field(
        default=None,
        description="The controller service; without one there are no agents.",
        examples=[{"url": "https://stackward.example.com:8470"}],
    )
    retention: Retention = Field(
        default=RETENTION,
        description="How long the journal and ended commands are kept.",
        json_schema_extra={"default": "180d"},
        examples=["2y", "forever"],
    )
    attributes: Attributes = Field(description="Custom attributes of the stack.")
    layers: dict[LayerName, LayerForm] = Field(
        description="The layers, in the order in which they run.",
        examples=[{"web": {"uses": "python_app"}}],
        min_length=1,
    )
    instances: dict[InstanceNames, InstanceForm] = Field(
        description="The instances.", examples=[{"web1": {"layers": ["web"]}}], min_length=1
    )
    apps: dict[AppName, AppForm] = Field(
        default={},
        description="The apps.",
        examples=[{"storefront": {"layers": ["web"], "source": {"type": "directory", "path": "../apps/storefront"}}}],
    )
    databases: dict[LayerName, DatabaseForm] = Field(
        default={},
        description="Databases that are no layers: registered, or made by the provider.",
        examples=[{"main": {"engine": "postgresql"}}],
    )
    users: baseline_form.Users = Field(description="People with accounts on all instances.")
    metrics: dict[SourceName, SourceForm] | None = Field(
        default=None,
        description="Where measurements come from; by SSH from the layers that scale by load, unless given.",
        examples=[{"vitals": {"type": "ssh"}}],
    )
    compose: dict[str, str] = Field(
        default={}, description="Ansible's constructed variables.", examples=[{"rack": "inventory_hostname[:2]"}]
    )
    groups: dict[str, str | bool] = Field(
        default={},
        description="Ansible's constructed groups.",
        examples=[{"even": "inventory_hostname is search('[02468]$')"}],
    )
    keyed_groups: list[dict[str, Any]] = Field(
        default=[], description="Ansible's keyed groups.", examples=[[{"key": "rack", "prefix": "rack"}]]
    )
    strict: bool = Field(default=False, description="Whether a failing expression of those is an error.")
    leading_separator: bool = Field(default=True, description="Whether a keyed group may start with its separator.")
    use_extra_vars: bool = Field(default=False, description="Whether those may use extra variables.")
