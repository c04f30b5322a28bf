"""Machines that somebody owns, beside a container in one stack: registered, started, healed, and let go again."""

from __future__ import annotations

import subprocess
import time

import pytest
import yaml

from tests.endtoend.owned_machines import owned_machines
from tests.endtoend.project import Project, project

pytestmark = [pytest.mark.containers, pytest.mark.endtoend]

AFTER = 3
ADMITTED = "/home/admin/.ssh/authorized_keys"


@pytest.fixture(scope="module")
def racks(tmp_path_factory):
    with owned_machines(tmp_path_factory.mktemp("rack"), "ec2rack", "one", "two") as made:
        yield made


@pytest.fixture(scope="module")
def before(racks):
    """What there was on a machine before Stackward came to it."""
    return racks[0].traces()


@pytest.fixture(scope="module")
def mixed(tmp_path_factory, racks, before):
    switched, plain = racks
    with project(tmp_path_factory.mktemp("mixed"), "ec2mixed") as made:
        note = {"name": "Note it", "ansible.builtin.shell": {"cmd": "id -un >> /root/{{ stackward.event }}"}}
        noted = {"name": "Note it", "ansible.builtin.command": {"cmd": "touch /root/cache-left"}}
        made.write(
            {
                # Nobody listens there: it is about the agents on the machines.
                "controller": {"url": "http://127.0.0.1:9"},
                "users": {
                    "deployer": {"ssh_keys": [switched.key.with_suffix(".pub").read_text().strip()], "sudo": True}
                },
                "layers": {
                    "cache": {"uses": "memcached", "recipes": {"shutdown": [made.recipe("cache", [noted])]}},
                    "web": {
                        "recipes": {
                            "setup": [made.recipe("setup", [note])],
                            "configure": [made.recipe("configure", [note])],
                            "shutdown": [made.recipe("shutdown", [note])],
                        },
                        "volumes": [{"mount": "/srv/kept"}],
                        "cron": {"nightly": {"at": "17 3 * * *", "job": "/bin/true"}},
                        "limits": {"*": {"nofile": 4096}},
                        "healing": {"after": AFTER, "on_outside_stop": "heal"},
                    },
                },
                "instances": {
                    "box1": {"layers": ["web", "cache"]},
                    "rack1": {
                        "layers": ["web"],
                        "address": switched.address,
                        "user": "admin",
                        "power": switched.power(),
                    },
                    "rack2": {"layers": ["web"], "address": plain.address, "user": "admin"},
                },
            }
        )
        yield made


def registered(mixed: Project, owner: str, *names: str) -> str:
    return mixed.play("register", instance=list(names), login="root", key=owner)


def in_layers(mixed: Project, name: str, *layers: str) -> None:
    """Give an instance these layers in the stack file."""
    definition = yaml.safe_load(mixed.file.read_text())
    definition["instances"][name]["layers"] = list(layers)
    mixed.write(definition)


def runs(rack, unit: str) -> bool:
    return rack.inside("sh", "-c", f"systemctl is-active {unit} || true").strip() == "active"


def everybody_is_configured(mixed: Project) -> bool:
    state = mixed.state()
    return {record.configured for record in state.instances.values()} == {state.generation}


def test_a_machine_is_registered_before_it_starts(mixed, racks):
    printed = mixed.play("start", instance="rack1", succeeds=False)
    assert "is not registered yet. Register it first: stackward register --instance rack1" in printed
    registered(mixed, str(racks[0].key), "rack1", "rack2")
    assert mixed.states() == {"rack1": "registered", "rack2": "registered"}
    assert "stackward" in racks[0].inside("cat", ADMITTED)
    before = mixed.state()
    registered(mixed, str(racks[0].key), "rack1", "rack2")
    assert mixed.state() == before


def test_machines_of_two_kinds_work_in_one_stack(mixed, racks):
    mixed.play("start")
    assert set(mixed.states().values()) == {"online"}
    assert everybody_is_configured(mixed)
    for rack in racks:
        assert rack.inside("cat", "/root/setup").split() == ["root"]
        assert "box1" in rack.inside("cat", "/etc/stackward/attributes.json")
    assert racks[0].address in mixed.on("box1", "cat", "/etc/stackward/attributes.json")


def test_a_running_machine_is_given_another_layer_and_leaves_it_again(mixed, racks):
    in_layers(mixed, "rack2", "web", "cache")
    assert "rack2: setup (online; user: its layers were web and are" in mixed.command("plan").stdout
    mixed.play("converge")
    assert runs(racks[1], "memcached")
    shutdowns = racks[1].inside("sh", "-c", "cat /root/shutdown 2>/dev/null || true")
    in_layers(mixed, "rack2", "web")
    assert "rack2: leave (online; user: it is not in cache any more, by the stack file)" in mixed.command("plan").stdout
    mixed.play("converge")
    assert not runs(racks[1], "memcached")
    assert racks[1].inside("ls", "/root/cache-left")
    assert racks[1].inside("sh", "-c", "cat /root/shutdown 2>/dev/null || true") == shutdowns
    assert mixed.states()["rack2"] == "online"
    assert everybody_is_configured(mixed)
    assert "nothing to do" in mixed.command("plan").stdout


