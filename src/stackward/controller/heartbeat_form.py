"""The form of a heartbeat: what an agent may say, and nothing else."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

LONGEST = 8 * 1024
"""Bytes of a heartbeat. Twenty apps with the longest names need half of that."""

Percent = Annotated[float, Field(ge=0, le=100)]
Short = Annotated[str, Field(max_length=100)]


class HeartbeatForm(BaseModel):
    """One heartbeat: whom it speaks for ("shop/web1"), its number, and how the instance does.

    `cpu`, `memory` and `disk` are percent, `load` is the load average of one minute divided by the processors;
    `configured` is when the last event told the instance of the stack, in seconds since 1970.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)
    instance: Annotated[str, Field(max_length=128, pattern=r"^[a-z0-9-]+/[a-z0-9-]+$")]
    number: Annotated[int, Field(ge=0, lt=2**53)]
    agent: Short
    boot: Short
    cpu: Percent | None = None
    memory: Percent | None = None
    load: Annotated[float, Field(ge=0, le=100_000)] | None = None
    disk: Percent | None = None
    releases: Annotated[dict[Short, Short], Field(max_length=20)] = {}
    configured: Annotated[int, Field(ge=0, lt=2**53)] | None = None

    def vitals(self) -> str:
        """Return how the instance does, as JSON."""
        return self.model_dump_json(exclude={"instance", "number"})


def read(body: bytes) -> HeartbeatForm | None:
    """Return what a body says, None if that is no heartbeat."""
    try:
        return HeartbeatForm.model_validate_json(body)
    except ValidationError:
        return None
