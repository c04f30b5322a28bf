"""The form of the options of the provider `ec2`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from stackward.definition import ec2_values, values
from stackward.definition.fields import read
from stackward.definition.form import Form
from stackward.definition.machine_form import User


def _one_or_more(one: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1, "uniqueItems": True}]}


def _matching(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^(?:{pattern})$"}


_IMAGE = {
    "anyOf": [
        {"type": "string", "pattern": f"^{ec2_values.IMAGE}$"},
        {
            "type": "object",
            "properties": {"ssm": _matching(ec2_values.PARAMETER)},
            "required": ["ssm"],
            "additionalProperties": False,
        },
        {
            "type": "object",
            "properties": {
                "owner": {"type": "string", "minLength": 1},
                "name": {"type": "string", "minLength": 1},
                "architecture": {"enum": list(ec2_values.ARCHITECTURES)},
            },
            "required": ["owner", "name"],
            "additionalProperties": False,
        },
    ]
}

Region = Annotated[str, *read(ec2_values.region, {"type": "string", "pattern": f"^{ec2_values.REGION}$"})]
Image = Annotated[Any, *read(ec2_values.image, _IMAGE)]
Types = Annotated[list[str], *read(ec2_values.types, _one_or_more(_matching(ec2_values.TYPE)))]
Markets = Annotated[
    list[str],
    *read(ec2_values.markets, _one_or_more({"enum": list(ec2_values.MARKETS)})),
]
Subnets = Annotated[list[str], *read(ec2_values.subnets, _one_or_more(_matching(ec2_values.SUBNET)))]
Zones = Annotated[list[str], *read(ec2_values.zones, _one_or_more(_matching(ec2_values.ZONE)))]
Groups = Annotated[list[str], *read(ec2_values.groups, _one_or_more(_matching(ec2_values.GROUP)))]
Networks = Annotated[list[str], *read(ec2_values.networks, _one_or_more(_matching("[0-9./]+")))]
Price = Annotated[str, *read(ec2_values.price, {"type": ["string", "number"]})]
Size = Annotated[int, *read(values.size, {"type": "string", "pattern": f"^{values.SIZE}$"})]
Tags = Annotated[dict[str, str], *read(ec2_values.tags, {"type": "object", "additionalProperties": {"type": "string"}})]


class DiskForm(Form):
    """A disk of Elastic Block Store."""

    type: Literal["gp3", "gp2", "io1", "io2", "st1", "sc1", "standard"] = Field(
        default="gp3", description="Its type of volume."
    )
    iops: int | None = Field(default=None, description="Operations a second, where its type takes them.", ge=100)
    throughput: int | None = Field(default=None, description="MiB a second, where its type takes it.", ge=125)
    encrypted: bool = Field(default=True, description="Whether it is encrypted.")
    kms_key: str | None = Field(
        default=None, description="The key for it, instead of the account's own.", examples=["alias/disks"]
    )


class RootDiskForm(DiskForm):
    """The disk that a machine boots from."""

    size: Size | None = Field(default=None, description="Its size, the image's unless given.", examples=["20G"])


class Ec2Form(Form):
    """Where, as what and how machines are launched on Amazon EC2."""

    region: Region = Field(description="The region.", examples=["eu-central-1"])
    image: Image = Field(
        description="The image: its id, {ssm: PARAMETER}, or the newest of {owner: …, name: …}.",
        examples=[{"ssm": "/aws/service/debian/release/12/latest/amd64"}],
    )
    instance_types: Types = Field(
        description="The types of instance, the first choice first.", examples=[["m6i.large", "m5.large"]]
    )
    market: Markets = Field(
        default=["on-demand"], description="on-demand, spot, or both in order.", examples=[["spot", "on-demand"]]
    )
    spot_price: Price | None = Field(default=None, description="The most to pay an hour for spot.", examples=["0.05"])
    subnets: Subnets | None = Field(
        default=None, description="The subnets, the first choice first.", examples=[["subnet-0123456789abcdef0"]]
    )
    zones: Zones | None = Field(
        default=None,
        description="The zones of the default network, where no subnets are named.",
        examples=[["eu-central-1a"]],
    )
    security_groups: Groups | None = Field(
        default=None, description="Security groups, by id or name.", examples=[["web"]]
    )
    ssh_from: Networks = Field(
        default=["0.0.0.0/0"],
        description="From where SSH reaches machines whose layer has ingress: where the controller is.",
        examples=[["192.0.2.0/24"]],
    )
    key_pair: str | None = Field(
        default=None, description="A key pair of yours, beside the stack's key.", examples=["me"]
    )
    instance_profile: str | None = Field(
        default=None, description="The role of the machines: name or ARN of an instance profile.", examples=["web"]
    )
    user: User = Field(default="stackward", description="Who logs in; cloud-init makes the account.")
    address: Literal["private", "public"] = Field(
        default="private", description="Which address SSH and the layers use."
    )
    connection: Literal["ssh", "ssm"] = Field(
        default="ssh", description="Whether Ansible comes over SSH, or by AWS Systems Manager."
    )
    ssm_bucket: str | None = Field(
        default=None,
        description="The S3 bucket through which Systems Manager passes files, where it is the connection.",
        min_length=3,
        max_length=63,
        examples=["shop-ansible"],
    )
    host_keys: Literal["console", "first-use"] = Field(
        default="console", description="Whether host keys are read from the console, or believed as first shown."
    )
    root: RootDiskForm = Field(
        default=RootDiskForm(), description="The disk that a machine boots from.", examples=[{"size": "20G"}]
    )
    volumes: DiskForm = Field(
        default=DiskForm(), description="What volumes of layers are made as.", examples=[{"type": "gp3"}]
    )
    tags: Tags = Field(default={}, description="Tags for everything that is made.", examples=[{"team": "shop"}])


class Ec2PartForm(Ec2Form):
    """Options where others, of a layer or an instance, may add what is needed."""

    region: Region | None = None  # type: ignore[assignment]
    image: Image = None
    instance_types: Types | None = None  # type: ignore[assignment]
