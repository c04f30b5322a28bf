"""The forms of what hosts have without a recipe: users, packages, services, cron jobs, settings of the system."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stackward.definition import baseline_values as values
from stackward.definition.cron_expression import NICKNAMES, cron_expression
from stackward.definition.fields import read, text
from stackward.definition.form import Form

_LINE = {"type": "string", "minLength": 1, "pattern": r"^[^\n\r]+$"}
_LIMIT = {"anyOf": [{"type": "integer"}, {"const": "unlimited"}]}
_NAME_RULE = "lower-case letters, digits, hyphens and underscores, a letter first, 32 characters at most"

UserName = Annotated[str, *read(values.user_name, {"type": "string", "pattern": f"^{values.USER}$"})]
SshKey = Annotated[str, *read(values.ssh_key, {"type": "string", "minLength": 1})]
Uid = Annotated[int, *read(values.uid, {"type": "integer", "minimum": values.FIRST_UID, "maximum": values.LAST_UID})]
Shell = Annotated[str, *text(values.SHELL, "the absolute path of a shell", "/bin/bash")]
GroupName = Annotated[str, *text(values.GROUP, "the name of a group", "adm")]
Comment = Annotated[str, *read(values.comment, _LINE)]
PackageName = Annotated[
    str, *text(values.PACKAGE, "the name of a package in lower-case letters, digits, +, - and .", "imagemagick")
]
UnitName = Annotated[str, *text(values.UNIT, "the name of a systemd unit", "chrony")]
ServiceState = Annotated[bool, *read(values.service_state, {"enum": list(values.SERVICE_STATES)})]
JobName = Annotated[str, *text("[a-z][a-z0-9_-]{0,63}", _NAME_RULE.replace("32", "64"), "nightly")]
CronExpression = Annotated[
    str,
    *read(cron_expression, {"anyOf": [{"enum": list(NICKNAMES)}, {"type": "string", "pattern": r"^\S+(?: +\S+){4}$"}]}),
]
Line = Annotated[str, *read(values.one_line, _LINE)]
TimeServers = Annotated[
    tuple[str, ...] | None,
    *read(
        values.time_servers,
        {
            "anyOf": [
                {"type": "boolean"},
                {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": f"^{values.HOST}$"}},
            ]
        },
    ),
]
KernelKey = Annotated[str, *text(values.KERNEL_KEY, "the name of a kernel parameter", "net.core.somaxconn")]
KernelValue = Annotated[str, *read(values.kernel_value, {"type": ["string", "integer"]})]
LimitDomain = Annotated[
    str, *text(values.LIMIT_DOMAIN, "* for everybody, the name of a user, or @ and a group", "deployer")
]
LimitItem = Annotated[
    str, *read(values.limit_item, {"type": "string", "pattern": f"^(?:{'|'.join(values.LIMIT_ITEMS)})$"})
]
LimitValue = Annotated[
    tuple[str, str],
    *read(
        values.limit,
        {
            "anyOf": [
                *_LIMIT["anyOf"],
                {
                    "type": "object",
                    "properties": {"soft": _LIMIT, "hard": _LIMIT},
                    "required": ["soft", "hard"],
                    "additionalProperties": False,
                },
            ]
        },
    ),
]
LogPaths = Annotated[
    tuple[str, ...],
    *read(
        values.log_paths,
        {"anyOf": [{"type": "string"}, {"type": "array", "minItems": 1, "items": {"type": "string"}}]},
    ),
]
LogSize = Annotated[str, *text("[1-9][0-9]{0,8}[kMG]", "a size with k, M or G", "100M")]


class UserForm(Form):
    """A person with an account on hosts."""

    ssh_keys: list[SshKey] = Field(
        default=[], description="Public keys to log in with.", examples=[["ssh-ed25519 AAAA… anna@example.com"]]
    )
    sudo: bool = Field(default=False, description="Whether they may do everything as root, without a password.")
    uid: Uid | None = Field(default=None, description="The account's number; each host's next one unless given.")
    shell: Shell | None = Field(default=None, description="The login shell; /bin/bash unless given.")
    groups: list[GroupName] = Field(
        default=[], description="Further groups; they must be on the hosts.", examples=[["adm"]]
    )
    comment: Comment | None = Field(default=None, description="The person's full name.")


class CronForm(Form):
    """A command that cron runs."""

    at: CronExpression = Field(description="When, as a cron expression.", examples=["17 3 * * *"])
    job: Line = Field(description="The command, for a shell.", examples=["/usr/local/bin/report"])
    user: GroupName = Field(default="root", description="Who runs it.")
    hosts: Literal["all", "one"] = Field(
        default="all", description="Whether all online instances of the layer run it, or one of them."
    )


class RotationForm(Form):
    """Log files that are rotated."""

    path: LogPaths = Field(
        description="The log file, or a list; * and ? stand for any.", examples=["/var/log/app/*.log"]
    )
    every: Literal["daily", "weekly", "monthly"] = Field(default="weekly", description="How often.")
    keep: Annotated[int, Field(ge=0, le=1000)] = Field(default=4, description="How many old ones stay.")
    largest: LogSize | None = Field(default=None, description="Rotated earlier at this size.")
    compress: bool = Field(default=True, description="Whether old ones are compressed.")
    afterwards: Line | None = Field(
        default=None, description="A command once a rotation is done.", examples=["systemctl reload app"]
    )


Users = Annotated[
    dict[UserName, UserForm],
    Field(default={}, examples=[{"anna": {"ssh_keys": ["ssh-ed25519 AAAA… anna@example.com"]}}]),
]
PackageList = Annotated[list[PackageName], Field(default=[], examples=[["imagemagick"]])]
UpdateTime = Literal["at_boot", "on_request"]
Services = Annotated[dict[UnitName, ServiceState], Field(default={}, examples=[{"chrony": "started"}])]
CronJobs = Annotated[
    dict[JobName, CronForm],
    Field(default={}, examples=[{"nightly": {"at": "17 3 * * *", "job": "/usr/local/bin/report"}}]),
]
KernelParameters = Annotated[dict[KernelKey, KernelValue], Field(default={}, examples=[{"net.core.somaxconn": 1024}])]
Limits = Annotated[
    dict[LimitDomain, dict[LimitItem, LimitValue]],
    Field(default={}, examples=[{"*": {"nofile": 65536}}]),
]
Rotations = Annotated[
    dict[JobName, RotationForm], Field(default={}, examples=[{"app": {"path": "/var/log/app/*.log"}}])
]
