"""What `ansible-doc` says that an action takes is what it takes."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from unittest.mock import MagicMock

import pytest
import yaml
from ansible.plugins.action import ActionBase

PLUGINS = Path(__file__).parents[4] / "plugins"
ACTIONS = sorted(
    path.stem for path in (PLUGINS / "action").glob("[a-z]*.py") if "validate_argument_spec" in path.read_text()
)
ADDED = {"puppet": {"code"}}
"""What an action gives its module besides."""


class Taken(Exception):
    """Ends an action where it would check its arguments."""


def taken(name, monkeypatch):
    """The argument spec that the action has Ansible check."""

    def look(_self, argument_spec, **_others):
        raise Taken(argument_spec)

    monkeypatch.setattr(ActionBase, "validate_argument_spec", look)
    plugin = importlib.import_module(f"ansible_collections.stackward.ops.plugins.action.{name}")
    task = MagicMock(async_val=0, check_mode=False, action=f"stackward.ops.{name}", args={})
    action = plugin.ActionModule(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), None)
    with pytest.raises(Taken) as ended:
        action.run(task_vars={})
    return ended.value.args[0]


def documented(name):
    """The options in the documentation of the module of the same name."""
    tree = ast.parse((PLUGINS / "modules" / f"{name}.py").read_text())
    (text,) = (
        node.value.value for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == "DOCUMENTATION"
    )
    return yaml.safe_load(text)["options"]


def compared(option):
    """What matters of an option, with Ansible's defaults."""
    return {
        "type": option.get("type", "str"),
        "elements": option.get("elements"),
        "required": option.get("required", False),
        "default": option.get("default"),
        "choices": sorted(option.get("choices", [])),
        "options": {
            name: compared(of) for name, of in (option.get("suboptions") or option.get("options") or {}).items()
        },
    }


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_takes_what_its_documentation_says(name, monkeypatch):
    says = {option: compared(of) for option, of in documented(name).items() if option not in ADDED.get(name, ())}
    assert {option: compared(of) for option, of in taken(name, monkeypatch).items()} == says
