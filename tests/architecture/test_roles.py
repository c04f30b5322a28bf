"""Every move that the planner decides has its tasks, and what is included from outside the role is documented."""

from __future__ import annotations

import re

import pytest
import yaml

from stackward.planner import Action
from tests.architecture.sources import COLLECTION

LIFECYCLE = COLLECTION / "roles" / "lifecycle"
SPECS = yaml.safe_load((LIFECYCLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
MOVES = sorted(action.value for action in Action if action is not Action.REFRESH)
OUTSIDE = [*(COLLECTION / "playbooks").rglob("*.yml"), *(COLLECTION / "roles" / "system_updates").rglob("*.yml")]


@pytest.mark.parametrize("move", MOVES)
def test_a_move_has_its_tasks(move):
    assert (LIFECYCLE / "tasks" / f"{move}.yml").is_file()
    assert move in SPECS


def test_what_is_included_from_outside_the_role_is_documented():
    named = {name for path in OUTSIDE for name in re.findall(r"tasks_from: (\w+)", path.read_text(encoding="utf-8"))}
    assert named
    assert named <= SPECS.keys()
