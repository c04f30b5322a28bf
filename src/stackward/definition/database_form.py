"""The form of databases that are no layers of the stack."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from stackward.definition import machine_values, values
from stackward.definition.ec2_form import Groups
from stackward.definition.fields import read
from stackward.definition.form import Form
from stackward.definition.machine_form import Port
from stackward.definition.mistake import Mistake, described
from stackward.definition.model import Secret


def _password(value: Any) -> str | Secret:
    if isinstance(value, Secret) or (isinstance(value, str) and value):
        return value
    raise Mistake(f"is {described(value)}", "write it encrypted: !vault …; numbers want quotes")


Password = Annotated[str | Secret, *read(_password, {"type": "string", "minLength": 1})]
Host = Annotated[str, *read(machine_values.address, {"type": "string", "minLength": 1})]
Size = Annotated[int, *read(values.size, {"type": "string", "pattern": f"^{values.SIZE}$"})]


class RdsForm(Form):
    """How a database is made on Amazon RDS. Other providers take these and have no use for them."""

    instance_class: str = Field(
        default="db.t4g.small",
        description="Its class.",
        pattern=r"^db\.[a-z0-9-]+\.[a-z0-9-]+$",
        examples=["db.m6g.large"],
    )
    subnet_group: str | None = Field(
        default=None, description="The DB subnet group; the default network's unless given.", examples=["shop"]
    )
    security_groups: Groups | None = Field(
        default=None, description="Ids of security groups that let the apps in.", examples=[["sg-0123456789abcdef0"]]
    )
    multi_az: bool = Field(default=False, description="Whether it has a standby in another zone.")
    encrypted: bool = Field(default=True, description="Whether its disk is encrypted.")
    kms_key: str | None = Field(default=None, description="The key for it.", examples=["alias/databases"])
    apply_immediately: bool = Field(
        default=True, description="Whether changes of it are made at once, not in its maintenance window."
    )
    backup_days: int = Field(default=7, description="How many days of backups are kept.", ge=0, le=35)


class DatabaseForm(Form):
    """A database that apps may use: yours, with its login, or one that the provider makes."""

    engine: Literal["postgresql", "mysql"] = Field(description="What it speaks.", examples=["postgresql"])
    name: str | None = Field(
        default=None,
        description="The name of the database within; as here unless given.",
        pattern="^[a-z][a-z0-9_]{0,62}$",
        examples=["shop"],
    )
    host: Host | None = Field(default=None, description="Where yours is.", examples=["db.example.com"])
    port: Port | None = Field(default=None, description="Its port; the usual one unless given.", examples=[5432])
    user: str | None = Field(default=None, description="Who logs in there.", min_length=1, examples=["shop"])
    password: Password | None = Field(default=None, description="The password, best as a !vault value.")
    size: Size | None = Field(default=None, description="The size of its disk, 20G unless given.", examples=["20G"])
    version: str | None = Field(
        default=None, description="Its version, as the provider names it.", min_length=1, examples=["15"]
    )
    provider: RdsForm = Field(
        default=RdsForm(), description="How Amazon RDS makes it.", examples=[{"instance_class": "db.m6g.large"}]
    )
