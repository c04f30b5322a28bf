"""What happens to hosts, and what the controller service does about it; and that it does nothing else."""

import subprocess
import time

import pytest

from tests.chaos.fleet import EVERYBODY, HEARTBEAT, PATIENCE, fleet

pytestmark = [pytest.mark.chaos]

short = pytest.mark.endtoend
"""In the short form too."""


@pytest.fixture(scope="module")
def chaos(tmp_path_factory):
    with fleet(tmp_path_factory.mktemp("chaos"), "healchaos") as running:
        yield running


@pytest.fixture(autouse=True)
def calm(chaos):
    chaos.settle()
    yield
    chaos.settle()
    assert chaos.project.machines() == sorted(EVERYBODY)


@short
def test_a_killed_host_is_started_again_as_it_was(chaos):
    others = chaos.untouched("web2", "web3", "web4")
    machine, since = chaos.machine("web1"), chaos.now()
    chaos.tell("kill", "web1")
    assert chaos.healed("web1", since) == "restart", chaos.told("web1", since)
    chaos.wait(chaos.settled, "web1 is back")
    assert chaos.machine("web1") == machine
    others()


def test_a_host_that_hangs_is_rebooted_on_the_word_of_a_second_witness(chaos):
    others = chaos.untouched("web4", "web1", "web3")
    machine, since = chaos.machine("web2"), chaos.now()
    chaos.pause("web2")
    assert chaos.healed("web2", since) == "reboot", chaos.told("web2", since)
    chaos.wait(chaos.settled, "web2 is back")
    assert chaos.machine("web2") == machine
    assert len(chaos.heals("web2", since)) == 1, chaos.told("web2", since)
    (heal,) = chaos.heals("web2", since)
    assert "SSH is silent since" in heal.text
    assert "cannot reach it either" in heal.text or "the provider says that it is paused" in heal.text
    others()


@short
def test_a_host_that_is_cut_off_from_the_controller_alone_is_left_alone(chaos):
    nobody = chaos.untouched(*EVERYBODY)
    since = chaos.now()
    gateway = chaos.on("web3", "ip", "route").split("default via ")[1].split()[0]
    ways = [f"INPUT -s {gateway} -j DROP", f"OUTPUT -d {gateway} -j DROP", f"OUTPUT -d {chaos.address} -j DROP"]
    chaos.filter("web3", *(f"-I {way}" for way in ways))
    try:
        chaos.wait(
            lambda: (
                any("reaches it" in text for text in chaos.withheld("web3", since))
                or seen(chaos, "web3") == "unreachable"
            ),
            "a peer vouches for it",
        )
        chaos.watch()
        assert chaos.project.states()["web3"] == "online"
    finally:
        chaos.filter("web3", *(f"-D {way}" for way in ways))
    nobody()


def verdicts(chaos):
    """How each instance is by what was seen of it last."""
    from datetime import UTC, datetime

    from stackward.engine.healing import preview

    store = chaos.project.store()
    return preview(store, chaos.project.stack(), store.sightings(chaos.name), datetime.now(UTC)).decision.verdicts


def seen(chaos, name):
    """How an instance is by what was seen of it last."""
    found = verdicts(chaos)
    assert name in found, f"nobody looks at {name}: {chaos.told(name)}"
    return found[name].health.value


@short
def test_a_host_that_is_cut_off_from_everybody_is_lost_and_comes_back(chaos):
    others = chaos.untouched("web4", "web1", "web2")
    since = chaos.now()
    chaos.filter("web3", "-I INPUT ! -i lo -j DROP", "-I OUTPUT ! -o lo -j DROP")
    assert chaos.healed("web3", since) == "reboot", chaos.told("web3", since)
    chaos.wait(chaos.settled, "web3 is back")
    others()


def test_a_full_disk_fails_what_needs_it_and_destroys_nothing(chaos):
    nobody = chaos.untouched(*EVERYBODY)
    chaos.on(
        "web1",
        *("sh", "-c", "cp -a /etc/stackward /tmp/kept && mount -t tmpfs -o size=64k tmpfs /etc/stackward && "
          "cp -a /tmp/kept/. /etc/stackward/ && dd if=/dev/zero of=/etc/stackward/full bs=1k 2>/dev/null; true"),
    )  # fmt: skip
    try:
        said = chaos.project.command(
            "configure", "--instance", "web1", "--attributes", '{"long": "%s"}' % ("x" * 20000)
        )
        assert said.returncode == 1
        assert "No space left on device" in said.stdout
        chaos.watch()
        assert chaos.project.states()["web1"] == "online"
    finally:
        chaos.on("web1", "umount", "/etc/stackward")
    assert chaos.project.command("configure", "--instance", "web1").returncode == 0
    nobody()


