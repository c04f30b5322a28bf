"""The form of a layer's `scaling`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from stackward.definition import scaling_values
from stackward.definition.duration_field import Duration, PositiveDuration
from stackward.definition.fields import read, text
from stackward.definition.form import Form
from stackward.definition.load_scaling import DEFAULT, DOWN, UP, Target
from stackward.definition.pools import HOSTNAME

METRIC = "[a-z][a-z0-9_]{0,63}"
ALARM = r"[A-Za-z0-9][A-Za-z0-9_.:/ -]{0,254}"

_PERCENT = {
    "anyOf": [
        {"type": "number", "exclusiveMinimum": 0, "maximum": 100},
        {"type": "string", "pattern": f"^{scaling_values.PERCENT}$"},
    ]
}

_TOLERANCE = {
    "anyOf": [
        {"type": "number", "minimum": 0, "maximum": 50},
        {"type": "string", "pattern": f"^{scaling_values.PERCENT}$"},
    ]
}

Percent = Annotated[float, *read(scaling_values.percent, _PERCENT)]
Tolerance = Annotated[float, *read(scaling_values.tolerance, _TOLERANCE)]
Threshold = Annotated[float, *read(scaling_values.threshold, {"type": "number", "exclusiveMinimum": 0})]
Count = Annotated[int, *read(scaling_values.count, {"type": "integer", "minimum": 1})]
Bound = Annotated[int, *read(scaling_values.bound, {"type": "integer", "minimum": 0})]
Metric = Annotated[
    str,
    *text(METRIC, "lower-case letters, digits and underscores, a letter first", "requests"),
]
Alarm = Annotated[
    str,
    *text(ALARM, "the name of an alarm", "latency-high"),
]


PoolHostname = Annotated[
    str,
    *text(HOSTNAME, "a name in lower-case letters, digits and hyphens with {n}", "web-{n}"),
]


class MetricsForm(Form):
    """Values for metrics: those that every instance has, and the user's own by their names."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Threshold] = Field(init=False)
    cpu: Percent | None = Field(default=None, description="CPU in use, percent.", examples=[80])
    memory: Percent | None = Field(default=None, description="Memory in use, percent.", examples=[80])
    load: Threshold | None = Field(default=None, description="Load average per core.", examples=[1.5])


class UpForm(MetricsForm):
    """When instances are added."""

    alarms: list[Alarm] = Field(default=[], description="Alarms that add.", examples=[["latency-high"]])
    hold: PositiveDuration = Field(default=UP.hold, alias="for", description="How long it must be so.", examples=["5m"])
    add: Count = Field(default=UP.step, description="How many are added at once.")
    then_wait: Duration = Field(default=UP.wait, description="How long nothing is added then.", examples=["5m"])


class DownForm(MetricsForm):
    """When instances are removed."""

    alarms: list[Alarm] = Field(default=[], description="Alarms that remove.", examples=[["queue-empty"]])
    hold: PositiveDuration = Field(
        default=DOWN.hold, alias="for", description="How long it must be so.", examples=["10m"]
    )
    remove: Count = Field(default=DOWN.step, description="How many are removed at once.")
    then_wait: Duration = Field(default=DOWN.wait, description="How long nothing is removed then.", examples=["10m"])


class TargetForm(MetricsForm):
    """Values that are to be kept."""

    up_for: PositiveDuration = Field(
        default=Target({}).up_hold,
        description="How long it must be above to add; half of it, far above.",
        examples=["2m"],
    )
    down_for: PositiveDuration = Field(
        default=Target({}).down_hold, description="How long it must be below to remove.", examples=["15m"]
    )


class ReversalsForm(Form):
    """How often the direction may turn before nothing is removed any more."""

    most: Annotated[int, *read(scaling_values.reversals, {"type": "integer", "minimum": 2, "maximum": 100})] = Field(
        default=DEFAULT.reversals, description="How many turns."
    )
    within: PositiveDuration = Field(default=DEFAULT.reversals_within, description="Within how long.", examples=["4h"])


class LoadForm(Form):
    """Scaling by load."""

    up: UpForm | None = Field(default=None, description="When instances are added.", examples=[{"cpu": 80}])
    down: DownForm | None = Field(default=None, description="When instances are removed.", examples=[{"cpu": 30}])
    target: TargetForm | None = Field(default=None, description="Values to keep instead.", examples=[{"cpu": 55}])
    minimum: Bound = Field(
        default=DEFAULT.minimum, alias="min", description="The fewest instances of the layer at work."
    )
    maximum: Bound | None = Field(
        default=None, alias="max", description="The most instances of the layer at work; all of them unless given."
    )
    policy: Literal["enforce", "recommend"] = Field(default="enforce", description="Act, or only say what to do.")
    tolerance: Tolerance = Field(
        default=DEFAULT.tolerance * 100, description="The part of a value that makes no difference, percent."
    )
    warm_up: Duration = Field(
        default=DEFAULT.warm_up, description="How long the metrics of a new instance do not count."
    )
    reversals: ReversalsForm = Field(default=ReversalsForm(), description="A bound on turns.", examples=[{"most": 4}])
    metrics: list[Metric] = Field(default=[], description="Names of your own metrics.", examples=[["requests"]])


class PoolForm(Form):
    """Instances of a layer that nobody names one by one: made when they are wanted, removed when they are not."""

    minimum: Bound = Field(default=1, alias="min", description="The fewest instances of the layer at work.")
    maximum: Count = Field(alias="max", description="How many instances the pool has at most.", examples=[10])
    hostname: PoolHostname | None = Field(
        default=None, description="Their names, with {n} for a number.", examples=["web-{n}"]
    )
    warm: Bound = Field(default=0, description="How many of those that are not wanted are kept, stopped.")


class ScalingForm(Form):
    """How many instances of the layer are at work."""

    load: LoadForm = Field(description="Scaling by load.", examples=[{"up": {"cpu": 80}, "down": {"cpu": 30}}])
