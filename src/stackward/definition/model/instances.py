"""An instance: one machine of the stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from stackward.definition.model.machines import ProviderChoice, Volume
from stackward.definition.schedule import Schedule


class InstanceType(Enum):
    """How an instance's running time is decided."""

    ALWAYS = "24/7"
    TIME = "time"
    LOAD = "load"


@dataclass(frozen=True, slots=True)
class Instance:
    """One machine of the stack, by the name that it keeps for ever."""

    name: str
    layers: tuple[str, ...]
    type: InstanceType = InstanceType.ALWAYS
    elastic_ip: bool = False
    attributes: Mapping[str, Any] = field(default_factory=dict)
    schedule: Schedule | None = None
    provider: ProviderChoice | None = None
    """What makes its machine, None for the stack's provider."""
    volumes: tuple[Volume, ...] = ()
    """Disks of its own, beside or instead of its layers'."""
    pooled: bool = False
    """Whether it belongs to a pool: its machine is removed when it is not wanted."""