def test_unassigned_it_takes_no_part_until_it_is_given_a_layer_again(mixed, racks):
    assert "deployer" in racks[1].inside("cat", "/etc/passwd")
    in_layers(mixed, "rack2")
    mixed.play("converge")
    assert mixed.states()["rack2"] == "registered"
    assert racks[1].inside("cat", "/root/shutdown").split() == ["root"]
    assert racks[1].inside("sh", "-c", "ls /etc/cron.d; cut -d: -f1 /etc/passwd").count("deployer") == 0
    assert racks[1].address not in racks[0].inside("cat", "/etc/hosts")
    assert "in no layer" in mixed.play("start", instance="rack2", succeeds=False)
    assert "in no layer" in mixed.command("status").stdout
    in_layers(mixed, "rack2", "web")
    mixed.play("converge")
    assert set(mixed.states().values()) == {"online"}
    assert racks[1].address in racks[0].inside("cat", "/etc/hosts")


def test_stopped_without_a_switch_it_takes_no_part_and_goes_on_running(mixed, racks):
    mixed.play("stop", instance="rack2")
    assert mixed.states()["rack2"] == "registered"
    assert racks[1].inside("cat", "/root/shutdown").split() == ["root", "root"]
    assert racks[1].running()
    mixed.play("start", instance="rack2")
    assert mixed.states()["rack2"] == "online"


def test_with_a_switch_it_is_switched_off_and_on_and_restarted(mixed, racks):
    mixed.play("stop", instance="rack1")
    assert mixed.states()["rack1"] == "stopped"
    assert not racks[0].running()
    mixed.play("start", instance="rack1")
    assert mixed.states()["rack1"] == "online"
    since = racks[0].tell("inspect", "--format", "{{.State.StartedAt}}")
    mixed.play("reboot", instance="rack1")
    assert racks[0].tell("inspect", "--format", "{{.State.StartedAt}}") != since
    assert mixed.states()["rack1"] == "online"


def test_healing_switches_what_it_can_and_leaves_the_rest_to_a_person(mixed, racks):
    racks[0].tell("kill")
    mixed.play("heal")
    assert racks[0].running()
    assert set(mixed.states().values()) == {"online"}
    racks[1].tell("pause")
    mixed.play("heal")
    time.sleep(AFTER)
    printed = mixed.play("heal")
    racks[1].tell("unpause")
    assert "a machine that you own without a power command to reboot it; a person must look" in printed
    assert mixed.states()["rack2"] == "connection_lost"
    mixed.play("start", instance="rack2")
    assert mixed.states()["rack2"] == "online"


def test_a_changed_host_key_is_an_alarm_until_it_is_registered_again(mixed, racks):
    mixed.play("stop", instance="rack2")
    racks[1].inside(
        "sh", "-c", "rm /etc/ssh/ssh_host_*; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key"
    )
    racks[1].inside("systemctl", "restart", "ssh")
    printed = mixed.play("start", instance="rack2", succeeds=False)
    assert "ALARM: rack2" in printed
    assert "Somebody may be between" in printed
    assert mixed.states()["rack2"] == "start_failed"
    mixed.play("deregister", instance="rack2", succeeds=None)
    assert mixed.states()["rack2"] == "terminated"
    registered(mixed, str(racks[1].key), "rack2")
    mixed.play("start", instance="rack2")
    assert mixed.states()["rack2"] == "online"


def test_deregistered_it_is_left_running_as_it_was_and_lets_the_controller_in_no_more(mixed, racks, before):
    assert any("deployer" in line for line in racks[0].traces() - before)
    agent = ("sh", "-c", "systemctl is-active stackward-agent || true")
    assert racks[0].inside(*agent).strip() == "active"
    mixed.play("deregister", instance="rack1")
    assert mixed.states()["rack1"] == "terminated"
    assert racks[0].running()
    assert racks[0].inside(*agent).strip() == "inactive"
    assert "rack1" not in mixed.store().agents(mixed.name)
    after = racks[0].traces()
    # What was in the home of an account that Stackward made is not its to destroy. The system keeps copies of accounts,
    # and sudo a mark of who has used it.
    others = (".departed-", "/.sudo_as_admin_successful")
    changed = {line for line in after ^ before if not line.endswith("-")}
    assert not {line for line in changed if not any(other in line for other in others)}
    key = mixed.folder / "var" / mixed.name / "ssh" / "id_ed25519"
    options = ("BatchMode=yes", "IdentitiesOnly=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null")
    flags = [part for option in options for part in ("-o", option)]
    refused = subprocess.run(
        ["ssh", "-F", "none", *flags, "-i", str(key), f"admin@{racks[0].address}", "true"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "Permission denied" in refused.stderr
