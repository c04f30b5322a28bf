"""How Ansible connects to the machine of an instance, as the variables of its connection plugins. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackward.definition.model import Connection, ProviderChoice
from stackward.state.records import MachineRecord

_WINDOWS_PORTS: Mapping[Connection, int] = {Connection.PSRP: 5986, Connection.WINRM: 5986}

COMMAND_SECONDS = 30 * 60
"""How long one command may take by Systems Manager, unless it is one of an event, which has a limit of its own.

After a minute, its default, the plugin would take it for lost and run it once more beside the one that still runs.
"""


def variables(its: ProviderChoice, machine: MachineRecord | None) -> dict[str, Any]:
    """Return the variables of one host beside those of its stack, which are for root over SSH."""
    if its.connection is Connection.SSM:
        return _by_systems_manager(its, machine)
    if its.windows:
        return _windows(its, machine)
    return _over_ssh(its, machine)


def to_machine(its: ProviderChoice, machine: MachineRecord) -> dict[str, Any]:
    """Return those of the variables that may be others once the instance has this machine."""
    if its.connection is Connection.SSH:
        return {"ansible_host": machine.address, "ansible_port": machine.port}
    return variables(its, machine)


def _over_ssh(its: ProviderChoice, machine: MachineRecord | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if its.user != "root":
        found |= {"ansible_user": its.user, "ansible_become": True}
    if its.options.get("key"):
        found["ansible_ssh_private_key_file"] = its.options["key"]
    if machine is not None and machine.address is not None:
        found["ansible_host"] = machine.address
        if machine.port != 22:
            found["ansible_port"] = machine.port
    return found


def _by_systems_manager(its: ProviderChoice, machine: MachineRecord | None) -> dict[str, Any]:
    """Variables of amazon.aws.aws_ssm. Its sessions are those of ssm-user, who may become root."""
    found = {
        "ansible_connection": "amazon.aws.aws_ssm",
        "ansible_aws_ssm_region": its.options["region"],
        "ansible_aws_ssm_bucket_name": its.options["ssm_bucket"],
        "ansible_aws_ssm_timeout": COMMAND_SECONDS,
        "ansible_user": "ssm-user",
        "ansible_become": True,
    }
    if machine is not None and machine.id is not None:
        found |= {"ansible_aws_ssm_instance_id": machine.id, "ansible_host": machine.id}
    return found


def _windows(its: ProviderChoice, machine: MachineRecord | None) -> dict[str, Any]:
    port = its.options.get("port", _WINDOWS_PORTS[its.connection])
    found: dict[str, Any] = {
        "ansible_connection": its.connection.value,
        "ansible_shell_type": "powershell",
        "ansible_user": its.user,
        "ansible_port": port,
    }
    if its.connection is Connection.PSRP:
        found["ansible_psrp_protocol"] = "http" if port == 5985 else "https"
    else:
        found["ansible_winrm_scheme"] = "http" if port == 5985 else "https"
    if machine is not None and machine.address is not None:
        found["ansible_host"] = machine.address
    return found
