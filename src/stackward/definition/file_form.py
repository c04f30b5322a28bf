"""The form of a stack file: its keys and the type of each value. What the JSON Schema is made from.

A key that Stackward will take one day is in `later` of its form and is refused with a sentence that says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, PlainValidator, WithJsonSchema

from stackward.definition import baseline_form, host_pattern, schedule_reading, values
from stackward.definition.balancer_form import BalancerForm
from stackward.definition.controller_form import ControllerForm
from stackward.definition.database_form import DatabaseForm
from stackward.definition.deploy_form import DeployForm
from stackward.definition.duration_field import DURATION_SCHEMA, Duration, PositiveDuration
from stackward.definition.form import Form
from stackward.definition.healing_form import HealingForm
from stackward.definition.ingress_form import IngressItem
from stackward.definition.machine_form import Address, HostKey, Port, PowerForm, User, Zone
from stackward.definition.metrics_form import SourceForm, SourceName
from stackward.definition.mistake import Mistake, described
from stackward.definition.model import RETENTION, InstanceType, Secret
from stackward.definition.recipe_form import RecipeItem
from stackward.definition.scaling_form import PoolForm, ScalingForm
from stackward.definition.source_form import SourceItem
from stackward.definition.state_url import state_url
from stackward.definition.tls_form import TlsForm


def _text(pattern: str, rule: str, example: str) -> tuple[PlainValidator, WithJsonSchema]:
    return _read(values.text(pattern, rule, example), {"type": "string", "pattern": f"^{pattern}$"})


def _read(function: Callable[[Any], Any], schema: dict[str, Any]) -> tuple[PlainValidator, WithJsonSchema]:
    return PlainValidator(function), WithJsonSchema(schema)


def _instance_names(value: Any) -> str:
    host_pattern.parse(value)
    return str(value)


_NAME_RULE = "lower-case letters, digits and {}, a letter first, 32 characters at most"
_LAYER_PATTERN = "[a-z][a-z0-9_]{0,31}"
StackName = Annotated[str, *_text("[a-z][a-z0-9-]{0,31}", _NAME_RULE.format("hyphens"), "shop")]
LayerName = Annotated[str, *_text(_LAYER_PATTERN, _NAME_RULE.format("underscores"), "web")]
AppName = Annotated[str, *_text("[a-z][a-z0-9_-]{0,31}", _NAME_RULE.format("hyphens or underscores"), "storefront")]
InstanceNames = Annotated[
    str,
    *_read(
        _instance_names, {"type": "string", "pattern": r"^[a-z\[](?:[a-z0-9-]|\[[a-z0-9]*:[a-z0-9]+(:[0-9]+)?\])*$"}
    ),
]
ProviderType = Annotated[str, *_text("[a-z][a-z0-9_-]*", "the name of a provider in lower-case letters", "container")]
StateUrl = Annotated[str, *_read(state_url, {"type": "string"})]
Retention = Annotated[
    float | None,
    *_read(
        values.retention,
        {"anyOf": [{"type": "string", "pattern": f"^{values.RETENTION}$"}, {"const": values.FOREVER}]},
    ),
]
FilePath = Annotated[str, *_read(values.file_path, {"type": "string", "minLength": 1})]
TimeZone = Annotated[str, *_read(values.timezone, {"type": "string"})]
Size = Annotated[int, *_read(values.size, {"type": "string", "pattern": f"^{values.SIZE}$"})]
Mount = Annotated[str, *_text(values.MOUNT, "the absolute path of a folder", "/var/lib/postgresql")]
Type = Annotated[InstanceType, *_read(values.instance_type, {"enum": [item.value for item in InstanceType]})]
Domain = Annotated[str, *_text(values.DOMAIN, "a host name", "shop.example.com")]
EnvironmentKey = Annotated[
    str, *_text(values.ENVIRONMENT_KEY, "capital letters, digits and underscores, no digit first", "SECRET_KEY")
]
EnvironmentValue = Annotated[str | Secret, *_read(values.environment_value, {"type": ["string", "number", "boolean"]})]
StartAhead = Annotated[
    float | None, *_read(values.start_ahead, {"anyOf": [{"type": "boolean"}, *DURATION_SCHEMA["anyOf"]]})
]
# Read by `schedules`, which finds every mistake in them and not only the first.
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
Attributes = Annotated[dict[str, Any], Field(default_factory=dict, examples=[{"motd": "Shop"}])]


class ProviderForm(Form):
    """The provider that makes the machines, and its own options."""

    model_config = ConfigDict(extra="allow")
    type: ProviderType = Field(description="Name of the provider.", examples=["container"])


class OwnProviderForm(Form):
    """A provider of an instance alone, or options that it has beside or instead of the stack's."""

    model_config = ConfigDict(extra="allow")
    type: ProviderType | None = Field(default=None, description="Name of the provider; the stack's unless given.")


class LayerProviderForm(Form):
    """Options of the stack's provider that the machines of a layer have beside or instead of the stack's."""

    model_config = ConfigDict(extra="allow")


class RecipesForm(Form):
    """The user's own automation for each lifecycle event, in order."""

    setup: list[RecipeItem] = Field(default=[], description="After a boot.", examples=[["my_role"]])
    configure: list[RecipeItem] = Field(default=[], description="When the stack changes.", examples=[["my_role"]])
    deploy: list[RecipeItem] = Field(default=[], description="When an app is deployed.", examples=[["my_role"]])
    undeploy: list[RecipeItem] = Field(default=[], description="When an app is removed.", examples=[["my_role"]])
    shutdown: list[RecipeItem] = Field(default=[], description="Before a stop.", examples=[["my_role"]])


