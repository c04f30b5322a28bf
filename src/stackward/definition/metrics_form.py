"""The form of `metrics`: where measurements come from."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from stackward.definition.duration_field import PositiveDuration
from stackward.definition.fields import text
from stackward.definition.form import Form
from stackward.definition.scaling_form import Metric

_WEB_ADDRESS = r"https?://[^\s/?#]+(?:/[^\s?#]*)?"
SOURCE = "[a-z][a-z0-9_]{0,31}"

SourceName = Annotated[
    str,
    *text(SOURCE, "lower-case letters, digits and underscores, a letter first", "vitals"),
]
SourceType = Annotated[
    str,
    *text(SOURCE, "the name of a kind of source in lower-case letters", "ssh"),
]
WebAddress = Annotated[
    str,
    *text(_WEB_ADDRESS, "an address that begins with http:// or https://", "http://127.0.0.1:9090"),
]


class SourceForm(Form):
    """A source of measurements, and its own options."""

    model_config = ConfigDict(extra="allow")
    type: SourceType = Field(description="The kind of source.", examples=["ssh"])
    every: PositiveDuration = Field(default=60.0, description="How often it is asked.", examples=["1m"])


class SshForm(Form):
    """Vitals of the instances, measured over SSH."""

    layers: list[str] | None = Field(default=None, description="Only instances of these layers.", examples=[["web"]])


class PrometheusForm(Form):
    """A Prometheus server, at an address or in a layer of the stack."""

    url: WebAddress | None = Field(default=None, description="Its address.", examples=["http://127.0.0.1:9090"])
    layer: str | None = Field(default=None, description="The layer that it runs in.", examples=["monitoring"])
    queries: dict[Metric, str] = Field(
        default={},
        description="PromQL by metric; one for cpu, memory, load or disk replaces the usual one.",
        examples=[{"requests": "sum by (instance) (rate(http_requests_total[1m]))"}],
    )


class CloudWatchMetricForm(Form):
    """A metric of Amazon CloudWatch."""

    namespace: str = Field(description="Its namespace.", examples=["AWS/SQS"], min_length=1)
    name: str = Field(description="Its name there.", examples=["ApproximateNumberOfMessagesVisible"], min_length=1)
    dimensions: dict[str, str] = Field(default={}, description="Its dimensions.", examples=[{"QueueName": "orders"}])
    statistic: str = Field(default="Average", description="Average, Sum, Maximum, p95 and so on.", min_length=1)
    of_each_instance: bool = Field(
        default=False, description="Whether each instance has one, by the dimension InstanceId."
    )


class CloudWatchForm(Form):
    """Amazon CloudWatch: its metrics, and the alarms that layers name."""

    region: str | None = Field(default=None, description="The region; by default that of the environment.")
    endpoint: WebAddress | None = Field(default=None, description="Another address than Amazon's own.")
    metrics: dict[Metric, CloudWatchMetricForm] = Field(
        default={},
        description="What is measured, by the name that it has in the stack file.",
        examples=[{"queue": {"namespace": "AWS/SQS", "name": "ApproximateNumberOfMessagesVisible"}}],
    )


BUILT_IN: dict[str, type[Form]] = {"ssh": SshForm, "prometheus": PrometheusForm, "cloudwatch": CloudWatchForm}
"""The options of the kinds of source that come along. Any other kind is a file of the project's own."""


def own(source: Any) -> dict[str, Any]:
    """Return the options among the keys of a source."""
    return {key: value for key, value in source.items() if key not in SourceForm.model_fields}
