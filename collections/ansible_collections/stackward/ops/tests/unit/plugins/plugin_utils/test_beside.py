# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What another run of the same Ansible is given, and what cannot be given to it."""

from __future__ import annotations

import sys

import pytest
from ansible import context
from ansible_collections.stackward.ops.plugins.plugin_utils import beside


@pytest.fixture
def given(monkeypatch):
    """What this run was given."""
    arguments = {}
    monkeypatch.setattr(context, "CLIARGS", arguments)
    return arguments


def test_it_has_the_inventories_and_the_files_of_secrets(given):
    given |= {
        "inventory": ("a.yml", "b.yml"),
        "vault_ids": ("prod@file",),
        "vault_password_files": ("key",),
        "become_password_file": "sudo",
        "extra_vars": ("release=1",),
    }
    assert beside.command("stackward.ops.tell") == [
        *(sys.executable, "-m", "ansible", "playbook", "stackward.ops.tell", "-i", "a.yml", "-i", "b.yml"),
        *("--vault-id", "prod@file", "--vault-password-file", "key", "--become-password-file", "sudo"),
    ]
    assert beside.typed() is None


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        ({"ask_vault_pass": True}, "--ask-vault-pass"),
        ({"vault_ids": ("dev@file", "prod@prompt")}, "--vault-id prod@prompt"),
    ],
)
def test_a_vault_password_that_was_typed_is_named_by_its_option(given, arguments, option):
    given |= arguments
    assert beside.typed() == option
