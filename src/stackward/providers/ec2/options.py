"""The options of the stack file, as this provider works with them. The stack file's own checks come before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stackward.errors import ProviderError


@dataclass(frozen=True, slots=True)
class Options:
    """Where, as what, and how machines are launched. Every default is filled in.

    `image` is None, and `types` are none, where layers or instances have their own: no machine is launched by these.
    """

    region: str
    image: str | Mapping[str, Any] | None = None
    types: tuple[str, ...] = ()
    markets: tuple[str, ...] = ("on-demand",)
    subnets: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    key_pair: str | None = None
    profile: str | None = None
    user: str = "stackward"
    public: bool = False
    first_use: bool = False
    root: Mapping[str, Any] = field(default_factory=dict)
    volumes: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    spot_price: str | None = None


def read(given: Mapping[str, Any]) -> Options:
    """Return the options. Raises ProviderError where there is no region."""
    if "region" not in given:
        raise missing("region")
    return Options(
        region=given["region"],
        image=given.get("image"),
        types=_several(given.get("instance_types", ())),
        markets=_several(given.get("market", "on-demand")),
        subnets=_several(given.get("subnets", ())),
        zones=_several(given.get("zones", ())),
        security_groups=_several(given.get("security_groups", ())),
        key_pair=given.get("key_pair"),
        profile=given.get("instance_profile"),
        user=given.get("user", "stackward"),
        public=given.get("address", "private") == "public",
        first_use=given.get("host_keys", "console") == "first-use",
        root=given.get("root", {}),
        volumes=given.get("volumes", {}),
        tags=given.get("tags", {}),
        spot_price=given.get("spot_price"),
    )


def missing(key: str) -> ProviderError:
    """What is said of an option that is needed."""
    return ProviderError(f"The provider ec2 needs {key}. Add it to the stack file: provider: {{{key}: …}}")


def _several(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
