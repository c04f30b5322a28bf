"""The form of the load balancers in front of a layer."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stackward.definition import balancer_values
from stackward.definition.fields import read
from stackward.definition.form import Form
from stackward.definition.machine_form import Port

TargetGroup = Annotated[
    str, *read(balancer_values.target_group, {"type": "string", "pattern": f"^({balancer_values.TARGET_GROUP})$"})
]
Classic = Annotated[
    str, *read(balancer_values.classic, {"type": "string", "pattern": f"^({balancer_values.CLASSIC})$"})
]


class BalancerForm(Form):
    """A load balancer that you keep, which the layer's instances are registered with while they are online."""

    target_group: TargetGroup | None = Field(
        default=None, description="A target group of an ALB or NLB, by name or ARN.", examples=["shop-web"]
    )
    classic: Classic | None = Field(default=None, description="A classic load balancer, by name.", examples=["shop"])
    port: Port | None = Field(
        default=None,
        description="Where the instances answer; the target group's own port unless given.",
        examples=[8000],
    )
