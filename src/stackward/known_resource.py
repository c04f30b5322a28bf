"""What is remembered of a resource beside machines: the state keeps it, and changes of resources are decided by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class ResourceKind(Enum):
    """What a resource is."""

    MEMBER = "load balancer member"
    SECURITY_GROUP = "security group"
    DATABASE = "database"
    ADDRESS = "elastic address"
    VOLUME = "volume"


@dataclass(frozen=True, slots=True)
class KnownResource:
    """A resource that Stackward has made, or has something in: committed before the provider is asked.

    `name` tells it from others of its kind in the stack. `data` is what is needed to undo it without the stack file.
    """

    kind: ResourceKind
    name: str
    data: Mapping[str, Any] = field(default_factory=dict)
