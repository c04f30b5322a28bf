"""What happens to the controller itself: killed in mid-heal, told to stop, and a provider that does not answer."""

import shutil
import signal
import stat

import pytest

from tests.chaos.fleet import EVERYBODY, fleet
from tests.endtoend.project import engine

pytestmark = [pytest.mark.chaos]

FAILING = """#!/bin/sh
if [ -e {flag} ]; then
    echo "Error: the service does not answer" >&2
    exit 125
fi
exec {real} "$@"
"""


@pytest.fixture(scope="module")
def chaos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("controller")
    with fleet(folder, "healctl") as running:
        (real,) = engine()
        programs = folder / "programs"
        programs.mkdir()
        wrapper = programs / real.rpartition("/")[2]
        wrapper.write_text(FAILING.format(flag=folder / "failing", real=real))
        wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR)
        path = running.project.environment()["PATH"]
        running.environment = {"PATH": f"{programs}:{path}"}
        assert running.end() == 0, running.said()
        running.serve()
        running.flag = folder / "failing"
        assert shutil.which(wrapper.name, path=running.environment["PATH"]) == str(wrapper)
        yield running


@pytest.fixture(autouse=True)
def calm(chaos):
    chaos.settle()
    yield
    chaos.settle()
    assert chaos.project.machines() == sorted(EVERYBODY)


def test_a_heal_that_was_cut_off_by_a_dying_controller_is_finished_by_the_next_one(chaos):
    others = chaos.untouched("web4", "web1", "web3")
    machine, since = chaos.machine("web2"), chaos.now()
    chaos.tell("kill", "web2")
    chaos.wait(
        lambda: chaos.project.states()["web2"] in ("requested", "pending", "booting", "running_setup"), "it heals"
    )
    assert chaos.end(signal.SIGKILL) == -signal.SIGKILL
    chaos.serve()
    chaos.wait(chaos.settled, "web2 is back")
    assert chaos.remedies("web2", since) == ["restart"], chaos.told("web2", since)
    assert chaos.machine("web2") == machine
    others()


def test_a_service_that_is_told_to_stop_ends_its_runs_and_nothing_is_lost(chaos):
    since = chaos.now()
    chaos.tell("kill", "web3")
    chaos.wait(
        lambda: chaos.project.states()["web3"] in ("requested", "pending", "booting", "running_setup"), "it heals"
    )
    runs = chaos.runs()
    assert runs
    assert chaos.end() == 0, chaos.said()
    assert "stopped" in chaos.said()
    chaos.serve()
    chaos.wait(chaos.settled, "web3 is back")
    assert chaos.remedies("web3", since) == ["restart"], chaos.told("web3", since)


def test_while_the_provider_does_not_answer_nothing_is_destroyed_and_then_it_is_healed(chaos):
    others = chaos.untouched("web4", "web2", "web3")
    machine, since = chaos.machine("web1"), chaos.now()
    chaos.flag.touch()
    try:
        chaos.tell("kill", "web1")
        chaos.wait(lambda: bool(chaos.remedies("web1", since)), "peers are enough to say that it is lost")
        chaos.watch(10)
        assert chaos.machine("web1") == machine
    finally:
        chaos.flag.unlink()
    chaos.wait(chaos.settled, "web1 is back")
    assert "replace" not in chaos.remedies("web1", since), chaos.told("web1", since)
    others()
