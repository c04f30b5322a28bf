# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Says plainly that a host was refused for its key, where SSH says it at length and Ansible at times not at all."""

from __future__ import annotations

from ansible.errors import AnsibleConnectionFailure

from stackward import ssh
from stackward.errors import ProviderError
from stackward.providers import host_keys

_REFUSALS = ("Host key verification failed", "HOST IDENTIFICATION HAS CHANGED", "Broken pipe", "could not be sent")
"""What is said of a refused key. The last two, where SSH has ended before Ansible has sent it anything."""


def is_said(error):
    """Whether an error says that the host cannot be reached. That of Systems Manager is AWS's own, not Ansible's."""
    ours = isinstance(error, AnsibleConnectionFailure)
    return ours or any(kind.__module__.startswith("botocore.") for kind in type(error).__mro__)


def why(error, ours, task_vars):
    """Return why the host of an instance could not be reached."""
    said = str(error)
    address, port = str(task_vars.get("ansible_host") or ""), int(task_vars.get("ansible_port") or 22)
    if not address or not any(sign in said for sign in _REFUSALS):
        return said
    pinned = ssh.pinned(ours.stack.data, address, port)
    shown = ssh.shown(ours.name, address, port) if pinned else ()
    if not shown:
        return said
    owned = ours.name in ours.stack.instances and ours.stack.provider_of(ours.name).owned
    try:
        host_keys.checked(ours.name, address, pinned, shown, otherwise=host_keys.OWNED if owned else host_keys.MADE)
    except ProviderError as changed:
        return str(changed)
    return said
