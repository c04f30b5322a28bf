"""The form of the options of the provider `container`."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Any, Literal

from pydantic import Field

from stackward.definition.fields import read
from stackward.definition.form import Form
from stackward.definition.mistake import Mistake, closest, described, shown

IMAGES = ("debian-12", "debian-13")
"""The host images that Stackward makes itself."""

_IMAGE = 'write debian-12, debian-13, or the full reference of another image, such as "registry.example.com/host:1"'


def image(value: Any) -> str:
    """Return the name of an image that Stackward makes, or a full reference. Raises Mistake."""
    if not isinstance(value, str):
        raise Mistake(f"is {described(value)}", _IMAGE)
    if value in IMAGES or "/" in value or ":" in value:
        return value
    meant = closest(value, IMAGES)
    raise Mistake(f"there is no host image {shown(value)}", f"did you mean {shown(meant)}?" if meant else _IMAGE)


def subnet(value: Any) -> str:
    """Return a network of IPv4 addresses. Raises Mistake."""
    right = 'write one such as "10.251.0.0/24"'
    if not isinstance(value, str):
        raise Mistake(f"is {described(value)}", right)
    try:
        return str(ipaddress.IPv4Network(value))
    except ValueError as error:
        raise Mistake(f"{shown(value)} is not a network ({error})", right) from None


Image = Annotated[str, *read(image, {"type": "string", "examples": [*IMAGES]})]
Subnet = Annotated[str, *read(subnet, {"type": "string", "pattern": "^[0-9./]+$"})]


class ContainerForm(Form):
    """Options of the provider `container`."""

    engine: Literal["podman", "docker"] | None = Field(
        default=None, description="What runs the containers; the first that is installed unless given."
    )
    image: Image = Field(default=IMAGES[0], description="The host image.")
    subnet: Subnet | None = Field(
        default=None, description="The network of the hosts; a free one unless given.", examples=["10.251.0.0/24"]
    )
    zone: str = Field(default="", description="What hosts share that can be lost together, for a name.", examples=["a"])
