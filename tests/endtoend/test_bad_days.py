"""What goes wrong on real hosts: it says so, nothing is lost, and asking again mends it."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from tests.endtoend.project import PATIENCE, Project, engine, project

pytestmark = [pytest.mark.containers, pytest.mark.endtoend]
THOROUGH = pytest.mark.thorough

SETUP = [
    {
        "name": "Fail where somebody wants it",
        "ansible.builtin.command": "test ! -e /var/tmp/fail",
        "changed_when": False,
    },
    {
        "name": "Take as long as somebody wants",
        "ansible.builtin.shell": "while test -e /var/tmp/wait; do sleep 0.1; done",
        "changed_when": False,
    },
]
CONFIGURE = [
    SETUP[1],
    {
        "name": "Write who is online",
        "ansible.builtin.copy": {
            "dest": "/var/tmp/online",
            "content": "{{ stackward.layers.web.instances.keys() | sort | join(',') }}\n",
        },
    },
]


def more(*values: object) -> list[object]:
    """Further values of a test, for the lane chaos: the simulation kills runs everywhere, within seconds."""
    return [pytest.param(*(value if isinstance(value, tuple) else (value,)), marks=THOROUGH) for value in values]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    with project(tmp_path_factory.mktemp("baddays"), "baddays") as made:
        (made.folder / "code").mkdir()
        (made.folder / "code" / "index.html").write_text("good\n")
        define(made, "web[1:3]")
        made.play("start")
        yield made


def define(made: Project, instances: str) -> None:
    made.write(
        {
            "layers": {
                "web": {
                    "event_timeout": "10m",
                    "recipes": {
                        "setup": [made.recipe("setup", SETUP)],
                        "configure": [made.recipe("configure", CONFIGURE)],
                        "deploy": [made.recipe("deploy", SETUP[1:])],
                    },
                }
            },
            "instances": {instances: {"layers": ["web"]}},
            "apps": {"site": {"layers": ["web"], "source": {"type": "directory", "path": "../code"}}},
        }
    )


@pytest.fixture(autouse=True)
def whole(fleet):
    """Every test leaves a whole fleet behind, whatever it did."""
    yield
    for name in fleet.machines():
        subprocess.run([*engine(), "unpause", f"stackward-baddays-{name}"], capture_output=True, check=False)
        fleet.on(name, "rm", "-f", "/var/tmp/fail", "/var/tmp/wait", check=False)
    fleet.play("start")
    assert_whole(fleet)


def assert_whole(fleet: Project) -> None:
    state = fleet.state()
    assert fleet.states() == {"web1": "online", "web2": "online", "web3": "online"}
    assert {record.configured for record in state.instances.values()} == {state.generation}
    assert not state.claims
    assert not state.commands
    assert fleet.machines() == ["web1", "web2", "web3"]
    assert {fleet.on(name, "cat", "/var/tmp/online") for name in fleet.machines()} == {"web1,web2,web3\n"}


def last_status(fleet: Project, instance: str) -> str:
    return fleet.store().commands("baddays", instance=instance, limit=1)[0].status.value


def test_a_host_whose_recipe_fails_fails_alone(fleet):
    fleet.on("web2", "touch", "/var/tmp/fail")
    printed = fleet.play("setup", succeeds=False)
    assert "web2: Fail where somebody wants it" in printed
    assert fleet.states() == {"web1": "online", "web2": "setup_failed", "web3": "online"}
    assert "Fail where somebody wants it" in fleet.state().instances["web2"].failure
    assert fleet.on("web1", "cat", "/var/tmp/online") == "web1,web3\n"


def test_a_slow_host_holds_up_nobody(fleet):
    fleet.on("web2", "touch", "/var/tmp/wait")
    slow = fleet.begin("setup", batch="100%")
    fleet.wait(
        lambda: fleet.states() == {"web1": "online", "web2": "running_setup", "web3": "online"}, "web2 is slow", by=slow
    )
    fleet.wait(
        lambda: {fleet.on(name, "cat", "/var/tmp/online") for name in ("web1", "web3")} == {"web1,web3\n"},
        "the others are told while it is",
        by=slow,
    )
    assert slow.poll() is None
    fleet.on("web2", "rm", "/var/tmp/wait")
    printed, _ = slow.communicate(timeout=PATIENCE)
    assert slow.returncode == 0, printed


def test_a_recipe_that_hangs_ends_with_the_limit_of_its_event(fleet):
    text = fleet.file.read_text()
    # The others' Configure has the same limit, and is to end within it on a slow machine too.
    fleet.file.write_text(text.replace("10m", "20s"))
    try:
        fleet.on("web3", "touch", "/var/tmp/wait")
        printed = fleet.play("setup", instance="web3", succeeds=False)
        assert "web3" in printed
        assert fleet.states()["web3"] == "setup_failed"
        assert last_status(fleet, "web3") == "expired"
    finally:
        fleet.file.write_text(text)


def test_two_runs_at_once_share_the_work(fleet):
    fleet.play("stop", instance=["web2", "web3"])
    both = [fleet.begin("start", instance=["web2", "web3"]) for _ in range(2)]
    printed = [process.communicate(timeout=PATIENCE)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], printed
    setups = [command for command in fleet.store().commands("baddays", instance="web2") if command.event == "setup"]
    assert setups[0].status.value == "successful"
    states = [
        entry.data["to"] for entry in fleet.store().journal("baddays", instance="web2", kinds=("state",), limit=7)
    ]
    assert states.count("online") == 1


@THOROUGH
def test_what_is_asked_while_another_run_holds_the_instance_is_not_lost(fleet):
    fleet.on("web2", "touch", "/var/tmp/wait")
    slow = fleet.begin("setup", instance="web2")
    fleet.wait(lambda: fleet.states()["web2"] == "running_setup", "web2 is in Setup", by=slow)
    second = fleet.begin("stop", instance="web2")
    fleet.wait(lambda: fleet.state().instances["web2"].request is not None, "the stop is asked for", by=second)
    fleet.on("web2", "rm", "/var/tmp/wait")
    for process in (slow, second):
        printed, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, printed
    assert fleet.states()["web2"] == "stopped"
    assert fleet.state().instances["web2"].request is None


@THOROUGH
@pytest.mark.parametrize("state", ["booting", "requested", "running_setup"])
def test_a_start_that_is_killed_is_finished_by_the_next(fleet, state):
    fleet.play("stop", instance="web2")
    process = fleet.begin("start", instance="web2")
    fleet.wait(lambda: fleet.states()["web2"] == state or process.poll() is not None, f"web2 is {state}")
    fleet.kill(process)
    fleet.play("converge")
    assert_whole(fleet)


@THOROUGH
@pytest.mark.parametrize("state", ["shutting_down", "stopping"])
def test_a_stop_that_is_killed_is_finished_by_the_next(fleet, state):
    process = fleet.begin("stop", instance="web2")
    fleet.wait(lambda: fleet.states()["web2"] == state or process.poll() is not None, f"web2 is {state}")
    fleet.kill(process)
    fleet.play("converge")
    assert fleet.states()["web2"] == "stopped"
    assert fleet.on("web1", "cat", "/var/tmp/online") == "web1,web3\n"


@THOROUGH
def test_a_new_machine_is_not_made_twice_when_its_run_is_killed(fleet):
    subprocess.run([*engine(), "rm", "-f", "-t", "0", "stackward-baddays-web3"], capture_output=True, check=True)
    process = fleet.begin("setup", instance="web3")
    process.communicate(timeout=PATIENCE)
    fleet.play("stop", instance="web3", succeeds=None)
    process = fleet.begin("start", instance="web3")
    fleet.wait(lambda: fleet.states()["web3"] in ("pending", "booting") or process.poll() is not None, "web3 boots")
    fleet.kill(process)
    fleet.play("start", instance="web3")
    assert fleet.machines() == ["web1", "web2", "web3"]


OURS = re.compile(r'File "[^"]*/(src|ansible_collections)/stackward/')
"""A line of a traceback that is about this project's code."""

