"""Instances that die, hang or vanish come back on real hosts, and what only seems dead is left alone."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.endtoend.project import PATIENCE, Project, engine, project

pytestmark = [pytest.mark.containers, pytest.mark.endtoend]

AFTER = 3
WEBS = ("web1", "web2", "web3")


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with project(tmp_path_factory.mktemp("healing"), "healing") as made:
        made.write(
            {
                "layers": {
                    "web": {
                        "volumes": [{"mount": "/srv/kept"}],
                        "healing": {
                            "after": AFTER,
                            "remedies": ["reboot", "restart", "replace"],
                            "on_outside_stop": "heal",
                        },
                    }
                },
                "instances": {"web[1:3]": {"layers": ["web"]}},
            }
        )
        made.play("start")
        yield made


def tell(shop: Project, *instances: str, word: str) -> None:
    """Do something to hosts behind Stackward's back."""
    names = [f"stackward-{shop.name}-{name}" for name in instances]
    subprocess.run([*engine(), *word.split(), *names], check=True, capture_output=True, timeout=PATIENCE)


def remedies(shop: Project, instance: str) -> list[str]:
    return [entry.data["remedy"] for entry in shop.store().journal(shop.name, instance=instance, kinds=("heal",))]


def machine(shop: Project, instance: str) -> tuple[str | None, str | None]:
    found = shop.state().instances[instance].machine
    assert found is not None
    return found.id, found.address


def everybody_is_online_and_configured(shop: Project) -> bool:
    state = shop.state()
    online = {record.state.value for record in state.instances.values()} == {"online"}
    return online and {record.configured for record in state.instances.values()} == {state.generation}


def test_a_look_at_a_healthy_stack_changes_nothing(shop):
    before = shop.state()
    printed = shop.play("health_check")
    assert all(f"{name}: well (SSH answers)" in printed for name in WEBS)
    shop.play("heal")
    assert shop.state() == before


def twins() -> list[str]:
    """Whatever the engine has of the twin's stack."""
    found = []
    for kind in (["ps", "--all"], ["volume", "ls"], ["network", "ls"]):
        command = [*engine(), *kind, "--quiet", "--filter", "label=stackward.stack=healing-twin"]
        found += subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE).stdout.split()
    return found


def test_a_rehearsal_breaks_and_heals_a_twin_and_leaves_nothing_of_it(shop):
    before, machines = shop.state(), shop.machines()
    said = shop.command("rehearse", "heal", "web2", "--really", "--output", "json")
    assert said.returncode == 0, said.stdout + said.stderr
    trial = json.loads(said.stdout)
    assert [rung["remedy"] for rung in trial["rungs"]] == ["start", "reboot", "restart", "replace"]
    assert all(rung["seconds"] > 0 and not rung["trouble"] for rung in trial["rungs"])
    assert (shop.state(), shop.machines()) == (before, machines)
    assert twins() == []
    assert not shop.file.with_name(".healing-twin.stack.yml").exists()


def test_a_rehearsal_that_is_interrupted_leaves_nothing_either(shop):
    program = str(Path(sys.executable).parent / "stackward")
    rehearsal = subprocess.Popen(
        [program, "rehearse", "heal", "web2", "--really", "-i", str(shop.file)],
        cwd=shop.folder,
        env=shop.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    shop.processes.append(rehearsal)
    shop.wait(lambda: bool(twins()), "the twin is made", by=rehearsal)
    assert "Another rehearsal of healing is under way" in shop.command("rehearse", "heal", "web1", "--really").stderr
    printed = shop.interrupt(rehearsal)
    assert rehearsal.returncode == 130, printed
    assert twins() == []
    assert not shop.file.with_name(".healing-twin.stack.yml").exists()


def test_an_instance_that_was_killed_is_started_again_as_it_was(shop):
    before = machine(shop, "web1")
    tell(shop, "web1", word="kill")
    printed = shop.play("heal")
    assert "web1: heal: restart, try 1 of 5: SSH is silent" in printed
    assert everybody_is_online_and_configured(shop)
    assert machine(shop, "web1") == before
    asked = shop.store().journal(shop.name, instance="web1", kinds=("request",))[-1]
    assert asked.data["initiated_by"] == "auto-healing"
    assert remedies(shop, "web2") == []


def test_a_host_that_hangs_is_lost_after_its_time_by_two_witnesses_and_rebooted(shop):
    before = machine(shop, "web2")
    tell(shop, "web2", word="pause")
    printed = shop.play("heal")
    assert "web2: suspect (SSH is silent" in printed
    assert shop.states()["web2"] == "online"
    time.sleep(AFTER)
    printed = shop.play("heal")
    assert "web2: heal: reboot, try 1 of 5" in printed
    assert "it is paused" in printed
    assert "cannot reach it either" in printed
    assert everybody_is_online_and_configured(shop)
    assert machine(shop, "web2") == before


def test_a_machine_that_is_gone_is_made_anew_with_its_volume(shop):
    shop.on("web3", "touch", "/srv/kept/file", "/root/file")
    before = machine(shop, "web3")
    tell(shop, "web3", word="rm --force --time 0")
    printed = shop.play("heal", "--check")
    assert "web3: heal: replace, try 1 of 5" in printed
    assert shop.states()["web3"] == "online"
    shop.play("heal")
    assert everybody_is_online_and_configured(shop)
    assert machine(shop, "web3")[0] != before[0]
    assert shop.on("web3", "ls", "/srv/kept").strip() == "file"
    assert shop.on("web3", "ls", "/root").strip() == ""
    assert shop.machines() == list(WEBS)


def test_when_most_or_all_are_silent_nobody_is_healed(shop):
    tried = len(remedies(shop, "web1"))
    tell(shop, "web2", "web3", word="pause")
    shop.play("heal")
    time.sleep(AFTER)
    printed = shop.play("heal")
    assert "2 of 3 instances fail at once" in printed
    assert set(shop.states().values()) == {"online"}
    tell(shop, "web1", word="pause")
    shop.play("heal")
    time.sleep(AFTER)
    printed = shop.play("heal")
    assert "this controller reaches nobody" in printed or "no second witness" in printed
    assert set(shop.states().values()) == {"online"}
    assert len(remedies(shop, "web1")) == tried
    tell(shop, *WEBS, word="unpause")
    assert "well" in shop.play("health_check")


def test_a_pause_holds_it_back_and_says_who_and_why(shop):
    said = shop.command("pause", "healing", "--why", "new switches")
    assert "healing is paused until it is resumed: new switches" in said.stdout, said.stderr
    tell(shop, "web1", word="kill")
    printed = shop.play("heal")
    assert "healing is paused by" in printed
    assert shop.states()["web1"] == "online"
    assert "new switches" in shop.command("why", "web1").stdout
    assert shop.command("resume", "healing").returncode == 0
    for process in [shop.begin("heal") for _ in range(2)]:
        printed, _ = process.communicate(timeout=480)
        assert process.returncode == 0, printed
    assert everybody_is_online_and_configured(shop)
    assert shop.machines() == list(WEBS)
