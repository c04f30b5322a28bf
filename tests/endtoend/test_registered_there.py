"""A machine that its owner registers on the machine itself: what is there afterwards is what was there before."""

from __future__ import annotations

import pytest

from tests.endtoend.owned_machines import owned_machines
from tests.endtoend.project import Project, project

pytestmark = [pytest.mark.containers, pytest.mark.endtoend]

EXPORTER = "prometheus-node-exporter"
LISTS = ("/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow", "/etc/subuid", "/etc/subgid", "/etc/ld.so.cache")
PACKAGES = ("dpkg-query", "--show", "--showformat", "${Package}\n")


@pytest.fixture(scope="module")
def rack(tmp_path_factory):
    with owned_machines(tmp_path_factory.mktemp("rack"), "ec2there", "one") as made:
        yield made[0]


@pytest.fixture(scope="module")
def before(rack):
    return rack.traces(), set(rack.inside(*PACKAGES).split())


@pytest.fixture(scope="module")
def shop(tmp_path_factory, rack, before):
    with project(tmp_path_factory.mktemp("there"), "ec2thereshop") as made:
        write(made, rack)
        yield made


def write(shop: Project, rack, **more: object) -> None:
    shop.write(
        {
            "provider": {"type": "static"},
            # Nobody listens there: it is about the agent on the machine.
            "controller": {"url": "http://127.0.0.1:9"},
            "users": {"deployer": {"ssh_keys": [rack.key.with_suffix(".pub").read_text().strip()], "sudo": True}},
            "layers": {
                # Its only instance never starts; that it is in the file has everybody be monitored.
                "watch": {"uses": "monitoring"},
                "web": {
                    "cron": {"nightly": {"at": "17 3 * * *", "job": "/bin/true"}},
                    "limits": {"*": {"nofile": 4096}},
                    "sysctl": {"net.core.somaxconn": 1024},
                    "logrotate": {"web": {"path": "/var/log/web/*.log"}},
                },
            },
            "instances": {
                "watch1": {"layers": ["watch"], "address": "192.0.2.1", "user": "admin"},
                "rack1": {"layers": ["web"], "address": rack.address, "user": "admin", **more},
            },
        }
    )


def state_of(rack, unit: str) -> tuple[str, str]:
    """Whether a unit runs, and whether it starts with the machine."""
    said = rack.inside("sh", "-c", f"systemctl is-active {unit}; systemctl is-enabled {unit}; true").split()
    return said[0], said[1]


def test_what_admission_prints_is_typed_there_and_no_login_is_needed_any_more(shop, rack):
    command = shop.command("admission", "rack1").stdout
    shown = rack.inside("sh", "-c", command)
    keys = [line for line in shown.splitlines() if line.startswith(("ssh-", "ecdsa-"))]
    assert keys
    write(shop, rack, host_keys=keys)
    shop.play("register", instance="rack1")
    assert shop.states() == {"rack1": "registered"}


def test_it_takes_part(shop, rack):
    shop.play("start", instance="rack1")
    assert shop.states() == {"rack1": "online"}
    assert state_of(rack, EXPORTER) == ("active", "enabled")
    assert state_of(rack, "stackward-agent") == ("active", "enabled")


def test_another_stack_does_not_get_it_and_changes_nothing_there(tmp_path, rack):
    with project(tmp_path, "ec2thereblog") as other:
        other.write(
            {
                "provider": {"type": "static"},
                "layers": {"web": {}},
                "instances": {"mine": {"layers": ["web"], "address": rack.address, "user": "admin"}},
            }
        )
        untouched = rack.traces()
        printed = other.play("register", instance="mine", login="root", key=str(rack.key), succeeds=False)
        assert "This machine is rack1 of the stack ec2thereshop, " in printed
        assert "stackward register --instance mine --take-over" in printed
        assert other.states() == {"mine": "start_failed"}
        assert rack.traces() == untouched


def test_let_go_it_is_as_it_was_but_for_packages_which_are_stopped(shop, rack, before):
    traces, packages = before
    shop.play("deregister", instance="rack1")
    assert shop.states() == {"rack1": "terminated"}
    assert state_of(rack, EXPORTER) == ("inactive", "disabled")
    assert rack.inside("sh", "-c", "systemctl is-active stackward-agent; true").strip() == "inactive"
    # What packages have brought along stays with them: files, units by their names, an account and libraries. Those are
    # compared by name, and not by the files of the system that list all of them. sudo marks who has used it.
    brought = sorted(set(rack.inside(*PACKAGES).split()) - packages)
    assert brought
    files = rack.inside("dpkg", "--listfiles", *brought).split()
    others = (".departed-", "/.sudo_as_admin_successful", "prometheus")
    theirs = {*files, *(path.rpartition("/")[2] for path in files), *LISTS, *(f"{path}-" for path in LISTS)}
    left = {line for line in rack.traces() ^ traces if not theirs & set(line.split())}
    assert {line for line in left if not any(each in line for each in others)} == set()