PHASES = (
    ("start", "booting"),
    *more(
        ("start", "requested"),
        ("start", "running_setup"),
        ("reboot", "rebooting"),
        ("stop", "stopping"),
        ("stop", "shutting_down"),
    ),
)


@pytest.mark.parametrize(("playbook", "state"), PHASES)
def test_ctrl_c_in_any_phase_loses_nothing(fleet, playbook, state):
    if playbook == "start":
        fleet.play("stop", instance="web1")
    process = fleet.begin(playbook, instance="web1")
    fleet.wait(lambda: fleet.states()["web1"] == state or process.poll() is not None, f"web1 is {state}")
    # A worker that Ansible has only just forked says so itself, in Python's words; so does a parent that is forking
    # one, and then goes on as if nobody had pressed anything.
    assert not OURS.search(fleet.interrupt(process))
    fleet.play("converge")
    assert fleet.states()["web1"] == ("stopped" if playbook == "stop" else "online")
    assert fleet.machines() == ["web1", "web2", "web3"]
    assert not fleet.state().claims


@THOROUGH
@pytest.mark.parametrize("playbook", ["setup", "configure", "deploy"])
def test_ctrl_c_in_the_middle_of_a_recipe_loses_nothing(fleet, playbook):
    before = max(command.id for command in fleet.store().commands("baddays", instance="web1"))
    fleet.on("web1", "touch", "/var/tmp/wait")
    process = fleet.begin(playbook, instance="web1")
    fleet.wait(lambda: "Take as long" in doing(fleet, "web1"), f"the recipe of {playbook} runs", by=process)
    printed = fleet.interrupt(process)
    assert "Traceback" not in printed
    fleet.on("web1", "rm", "/var/tmp/wait")
    fleet.play("converge")
    ended = [item for item in fleet.store().commands("baddays", instance="web1") if item.id > before]
    assert [item.status.value for item in ended if item.event == playbook].count("successful") == 1
    assert_whole(fleet)


