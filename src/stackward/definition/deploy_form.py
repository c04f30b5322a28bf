"""The form of an app's `deploy`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from stackward.definition import deploy_values, healing_values, values
from stackward.definition.duration_field import DURATION_SCHEMA
from stackward.definition.fields import read
from stackward.definition.form import Form
from stackward.definition.model import Batch, Check
from stackward.definition.recipe_form import RecipeItem

_SIZE: dict[str, Any] = {
    "anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": f"^{deploy_values.SHARE}$"}]
}

Batches = Annotated[
    Batch | Mapping[str, Batch],
    *read(
        deploy_values.batches,
        {"anyOf": [*_SIZE["anyOf"], {"type": "object", "minProperties": 1, "additionalProperties": _SIZE}]},
    ),
]
Health = Annotated[
    tuple[Check, float],
    *read(
        deploy_values.health,
        {
            "type": "object",
            "properties": {
                "http": {"type": "string", "pattern": f"^{healing_values.HTTP_TARGET}$"},
                "tcp": {"type": "integer", "minimum": 1, "maximum": 65535},
                "command": {"type": "string", "minLength": 1},
                "within": DURATION_SCHEMA,
            },
            "minProperties": 1,
            "additionalProperties": False,
        },
    ),
]
Command = Annotated[str, *read(deploy_values.command, {"type": "string", "minLength": 1})]
Keep = Annotated[int, *read(values.keep, {"type": "integer", "minimum": 1, "maximum": 100})]


class HooksForm(Form):
    """The user's own automation before and after each step of a deploy, on each instance."""

    before_drain: list[RecipeItem] = Field(default=[], description="Before it leaves its load balancers.")
    after_drain: list[RecipeItem] = Field(default=[], description="Once it has no requests any more.")
    before_release: list[RecipeItem] = Field(default=[], description="Before the new release is put in place.")
    after_release: list[RecipeItem] = Field(default=[], description="Once the new release runs.")
    before_check: list[RecipeItem] = Field(default=[], description="Before the health check.")
    after_check: list[RecipeItem] = Field(default=[], description="Once the health check has succeeded.")
    before_serve: list[RecipeItem] = Field(default=[], description="Before it gets requests again.")
    after_serve: list[RecipeItem] = Field(
        default=[], description="Once it serves.", examples=[[{"command": "/usr/local/bin/warm-up"}]]
    )


class DeployForm(Form):
    """How an app is deployed."""

    batch: Batches | None = Field(
        default=None,
        description="How many instances of a layer are deployed to at a time, 25% unless given; also by layer.",
        examples=["25%", 2, {"web": "50%"}],
    )
    health: Health | None = Field(
        default=None,
        description="What must succeed on the instance before it gets requests again, and within which time.",
        examples=[{"http": ":8000/healthz", "within": "30s"}],
    )
    migrate: Command | None = Field(
        default=None,
        description="A command that runs once a deploy, on one instance, before the release is put in place.",
        examples=["./manage.py migrate"],
    )
    hooks: HooksForm = Field(default=HooksForm(), description="Your automation before and after each step.")
    keep: Keep = Field(default=5, description="How many releases stay on each host.")
