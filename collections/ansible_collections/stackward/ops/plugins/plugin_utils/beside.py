# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Another run of the same Ansible beside this one, with the same inventory and the same secrets."""

from __future__ import annotations

import sys

from ansible import context

_HANDED_ON = (
    ("inventory", "-i"),
    ("vault_ids", "--vault-id"),
    ("vault_password_files", "--vault-password-file"),
    ("connection_password_file", "--connection-password-file"),
    ("become_password_file", "--become-password-file"),
    ("private_key_file", "--private-key"),
)


def command(playbook):
    """Return the command of a playbook with what this run was given."""
    words = [sys.executable, "-m", "ansible", "playbook", playbook]
    for name, option in _HANDED_ON:
        values = context.CLIARGS.get(name) or ()
        for value in (values,) if isinstance(values, str) else values:
            words += [option, value]
    return words


def typed():
    """Return the option by which somebody typed a vault password, which cannot be handed on; None where nobody did."""
    given = context.CLIARGS
    options = ["--ask-vault-pass"] if given.get("ask_vault_pass") else []
    options += [f"--vault-id {each}" for each in given.get("vault_ids") or () if each.rpartition("@")[2] == "prompt"]
    return options[0] if options else None
