"""The form of a layer: its recipes, disks, scaling, healing, and what its instances have without a recipe."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from stackward.definition import baseline_form, values
from stackward.definition.balancer_form import BalancerForm
from stackward.definition.duration_field import DURATION_SCHEMA, Duration, PositiveDuration
from stackward.definition.fields import Attributes, TimeZone, read
from stackward.definition.form import Form
from stackward.definition.healing_form import HealingForm
from stackward.definition.ingress_form import IngressItem
from stackward.definition.recipe_form import RecipeItem
from stackward.definition.scaling_form import PoolForm, ScalingForm
from stackward.definition.schedule_fields import CapacityData
from stackward.definition.volume_form import VolumeForm

StartAhead = Annotated[
    float | None, *read(values.start_ahead, {"anyOf": [{"type": "boolean"}, *DURATION_SCHEMA["anyOf"]]})
]


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
