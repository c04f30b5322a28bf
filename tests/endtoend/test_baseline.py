"""What hosts have without a recipe, for real: people log in, jobs move, and what leaves the file leaves the hosts."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from tests.endtoend.project import PATIENCE, Project, project

pytestmark = [pytest.mark.containers, pytest.mark.endtoend]

HOSTS = ("desk1", "desk2")
ONE_JOB = "# work: single"
TABLE = "/etc/cron.d/stackward"
OURS = (
    "/etc/cron.d/stackward",
    "/etc/sudoers.d/stackward",
    "/etc/logrotate.d/stackward",
    "/etc/security/limits.d/60-stackward.conf",
    "/etc/systemd/system.conf.d/60-stackward.conf",
    "/etc/sysctl.d/60-stackward.conf",
    "/etc/chrony/stackward.conf",
)
PARAMETER = "net.ipv4.tcp_keepalive_time"
"""One that belongs to the network of a container, so that nobody else's changes."""


def definition(everywhere: dict[str, object], **layer: object) -> dict[str, object]:
    return {
        "users": everywhere,
        "layers": {"work": layer},
        "instances": {"desk[1:2]": {"layers": ["work"]}},
    }


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    folder = tmp_path_factory.mktemp("baseline")
    with project(folder, "autobase") as made:
        for name in ("anna", "bert"):
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
            subprocess.run(command, check=True, timeout=PATIENCE)
        made.write(
            definition(
                {"anna": {"ssh_keys": [public(made, "anna")], "sudo": True}, "bert": {"uid": 2001, "groups": ["adm"]}},
                users={"bert": {"ssh_keys": [public(made, "bert")]}},
                packages=["tree"],
                services={"cron": "started", "fstrim.timer": "stopped"},
                cron={
                    "each": {"at": "* * * * *", "job": "date +%s > /run/each"},
                    "single": {"at": "@hourly", "job": "true", "hosts": "one"},
                },
                ntp=["time.example.com"],
                sysctl={PARAMETER: 1234},
                limits={"*": {"nofile": 2000}},
                logrotate={"app": {"path": "/var/log/app/*.log", "keep": 2, "afterwards": "touch /run/rotated"}},
            )
        )
        made.play("start")
        yield made


def public(office: Project, name: str) -> str:
    return (office.folder / f"{name}.pub").read_text().strip()


