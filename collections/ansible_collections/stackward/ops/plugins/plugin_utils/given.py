# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was given with -e, held against what a playbook takes: a slip of a name must not come to mean everything."""

from __future__ import annotations

from difflib import SequenceMatcher

from ansible.errors import AnsibleActionFail
from ansible.utils.vars import load_extra_vars

from stackward.definition import deploy_values
from stackward.definition.mistake import Mistake

TARGETS = ("stack", "instance", "layer", "app")
"""What says whom a playbook is about. Without it, it is about all."""

HOSTS = ("instance", "layer")
"""Of these, a slip is taken for one also where the playbook goes by neither, as it would be about all hosts."""

NARROWING = (*TARGETS, "release", "revision", "recipes", "attributes", "force", "batch")
"""What would be done otherwise, and not noticed, where its name is misspelt."""

_LONG = 7
"""From this many letters on, names that are much alike are taken for one."""

_ALIKE = 0.85


def check(loader, arguments, task_vars, taken=TARGETS[:3]):
    """Raise AnsibleActionFail for what was given and would be passed over: misspelt, empty, or not taken here.

    `arguments` are the task's, with names apart (`targeting.listed`); `taken` those targets that this playbook goes by.
    """
    extra = load_extra_vars(loader)
    names = [name for name in NARROWING if name in arguments and (name in taken or name not in TARGETS)]
    others = " or ".join(f"-e {other}=…" for other in taken)
    for name in extra:
        meant = misspelt(name, [*names, *HOSTS])
        if meant in names:
            raise AnsibleActionFail(f"-e {name}=… means nothing here; did you mean {meant}? Nothing was asked for.")
        if meant is not None:
            raise AnsibleActionFail(
                f"-e {name}=… means nothing here. This playbook takes no {meant}; it takes {others}. "
                "Nothing was asked for."
            )
    for name in TARGETS:
        if name in extra and name not in taken:
            raise AnsibleActionFail(f"This playbook takes no {name}; it takes {others}. Nothing was asked for.")
        if name in taken and name in task_vars and not arguments[name]:
            raise AnsibleActionFail(f"{name} is given and names nothing; leave it out to mean all.")


def misspelt(name, known):
    """Return the known name that this one is a slip of, None where it is one of them or something else."""
    if name in known:
        return None
    low = name.lower()
    return next((meant for meant in known if _slip(low, meant)), None)


def _slip(name, meant):
    if name == meant or (len(meant) >= _LONG and SequenceMatcher(None, name, meant).ratio() >= _ALIKE):
        return True
    if name[:1] != meant[:1]:
        return False
    return sorted(name) == sorted(meant) or _one_more(name, meant) or _one_more(meant, name)


def _one_more(longer, shorter):
    return any(longer[:place] + longer[place + 1 :] == shorter for place in range(len(longer)))


def typed_size(written):
    """Return how many go at a time, as a stack file has it. Raises AnsibleActionFail for what is no size."""
    try:
        return deploy_values.typed_batch(written)
    except Mistake as mistake:
        raise AnsibleActionFail(f"batch: {mistake.wrong}; {mistake.right}. Nothing was asked for.") from None


def size(written):
    """Return how many go at a time, None where nothing is written. Raises AnsibleActionFail for what is no size."""
    return None if written is None else deploy_values.batch(typed_size(written))
