# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from ansible_collections.stackward.ops.plugins.plugin_utils.given import NARROWING, misspelt


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("instnace", "instance"),
        ("instances", "instance"),
        ("Instance", "instance"),
        ("nstance", "instance"),
        ("lyaer", "layer"),
        ("layers", "layer"),
        ("laye", "layer"),
        ("apps", "app"),
        ("ap", "app"),
        ("satck", "stack"),
        ("STACK", "stack"),
        ("forced", "force"),
        ("revison", "revision"),
        ("relaese", "release"),
        ("recipe", "recipes"),
        ("atributes", "attributes"),
    ],
)
def test_a_slip_is_recognised(name, meant):
    assert misspelt(name, NARROWING) == meant


@pytest.mark.parametrize("name", NARROWING)
def test_a_name_that_is_right_is_no_slip(name):
    assert misspelt(name, NARROWING) is None


@pytest.mark.parametrize(
    "name",
    [
        "reports_key", "player", "slack", "state", "stage", "app_port", "apply", "map", "source", "ansible_user",
        "awx_job_id", "instance_type", "layer_count", "x", "", "reason", "batch",
    ],
)  # fmt: skip
def test_a_variable_of_the_users_own_is_no_slip(name):
    assert misspelt(name, NARROWING) is None