def log_in(office: Project, name: str, instance: str, command: str) -> subprocess.CompletedProcess[str]:
    """Log in over SSH with a person's own key, and run a command there."""
    address = office.state().instances[instance].machine.address
    options = ["BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "IdentitiesOnly=yes"]
    return subprocess.run(
        [
            *("ssh", "-F", "none", "-i", str(office.folder / name), *(f"-o{option}" for option in options)),
            *(f"{name}@{address}", command),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def holders(office: Project) -> list[str]:
    """The instances whose table has the job that one of them runs."""
    running = [name for name in HOSTS if office.states()[name] == "online"]
    return [name for name in running if ONE_JOB in office.on(name, "cat", TABLE, check=False)]


def booted(office: Project, instance: str) -> str:
    """When the first process of an instance has begun."""
    return office.on(instance, "stat", "--format=%Z", "/proc/1")


def unchanged(printed: str, instance: str) -> bool:
    return re.search(rf"^{instance} +: ok=\d+ +changed=0 +unreachable=0 +failed=0", printed, re.MULTILINE) is not None


def test_people_log_in_with_their_keys_and_some_of_them_are_root(office):
    for host in HOSTS:
        assert log_in(office, "anna", host, "sudo -n id -un").stdout == "root\n"
        assert log_in(office, "bert", host, "id -u; id -Gn").stdout == "2001\nbert adm\n"
        assert log_in(office, "bert", host, "sudo -n id -un").returncode != 0


def test_limits_count_for_sessions_and_services(office):
    assert log_in(office, "bert", "desk1", "ulimit -n").stdout == "2000\n"
    assert "=2000\n" in office.on("desk1", "systemctl", "show", "--property=DefaultLimitNOFILE")


def test_packages_services_the_clock_and_peers_are_there(office):
    for host, peer in zip(HOSTS, reversed(HOSTS), strict=True):
        assert office.on(host, "tree", "--version")
        assert office.on(host, "systemctl", "is-enabled", "fstrim.timer", check=False) == "disabled\n"
        assert "time.example.com" in office.on(host, "cat", "/etc/chrony/stackward.conf")
        assert "skipped because of an unmet condition" in office.on(host, "journalctl", "--unit=chrony", "--output=cat")
        assert peer in office.on(host, "getent", "hosts", peer)


def test_logs_are_rotated(office):
    office.on("desk1", "sh", "-c", "mkdir -p /var/log/app && echo line > /var/log/app/a.log")
    office.on("desk1", "logrotate", "--force", "/etc/logrotate.d/stackward")
    assert office.on("desk1", "sh", "-c", "ls /var/log/app /run/rotated").split() == [
        "/run/rotated",
        "/var/log/app:",
        "a.log.1",
    ]


def test_kernel_parameters_are_set_where_the_host_lets_them(office):
    assert f"{PARAMETER} = 1234" in office.on("desk2", "cat", "/etc/sysctl.d/60-stackward.conf")
    office.on("desk2", "mount", "-o", "remount,rw,bind", "/proc/sys")
    printed = office.play("configure")
    assert f"kernel parameter {PARAMETER} cannot be set" in printed
    assert office.on("desk2", "sysctl", "--values", PARAMETER) == "1234\n"
    assert office.on("desk1", "sysctl", "--values", PARAMETER) != "1234\n"


def test_a_second_configure_changes_nothing(office):
    printed = office.play("configure")
    assert all(unchanged(printed, host) for host in HOSTS), printed


def test_cron_runs_what_it_should_with_its_percent_signs(office):
    office.wait(lambda: office.on("desk1", "cat", "/run/each", check=False).strip().isdigit(), "a job of cron")


def test_the_job_of_one_host_moves_when_that_host_stops(office):
    (holder,) = holders(office)
    (other,) = set(HOSTS) - {holder}
    office.play("stop", instance=holder)
    assert holders(office) == [other]
    office.play("start", instance=holder)
    assert holders(office) == [holder]


def test_updates_go_from_instance_to_instance_and_reboot_where_it_is_needed(office):
    office.on("desk2", "touch", "/run/reboot-required")
    before = {host: booted(office, host) for host in HOSTS}
    printed = office.play("update")
    assert "updating desk1 (1 of 2)" in printed
    assert "updating desk2 (2 of 2)" in printed
    assert booted(office, "desk1") == before["desk1"]
    assert booted(office, "desk2") != before["desk2"]
    assert office.states() == dict.fromkeys(HOSTS, "online")
    runs = [command.event for command in office.store().commands(office.name, limit=50) if command.instance == "desk2"]
    assert "run_recipes" in runs


def test_what_has_left_the_file_leaves_the_hosts(office):
    started = log_in(office, "anna", "desk1", "echo dear > letter; nohup sleep 10000 > /dev/null 2>&1 & echo started")
    assert started.stdout == "started\n"
    office.write(definition({}, users={"bert": {"ssh_keys": [public(office, "bert")], "uid": 2001}}))
    preview = office.play("configure", "--check")
    assert "desk1" in preview
    assert office.on("desk1", "id", "anna")
    office.play("converge")
    for host in HOSTS:
        assert log_in(office, "anna", host, "true").returncode != 0
        assert "no such user" in office.on(host, "sh", "-c", "id anna 2>&1", check=False)
        assert [path for path in OURS if office.on(host, "sh", "-c", f"ls {path} 2>/dev/null", check=False)] == []
        assert office.on(host, "sh", "-c", "command -v tree", check=False) == ""
        assert office.on(host, "systemctl", "is-enabled", "fstrim.timer") == "enabled\n"
        assert log_in(office, "bert", host, "id -Gn").stdout == "bert\n"
        made = json.loads(office.on(host, "cat", "/var/lib/stackward/made.json"))
        assert {kind: sorted(names) for kind, names in made.items() if names} == {"accounts": ["bert"]}
    assert office.on("desk2", "sysctl", "--values", PARAMETER) != "1234\n"
    assert office.on("desk1", "sh", "-c", "cat /home/anna.departed-*/letter") == "dear\n"
    assert "root 700" in office.on("desk1", "sh", "-c", "stat --format='%U %a' /home/anna.departed-*")
    assert office.on("desk1", "pgrep", "-f", "sleep 10000", check=False) == ""


def test_an_account_of_somebody_else_is_left_alone_and_said(office):
    office.on("desk1", "useradd", "--create-home", "carl")
    office.write(definition({"carl": {"ssh_keys": [public(office, "anna")], "sudo": True}}))
    printed = office.play("configure", succeeds=False)
    assert "There is an account carl on this host already" in printed
    assert office.on("desk1", "sh", "-c", "ls -A /home/carl/.ssh 2>/dev/null", check=False) == ""
    assert "carl" not in office.on("desk1", "sh", "-c", "cat /etc/sudoers.d/stackward 2>/dev/null", check=False)
    assert "carl" in office.on("desk2", "id", "carl")
    office.write(definition({}))
    office.play("converge")
    assert office.on("desk1", "id", "-un", "carl") == "carl\n"
    assert office.on("desk2", "id", "carl", check=False) == ""
