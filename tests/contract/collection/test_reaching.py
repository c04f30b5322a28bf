"""Once a machine is made, the tasks after it go to that machine, by whatever connection."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from stackward.definition.model import ProviderChoice
from stackward.engine.connecting import to_machine, variables
from stackward.state.records import MachineRecord
from tests.contract.collection.test_inventory import ansible

pytestmark = pytest.mark.ansible

MACHINE = MachineRecord("t", 1, {}, "i-0123456789abcdef0", "192.0.2.7")
SSM = {"region": "eu-central-1", "user": "stackward", "connection": "ssm", "ssm_bucket": "shop-ansible"}
WINDOWS = {"platform": "windows", "user": "Administrator", "connection": "psrp"}
PLAYBOOKS = Path(__file__).parents[3] / "collections/ansible_collections/stackward/ops/playbooks"


@pytest.mark.parametrize(
    "its",
    [ProviderChoice("container"), ProviderChoice("ec2", SSM), ProviderChoice("static", WINDOWS)],
    ids=["ssh", "ssm", "psrp"],
)
def test_what_names_the_machine_is_what_the_new_one_says(tmp_path, its):
    wanted = {
        key: value
        for key, value in to_machine(its, MACHINE).items()
        if key in ("ansible_host", "ansible_port", "ansible_aws_ssm_instance_id")
    }
    assert wanted
    play = {
        "hosts": "web1",
        "gather_facts": False,
        "vars": {"lifecycle_machine": {"connection": to_machine(its, MACHINE)}},
        "tasks": [
            {"ansible.builtin.import_role": {"name": "stackward.ops.lifecycle", "tasks_from": "reach"}},
            {"ansible.builtin.assert": {"that": [f"{key} == {value!r}" for key, value in wanted.items()]}},
        ],
    }
    (tmp_path / "reach.yml").write_text(yaml.safe_dump([play], sort_keys=False))
    (tmp_path / "hosts.yml").write_text(json.dumps({"all": {"hosts": {"web1": {"ansible_host": "192.0.2.99"}}}}))
    done = ansible(tmp_path, "playbook", "reach.yml", "-i", "hosts.yml")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "its",
    [
        ProviderChoice("static", {"user": "admin", "key": "/k"}),
        ProviderChoice("ec2", SSM),
        ProviderChoice("static", WINDOWS),
        ProviderChoice("static", {**WINDOWS, "connection": "winrm"}),
    ],
    ids=["ssh", "ssm", "psrp", "winrm"],
)
def test_an_instance_that_the_inventory_does_not_know_gets_all_that_it_would_have_there(its):
    (play,) = yaml.safe_load((PLAYBOOKS / "known.yml").read_text())
    machine = MachineRecord("t", 1, {}, "i-0123456789abcdef0", "192.0.2.7", 2222)
    assert variables(its, machine).keys() <= play["tasks"][0]["ansible.builtin.add_host"].keys()