def test_a_dead_ssh_server_is_no_dead_host_while_its_agent_reports(chaos):
    nobody = chaos.untouched(*EVERYBODY)
    since = chaos.now()
    chaos.on("web2", "sh", "-c", "systemctl stop ssh.socket ssh.service 2>/dev/null; pkill -x sshd; true")
    try:
        chaos.wait(lambda: seen(chaos, "web2") == "unreachable", "its agent and its check vouch for it")
        chaos.watch()
        assert chaos.project.states()["web2"] == "online"
        assert chaos.on("web2", "systemctl", "is-active", "site").strip() == "active"
    finally:
        chaos.on("web2", "systemctl", "start", "ssh")
    assert chaos.remedies("web2", since) == []
    nobody()


def test_a_dead_agent_is_started_again_and_its_host_left_alone(chaos):
    boots = {name: chaos.booted(name) for name in EVERYBODY}
    since = chaos.now()
    chaos.on("web1", "systemctl", "stop", "stackward-agent")
    assert chaos.healed("web1", since) == "configure", chaos.told("web1", since)
    chaos.wait(chaos.settled, "the agent reports again")
    assert chaos.on("web1", "systemctl", "is-active", "stackward-agent").strip() == "active"
    assert {name: chaos.booted(name) for name in EVERYBODY} == boots


def test_an_agent_that_comes_and_goes_is_no_reason_for_anything(chaos):
    nobody = chaos.untouched(*EVERYBODY)
    for _ in range(4):
        chaos.on("web3", "systemctl", "stop", "stackward-agent")
        time.sleep(2 * HEARTBEAT)
        chaos.on("web3", "systemctl", "start", "stackward-agent")
        time.sleep(2 * HEARTBEAT)
    nobody()


def test_half_of_the_fleet_is_healed_one_by_one(chaos):
    others = chaos.untouched("web4", "web3")
    since = chaos.now()
    chaos.pause("web1", "web2")
    chaos.wait(lambda: bool(chaos.remedies("web1", since) and chaos.remedies("web2", since)), "both are healed")
    chaos.wait(chaos.settled, "both are back")
    held = [text for name in ("web1", "web2") for text in chaos.withheld(name, since)]
    assert any("of layer web may be down at a time" in text for text in held), held
    others()


def test_where_the_controllers_own_network_is_gone_nobody_is_healed(chaos):
    nobody = chaos.untouched(*EVERYBODY)
    since = chaos.now()
    subnet = chaos.project.state().instances["web1"].machine.address.rpartition(".")[0] + ".0/24"
    rules = [["OUTPUT", "-d", subnet, "-j", "DROP"], ["INPUT", "-s", subnet, "-j", "DROP"]]
    for rule in rules:
        subprocess.run(["iptables", "-I", *rule], check=True, timeout=PATIENCE)
    try:
        chaos.wait(
            lambda: ["there is no second witness" in found.reason for found in verdicts(chaos).values()] == [True] * 4,
            "all of them have been silent for as long as it takes",
        )
        chaos.watch()
        assert set(chaos.project.states().values()) == {"online"}
        assert all(chaos.remedies(name, since) == [] for name in EVERYBODY)
    finally:
        for rule in rules:
            subprocess.run(["iptables", "-D", *rule], check=True, timeout=PATIENCE)
    nobody()


def test_a_host_that_does_not_come_up_again_is_replaced_in_the_end(chaos):
    others = chaos.untouched("web4", "web1", "web3")
    machine, since = chaos.machine("web2"), chaos.now()
    # At its next boot nothing is started: neither SSH nor what it serves. A host that served would be left alone.
    chaos.on("web2", "systemctl", "set-default", "rescue.target")
    chaos.tell("kill", "web2")
    chaos.wait(lambda: "replace" in chaos.remedies("web2", since), "it is replaced")
    chaos.wait(chaos.settled, "the new machine is well")
    assert chaos.machine("web2") != machine
    assert chaos.remedies("web2", since) == ["restart", "replace"], chaos.told("web2", since)
    others()


@short
def test_what_was_done_is_told_in_the_journal_with_who_and_why(chaos):
    entries = chaos.project.store().journal(chaos.name, kinds=("request",), limit=1000)
    healed = [entry for entry in entries if entry.data.get("initiated_by") == "auto-healing"]
    assert healed
    assert all(entry.text and entry.actor for entry in healed)
