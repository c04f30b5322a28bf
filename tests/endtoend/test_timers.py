"""Ticks that nobody types: by systemd, by cron and by ansible-runner as AWX has it, on a host with the wheel."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from tests.endtoend.control_host import HOME, ControlHost
from tests.endtoend.owned_machines import owned_machines
from tests.endtoend.project import PATIENCE

pytestmark = [pytest.mark.containers, pytest.mark.endtoend]

FILE = f"{HOME}/inventory/ticking.stack.yml"
AWX = "/srv/awx"
"""Where ansible-runner has its folder of a job, with the project and an inventory in it."""


@pytest.fixture(scope="module")
def control(tmp_path_factory):
    folder = tmp_path_factory.mktemp("timers")
    with owned_machines(folder, "scaletimers", "ctl") as (machine,):
        made = ControlHost(machine)
        made.install(folder / "wheels")
        made.shell("ssh-keygen -q -t ed25519 -N '' -f /root/own", "cat /root/own.pub >> /root/.ssh/authorized_keys")
        yield made


def write(control: ControlHost, *, wanted: bool) -> None:
    """A stack of the host itself, wanted by its schedule or not. Its Setup waits until it is let go."""
    day = datetime.now(UTC).date() + timedelta(days=0 if wanted else 30)
    wait = {"name": "Wait", "ansible.builtin.wait_for": {"path": "/root/go", "timeout": PATIENCE}}
    here = {"layers": ["all"], "address": "127.0.0.1", "user": "root", "key": "/root/own"}
    schedule = {f"{day}..{day + timedelta(days=1)}": "00:00-24:00"}
    files = {
        "inventory/ticking.stack.yml": {
            "plugin": "stackward.ops.stack",
            "name": "ticking",
            "provider": {"type": "static"},
            "layers": {"all": {"start_ahead": False, "recipes": {"setup": [{"tasks": "recipes/wait.yml"}]}}},
            "instances": {"here": {**here, "type": "time", "schedule": schedule}},
        },
        "recipes/wait.yml": [wait],
        "playbooks/scale.yml": [{"name": "Scale", "ansible.builtin.import_playbook": "stackward.ops.scale"}],
    }
    for name, content in files.items():
        text = yaml.safe_dump(content, sort_keys=False)
        control.shell(f"mkdir -p $(dirname {name})", f"cat > {name}.new <<'END'\n{text}END", f"mv {name}.new {name}")


def state(control: ControlHost) -> str:
    (instance,) = control.data("status")["stacks"][0]["instances"]
    return instance["state"]


def reaches(control: ControlHost, wanted: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while (found := state(control)) != wanted:
        said = "journalctl --no-pager --lines 40; tail -n 40 /var/log/syslog || true"
        assert time.monotonic() < deadline, (found, control.shell(said))
        time.sleep(2)


def requests(control: ControlHost) -> list[tuple[str, str]]:
    """What was asked for by itself, and by what command."""
    entries = control.data("events --limit 1000")
    return [
        (entry["data"]["desired"], entry["actor"].split()[0])
        for entry in entries
        if entry["kind"] == "request" and entry["data"].get("initiated_by") == "auto-scaling"
    ]


def test_the_units_are_ones_that_systemd_accepts(control):
    write(control, wanted=False)
    control.shell("stackward register --instance here", f"stackward install-timers --folder /root/units -i {FILE}")
    assert control.shell("systemd-analyze verify /root/units/*").strip() == ""


def test_a_timer_of_systemd_starts_what_the_schedule_wants(control):
    write(control, wanted=True)
    control.shell("stackward install-timers --only scale")
    assert "stackward-ticking-scale.timer" in control.shell("systemctl list-timers --no-pager")
    reaches(control, "running_setup")
    assert requests(control) == [("online", "scale")]


def test_a_second_one_by_hand_says_who_is_at_it_and_does_nothing(control):
    said = control.shell("stackward scale", "ansible-playbook playbooks/scale.yml -i inventory")
    assert said.count("ticking: here: held by scale#") == 2, said
    assert state(control) == "running_setup"
    control.shell("touch /root/go")
    reaches(control, "online")
    assert requests(control) == [("online", "scale")]


def test_taken_away_they_are_gone(control):
    control.shell("stackward install-timers --only scale --remove")
    assert "stackward" not in control.shell("systemctl list-timers --all --no-pager; ls /etc/systemd/system")


def test_cron_stops_it_when_the_schedule_wants_it_no_more(control):
    control.shell("apt-get -qq update && apt-get -qq install -y cron < /dev/null > /dev/null", "systemctl start cron")
    control.shell("stackward install-timers --by cron --only scale")
    write(control, wanted=False)
    reaches(control, "registered")
    assert requests(control) == [("online", "scale"), ("stopped", "scale")]
    control.shell("stackward install-timers --by cron --only scale --remove", "test ! -e /etc/cron.d/stackward-ticking")


def test_a_job_of_awx_starts_it_with_the_inventory_that_was_taken_before(control):
    write(control, wanted=True)
    taken = "ansible-inventory -i inventory --list --export > /root/taken.json"
    control.shell(
        f"mkdir -p {AWX}/inventory && ln -s {HOME} {AWX}/project",
        taken,
        f"printf '#!/bin/sh\\ncat /root/taken.json\\n' > {AWX}/inventory/hosts && chmod +x {AWX}/inventory/hosts",
    )
    printed = control.shell(f"ansible-runner run {AWX} --playbook playbooks/scale.yml --ident 1")
    assert "failed=0" in printed
    assert state(control) == "online"
    assert requests(control) == [("online", "scale"), ("stopped", "scale"), ("online", "scale")]
