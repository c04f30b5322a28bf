"""The service as a unit of a real systemd: it says when it is ready, comes back when it dies, and ends cleanly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stackward.controller.unit import NAME
from stackward.providers.container import image
from stackward.providers.container.readiness import ready_engine
from tests.endtoend.project import PATIENCE, REPOSITORY, Project, engine

HOST = "stackward-test-service-unit"
PYTHON = Path(sys.base_prefix)

pytestmark = [
    pytest.mark.containers,
    pytest.mark.endtoend,
    pytest.mark.skipif(Path("/usr") == PYTHON, reason="the Python of the system cannot be lent to a host"),
]


class Controller:
    """A host that has this Python and this checkout, and a project to serve."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *command: str, stdin: str = "", check: bool = True) -> str:
        done = subprocess.run(
            [*engine(), "exec", "-i", HOST, *command],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0 or not check, done.stdout + done.stderr
        return done.stdout.strip()

    def shown(self, what: str) -> str:
        return self.run("systemctl", "show", "--value", "--property", what, NAME)

    def healthy(self) -> bool:
        ask = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8470/healthz', timeout=60).status)"
        return self.run("python3", "-c", ask, check=False) == "200"

    def wait(self, so: str) -> None:
        tries = f"for _ in $(seq {PATIENCE * 3}); do {so} && echo so && exit; sleep 0.1; done"
        if self.run("sh", "-c", tries) != "so":
            pytest.fail(f"in vain: {so}\n{self.run('journalctl', '--no-pager', '--lines=60', check=False)}")


@pytest.fixture(scope="module")
def controller(tmp_path_factory):
    made = Project(tmp_path_factory.mktemp("unit"), "unit")
    made.write(
        {
            "layers": {"web": {}},
            "instances": {"rack1": {"layers": ["web"], "address": "192.0.2.1"}},
            "controller": {"url": "http://127.0.0.1:8470"},
        }
    )
    ready, flags = ready_engine(None, print)
    subprocess.run([*engine(), "rm", "--force", HOST], check=False, capture_output=True)
    lent = [f"{place}:{place}:ro" for place in (PYTHON, REPOSITORY)]
    volumes = [part for item in (*lent, f"{made.folder}:{made.folder}") for part in ("--volume", item)]
    try:
        reference = image.chosen(image.DEFAULT).reference
        ready.run("run", "--detach", "--name", HOST, *flags.create, *volumes, reference, to="make a host")
        found = Controller(made.folder)
        found.wait("systemctl is-system-running | grep -Eq 'running|degraded'")
        yield found
    finally:
        subprocess.run([*engine(), "rm", "--force", HOST], check=False, capture_output=True)


def test_the_unit_that_is_printed_runs_in_systemd_and_is_ready_when_it_serves(controller):
    program = str(Path(sys.executable).parent / "stackward")
    file = str(controller.folder / "inventory" / "unit.stack.yml")
    text = controller.run(
        "sh", "-c", f"cd {controller.folder} && {program} serve -i {file} --grace 5s --unit", stdin=""
    )
    controller.run("sh", "-c", f"cat > /etc/systemd/system/{NAME}", stdin=f"{text}\n")
    assert NAME not in controller.run("systemd-analyze", "verify", f"/etc/systemd/system/{NAME}", check=False)
    # Type=notify: this returns when the service has said that it is ready.
    controller.run("systemctl", "enable", "--now", NAME)
    assert controller.shown("ActiveState") == "active"
    assert controller.healthy()


def test_one_that_dies_is_started_again(controller):
    before = controller.shown("MainPID")
    controller.run("kill", "-KILL", before)
    controller.wait(
        f"test $(systemctl show --value --property MainPID {NAME}) != {before} && systemctl is-active -q {NAME}"
    )
    assert controller.healthy()
    assert int(controller.shown("NRestarts")) >= 1


def test_it_ends_cleanly_where_it_is_told_to(controller):
    controller.run("systemctl", "stop", NAME)
    assert (controller.shown("ActiveState"), controller.shown("Result")) == ("inactive", "success")
    assert controller.shown("ExecMainStatus") == "0"
    assert "stopped" in controller.run("journalctl", "--unit", NAME, "--output", "cat")
