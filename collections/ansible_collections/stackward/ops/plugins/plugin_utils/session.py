# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the plugins of one ansible-playbook process share: stacks, stores, and the claims of the run."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone

from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.parsing.vault import EncryptedString
from ansible.utils.collection_loader import AnsibleCollectionConfig
from ansible.utils.display import Display
from ansible_collections.stackward.ops.plugins.plugin_utils import workers

try:
    with workers.without_collecting():
        from stackward import providers, ssh
        from stackward.definition import loader
        from stackward.definition.role_places import RolePlaces
        from stackward.engine.hold import HeldInstance, Hold
        from stackward.engine.reach import Reach
        from stackward.errors import StackwardError
        from stackward.observe import boots
        from stackward.state.store import open_store
except ImportError as error:
    raise ImportError(
        "The collection stackward.ops needs the Python package stackward in the same environment as ansible-core: "
        "pip install stackward"
    ) from error

_stacks = {}
_stores = {}


def now():
    """Return the present in UTC."""
    return datetime.now(timezone.utc)


def read_stack(path):
    """Read and remember a stack file. Raises stackward.errors.DefinitionError."""
    stack = loader.load(path, environment=os.environ, roles=role_places())
    _stacks[stack.digest] = stack
    return stack


def role_places():
    """Return where this Ansible finds roles."""
    return RolePlaces(tuple(constants.DEFAULT_ROLES_PATH), tuple(AnsibleCollectionConfig.collection_paths))


def prepare_providers():
    """Import the providers of the stacks that were read, so that workers inherit them."""
    for stack in _stacks.values():
        # What is wrong with it is told where it is used.
        with suppress(StackwardError):
            providers.load(stack.provider, stack=stack)


def stack_of(path, digest):
    """Return the stack as the inventory read it; worker processes inherit it from their parent."""
    return _stacks.get(digest) or read_stack(path)


def store_of(stack):
    """Open a stack's store once a process family."""
    if stack.state not in _stores:
        _stores[stack.state] = open_store(stack.state)
    return _stores[stack.state]


def stacks_in(task_vars):
    """Return every stack of the inventory by name. Raises AnsibleActionFail where there is none or one is broken."""
    broken = task_vars.get("stackward_broken")
    if broken:
        raise AnsibleActionFail("\n".join(broken))
    listed = task_vars.get("stackward_stacks") or {}
    if not listed:
        raise AnsibleActionFail(
            "There is no stack in the inventory. Give a stack file with -i, for example -i inventory/shop.stack.yml."
        )
    return {name: stack_of(entry["file"], entry["digest"]) for name, entry in listed.items()}


@dataclass(frozen=True)
class Ours(HeldInstance):
    """One claimed instance of this run, and what the plays carry of it."""

    round: dict


def claimed(task_vars):
    """Return what the last look of this run has claimed, by instance."""
    # Raw, as templating would go through what is known of every instance, for every instance.
    return task_vars["hostvars"].raw_get("localhost").get("stackward_round", {}).get("instances", {})


def ours(task_vars):
    """Return the claimed instance that this task runs for. Raises AnsibleActionFail outside a round."""
    name = task_vars["inventory_hostname"]
    mine = claimed(task_vars).get(name)
    batch = task_vars.get("stackward_batch", {}).get("instances", {}).get(name)
    if batch is not None and (mine is None or mine["epoch"] < batch["epoch"]):
        mine = batch
    if mine is None:
        raise AnsibleActionFail(f"{name} is not claimed by this run; use the playbooks of stackward.ops.")
    stack = stack_of(mine["file"], mine["digest"])
    hold = Hold(run=mine["run"], epoch=mine["epoch"], actor=mine["actor"])
    return Ours(store_of(stack), stack, name, hold, now, mine)


def reach(stack, boot=None):
    """Return how this controller gets to the stack's machines. C(boot) asks them for a mark, SSH without it."""
    boot = boot or (lambda its, machine: boots.mark(stack.data, its, machine))
    return Reach(
        public_key=lambda: public_key(stack),
        pin=lambda address, port, keys: ssh.pin(stack.data, address, port, keys),
        unpin=lambda address, port: ssh.unpin(stack.data, address, port),
        wait=ssh.wait_until_answering,
        pinned=lambda address, port: ssh.pinned(stack.data, address, port),
        shown=ssh.shown,
        boot=boot,
        rebooted=lambda name, its, machine, before, within: boots.wait_for_another(
            name, lambda: boot(its, machine), before, within
        ),
    )


def public_key(stack):
    """Return the stack's public key. Warns where it has to be made while machines are there that know another one."""
    if not ssh.private_key(stack.data).exists():
        known = store_of(stack).snapshot(stack.name).instances
        there = [name for name, record in known.items() if record.machine is not None and record.machine.id is not None]
        if there:
            folder = ssh.private_key(stack.data).parent
            Display().warning(
                f"{stack.name}: its SSH key is not in {folder}, so one more is made there. {', '.join(there)} let in "
                "only the old one: put that back, or terminate and start them. All who run it need one data folder."
            )
    return ssh.public_key(stack.data)


def decrypt(ciphertext):
    """Open a vault-encrypted value with the secrets that this run was given. Raises StackwardError where none does."""
    try:
        return str(EncryptedString(ciphertext=ciphertext))
    except AnsibleError as error:
        raise StackwardError(
            f"An encrypted value of the stack file cannot be opened: {error} Give the run its vault password: "
            "stackward … -- --vault-password-file FILE, or vault_password_file in ansible.cfg."
        ) from error
