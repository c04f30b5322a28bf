"""The form of a volume."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from stackward.definition import values
from stackward.definition.fields import read, text
from stackward.definition.form import Form
from stackward.definition.mistake import Mistake, described

Size = Annotated[int, *read(values.size, {"type": "string", "pattern": f"^{values.SIZE}$"})]
Mount = Annotated[str, *text(values.MOUNT, "the absolute path of a folder", "/var/lib/postgresql")]


def _raid_level(value: Any) -> int:
    # A boolean would count as 0 or 1, and false does not mean an array of level 0.
    if type(value) is int and value in (0, 1, 10):
        return value
    raise Mistake(f"is {described(value)}", "write 0, 1 or 10")


RaidLevel = Annotated[int, *read(_raid_level, {"enum": [0, 1, 10], "type": "integer"})]


class VolumeForm(Form):
    """A disk that outlives its instance's machine."""

    mount: Mount = Field(description="Where it is mounted.", examples=["/var/lib/postgresql"])
    size: Size | None = Field(default=None, description="Its size, such as 20G.")
    raid: RaidLevel | None = Field(
        default=None, description="The level at which it is made of several disks.", examples=[10]
    )
    disks: int | None = Field(
        default=None, description="Of how many; 2 unless given, 4 for level 10.", ge=2, le=8, examples=[4]
    )
    keep: bool = Field(default=True, description="Whether it stays when its instance is terminated.", examples=[False])
