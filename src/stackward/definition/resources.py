"""What a layer asks of the network around its instances, as a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class BalancerType(Enum):
    """What kind of load balancer of the provider's an instance is registered with."""

    TARGET_GROUP = "target_group"
    CLASSIC = "classic"


@dataclass(frozen=True, slots=True, order=True)
class LoadBalancer:
    """A load balancer that somebody else keeps, in front of a layer: its name or ARN.

    `port` is where the instances answer, None for the port that the balancer itself says.
    """

    type: BalancerType
    name: str
    port: int | None = None

    @property
    def key(self) -> str:
        """What stands for it in the state: the same balancer with another port is another membership."""
        port = f":{self.port}" if self.port is not None else ""
        return f"{self.type.value} {self.name}{port}"

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> LoadBalancer:
        """The balancer of a remembered membership."""
        return cls(BalancerType(data["type"]), data["balancer"], data.get("port"))

    def __str__(self) -> str:
        """The balancer in words."""
        words = "target group" if self.type is BalancerType.TARGET_GROUP else "classic load balancer"
        port = f" (port {self.port})" if self.port is not None else ""
        return f"{words} {self.name}{port}"


ALL = "all"
"""The protocol that stands for every one."""


@dataclass(frozen=True, slots=True, order=True)
class Ingress:
    """What may reach the instances of a layer: ports of a protocol, from a layer or from a network.

    `first` and `last` are 0 for every port. Exactly one of `layer` and `network` is not "".
    """

    protocol: str
    first: int
    last: int
    layer: str = ""
    network: str = ""

    def __str__(self) -> str:
        """The rule in words."""
        ports = "" if not self.last else f" {self.first}" if self.first == self.last else f" {self.first}-{self.last}"
        what = "everything" if self.protocol == ALL else f"{self.protocol}{ports}"
        source = f"the layer {self.layer}" if self.layer else self.network
        return f"{what} from {source}"


def group_name(stack: str, layer: str) -> str:
    """The name of a layer's security group, which a network has once."""
    return f"stackward-{stack}-{layer}"