def doing(fleet: Project, instance: str) -> str:
    claim = fleet.state().claims.get(instance)
    return (claim.doing if claim else "") or ""


def test_a_host_that_cannot_be_reached_fails_alone(fleet):
    subprocess.run([*engine(), "pause", "stackward-baddays-web1"], capture_output=True, check=True)
    printed = fleet.play("configure", succeeds=False)
    assert "web1" in printed
    state = fleet.state()
    assert not state.claims
    assert last_status(fleet, "web1") == "failed"
    assert last_status(fleet, "web2") == "successful"


def test_a_host_whose_key_has_changed_is_refused(fleet):
    known = fleet.folder / "var" / "baddays" / "ssh" / "known_hosts"
    kept = known.read_text()
    address = fleet.state().instances["web1"].machine.address
    wrong = kept.splitlines()[-1].split(" ", 1)[1][:-6] + "AAAAAA"
    known.write_text(
        "".join(f"{line}\n" for line in kept.splitlines() if not line.startswith(address + " "))
        + f"{address} {wrong}\n"
    )
    try:
        subprocess.run(["ssh", "-O", "exit", f"root@{address}"], capture_output=True, check=False)
        shutil.rmtree(fleet.folder / "nothing", ignore_errors=True)
        printed = fleet.play("configure", instance="web1", succeeds=False)
        assert f"web1 at {address} is not the machine that it was. Its host key is" in printed
    finally:
        known.write_text(kept)


def test_a_broken_stack_file_changes_nothing(fleet):
    text = fleet.file.read_text()
    store = fleet.store()
    before = store.snapshot("baddays")
    try:
        fleet.file.write_text(
            text.replace("layers:\n  - web", "layers:\n  - wbe").replace("event_timeout", "evnt_timeout")
        )
        printed = fleet.play("stop", succeeds=False)
        assert "evnt_timeout" in printed
        assert 'did you mean "event_timeout"?' in printed
        assert store.snapshot("baddays") == before
    finally:
        fleet.file.write_text(text)


def test_a_file_that_breaks_during_a_run_does_not_disturb_it(fleet):
    text = fleet.file.read_text()
    fleet.on("web2", "touch", "/var/tmp/wait")
    process = fleet.begin("setup", instance="web2")
    fleet.wait(lambda: fleet.states()["web2"] == "running_setup", "web2 is in Setup", by=process)
    try:
        fleet.file.write_text("plugin: stackward.ops.stack\nname: [broken\n")
        fleet.on("web2", "rm", "/var/tmp/wait")
        printed, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, printed
        fleet.file.write_text(text)
        assert fleet.states()["web2"] == "online"
    finally:
        fleet.file.write_text(text)


def test_an_instance_that_leaves_the_file_is_shown_by_plan_and_terminated_by_converge(fleet):
    define(fleet, "web[1:2]")
    try:
        plan = fleet.command("plan")
        assert plan.returncode == 2
        assert "web3" in plan.stdout
        fleet.play("converge")
        assert fleet.machines() == ["web1", "web2"]
        assert fleet.states() == {"web1": "online", "web2": "online"}
        assert fleet.on("web1", "cat", "/var/tmp/online") == "web1,web2\n"
    finally:
        define(fleet, "web[1:3]")
