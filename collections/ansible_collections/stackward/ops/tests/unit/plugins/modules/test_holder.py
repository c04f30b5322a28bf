# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A machine belongs to one stack at a time, and says to which."""

from __future__ import annotations

import json

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.stackward.ops.plugins.modules import holder

KEY = "ssh-ed25519 AAAAours stackward shop"
OTHER = "ssh-ed25519 AAAAtheirs stackward shop"


@pytest.fixture
def register(tmp_path, capsys):
    """Run the module on a machine that is a folder; returns what it said."""

    def run(identity=KEY, *, check=False, **given):
        asked = {
            "stack": "shop",
            "instance": "rack1",
            "identity": identity,
            "state": "held",
            "folder": str(tmp_path / "state"),
            "document": str(tmp_path / "attributes.json"),
            "_ansible_check_mode": check,
            **given,
        }
        with patch_module_args(asked), pytest.raises(SystemExit):
            holder.main()
        return json.loads(capsys.readouterr().out)

    return run


def record(folder):
    return json.loads((folder / "state" / "holder.json").read_text())


def managed(folder, stack):
    (folder / "attributes.json").write_text(json.dumps({"stack": {"name": stack}, "instance": {"name": "box1"}}))


def test_a_machine_of_nobody_is_held_from_now_on(register, tmp_path):
    said = register()
    assert (said["changed"], said["before"]) == (True, {})
    assert record(tmp_path) == {"stack": "shop", "instance": "rack1", "identity": "ssh-ed25519 AAAAours"}
    assert register()["changed"] is False


@pytest.mark.parametrize("given", [{"state": "free"}, {"check": True}])
def test_a_look_changes_nothing(register, tmp_path, given):
    register(**given)
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("state", ["free", "held"])
def test_one_that_another_stack_holds_is_refused_with_its_name_and_the_remedy(register, tmp_path, state):
    register(OTHER, stack="blog", instance="box7")
    before = record(tmp_path)
    said = register(state=state)
    assert said["failed"]
    assert "is box7 of the stack blog, and" in said["msg"]
    assert "stackward deregister --instance box7" in said["msg"]
    assert "stackward register --instance rack1 --take-over" in said["msg"]
    assert record(tmp_path) == before


def test_a_stack_of_the_same_name_with_another_key_is_another(register):
    register(OTHER)
    assert "the stack shop that has another key than this stack of the same name" in register()["msg"]


def test_the_same_stack_may_call_the_machine_otherwise(register, tmp_path):
    register()
    assert register(instance="rack2")["before"] == {"stack": "shop", "instance": "rack1"}
    assert record(tmp_path)["instance"] == "rack2"


def test_it_is_taken_over_where_that_is_asked_for(register, tmp_path):
    register(OTHER, stack="blog")
    assert register(take_over=True)["changed"]
    assert record(tmp_path)["identity"] == "ssh-ed25519 AAAAours"


def test_without_a_record_the_attribute_document_says_whose_it_is(register, tmp_path):
    managed(tmp_path, "blog")
    assert "is box1 of the stack blog, and" in register()["msg"]
    managed(tmp_path, "shop")
    assert register()["changed"]


def test_a_record_that_is_damaged_says_what_to_do(register, tmp_path):
    register()
    (tmp_path / "state" / "holder.json").write_text("{")
    assert "holder.json is damaged" in register()["msg"]