def _raid_level(value: Any) -> int:
    # A boolean would count as 0 or 1, and false does not mean an array of level 0.
    if type(value) is int and value in (0, 1, 10):
        return value
    raise Mistake(f"is {described(value)}", "write 0, 1 or 10")


RaidLevel = Annotated[int, *_read(_raid_level, {"enum": [0, 1, 10], "type": "integer"})]


class VolumeForm(Form):
    """A disk that outlives its instance's machine."""

    mount: Mount = Field(description="Where it is mounted.", examples=["/var/lib/postgresql"])
    size: Size | None = Field(default=None, description="Its size, such as 20G.")
    raid: RaidLevel | None = Field(
        default=None, description="The level at which it is made of several disks.", examples=[10]
    )
    disks: int | None = Field(
        default=None, description="Of how many; 2 unless given, 4 for level 10.", ge=2, le=8, examples=[4]
    )
    keep: bool = Field(default=True, description="Whether it stays when its instance is terminated.", examples=[False])


class LayerForm(Form):
    """Instances with one job. A built-in layer takes its own settings beside these keys."""

    model_config = ConfigDict(extra="allow")
    uses: str | None = Field(default=None, description="The built-in layer; none for a layer of your own.")
    recipes: RecipesForm = Field(
        default=RecipesForm(), description="Your automation.", examples=[{"setup": ["my_role"]}]
    )
    attributes: Attributes = Field(description="Custom attributes of the layer.")
    volumes: list[VolumeForm] = Field(
        default=[], description="Disks.", examples=[[{"mount": "/srv/data", "size": "20G"}]]
    )
    elastic_ip: bool = Field(default=False, description="Whether its instances have an additional address each.")
    provider: LayerProviderForm | None = Field(
        default=None, description="Options of the stack's provider for its machines.", examples=[{"image": "debian-13"}]
    )
    load_balancers: list[BalancerForm] = Field(
        default=[],
        description="Load balancers of yours, which its online instances are registered with.",
        examples=[[{"target_group": "shop-web"}]],
    )
    ingress: IngressItem | None = Field(
        default=None,
        description="What may reach its instances: default, or a list of rules; without it nobody limits it.",
        examples=[[{"ports": 8000, "from": "lb"}]],
    )
    drain: bool = Field(default=True, description="Whether an instance leaves the load balancer before it stops.")
    drain_timeout: Duration = Field(default=30.0, description="How long connections may take to end.")
    shutdown_timeout: Duration = Field(default=45.0, description="How long the shutdown event may take.")
    event_timeout: PositiveDuration = Field(default=1800.0, description="How long any other event may take.")
    boot_timeout: PositiveDuration = Field(
        default=300.0, description="How long a machine may take until its SSH server answers."
    )
    healing: HealingForm = Field(
        default=HealingForm(), description="What is done about instances that fail.", examples=[{"after": "5m"}]
    )
    timezone: TimeZone | None = Field(default=None, description="IANA time zone of the layer's schedules.")
    capacity: CapacityData = Field(
        default=None, description="How many time-based instances without a schedule of their own are wanted, and when."
    )
    start_ahead: StartAhead = Field(
        default=None, description="How long before it is wanted a time-based instance starts; true: as starts take."
    )
    pool: PoolForm | None = Field(
        default=None, description="Instances that nobody names one by one.", examples=[{"min": 1, "max": 10}]
    )
    scaling: ScalingForm | None = Field(
        default=None, description="How many instances are at work.", examples=[{"load": {"min": 2}}]
    )
    users: baseline_form.Users = Field(description="People with accounts on the layer's instances.")
    packages: baseline_form.PackageList = Field(description="Packages of the distribution.")
    updates: baseline_form.UpdateTime = Field(
        default="on_request", description="When updates of the distribution are installed."
    )
    services: baseline_form.Services = Field(description="systemd units that run, or do not.")
    cron: baseline_form.CronJobs = Field(description="Commands at certain times.")
    ntp: baseline_form.TimeServers = Field(default=None, description="Whether the clock is set, and by which servers.")
    sysctl: baseline_form.KernelParameters = Field(description="Parameters of the kernel.")
    limits: baseline_form.Limits = Field(description="Limits of sessions and services.")
    logrotate: baseline_form.Rotations = Field(description="Log files that are rotated.")


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


class AppForm(Form):
    """Code that runs on the instances of some layers."""

    layers: list[str] = Field(description="The layers that run the app.", examples=[["web"]], min_length=1)
    source: SourceItem = Field(
        description="Where the code is.", examples=[{"type": "git", "url": "https://git.example.com/storefront.git"}]
    )
    database: str | None = Field(default=None, description="The layer or the database that holds the app's data.")
    domains: list[Domain] = Field(default=[], description="Host names of the app.", examples=[["shop.example.com"]])
    tls: TlsForm | None = Field(
        default=None, description="HTTPS at the load balancers.", examples=[{"certificate": "generated"}]
    )
    environment: dict[EnvironmentKey, EnvironmentValue] = Field(
        default={}, description="Environment variables of the app.", examples=[{"LANGUAGE": "de"}]
    )
    attributes: Attributes = Field(description="Custom attributes of the app.")
    deploy: DeployForm = Field(default=DeployForm(), description="How it is deployed.", examples=[{"keep": 5}])


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
