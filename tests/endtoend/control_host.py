"""A host of its own on which Stackward is installed as its users install it: from the wheel, beside nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.endtoend.owned_machines import OwnedMachine
from tests.endtoend.project import PATIENCE, REPOSITORY, engine

HOME = "/srv/project"
PROGRAMS = "/opt/stackward/bin"


class ControlHost:
    """A machine with systemd, the wheel in an environment of its own, and a project."""

    def __init__(self, machine: OwnedMachine) -> None:
        self.machine = machine

    def install(self, wheels: Path) -> None:
        """Install the wheel with what it needs, from files alone."""
        _wheels(wheels)
        self.put(wheels, "/root/wheels")
        files = "--no-index --find-links /root/wheels /root/wheels/stackward-*.whl ansible-runner"
        self.shell(
            "python3 -m venv --without-pip /opt/stackward",
            # The wheel of pip is a program, too.
            f"python $(ls /root/wheels/pip-*.whl)/pip install --quiet {files}",
        )

    def put(self, source: Path, place: str) -> None:
        """Copy a file or a folder there."""
        subprocess.run(
            [*engine(), "cp", str(source), f"{self.machine.container}:{place}"],
            check=True,
            capture_output=True,
            timeout=PATIENCE,
        )

    def shell(self, *lines: str, succeeds: bool = True) -> str:
        """Run lines in the project, as root, and return what they print on both channels."""
        script = "\n".join(("exec 2>&1", "set -e", f"mkdir -p {HOME}", f"cd {HOME}", *lines))
        path = f"PATH={PROGRAMS}:/usr/sbin:/usr/bin:/sbin:/bin"
        done = subprocess.run(
            [*engine(), "exec", "--env", path, self.machine.container, "sh", "-c", script],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert (done.returncode == 0) is succeeds, f"exit code {done.returncode}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stdout, done.stdout
        return done.stdout

    def data(self, command: str) -> Any:
        """Run `stackward COMMAND --output json` in the project, and return what it says."""
        return json.loads(self.shell(f"stackward {command} --output json"))


def _wheels(folder: Path) -> None:
    """Put the wheel, what it needs, and pip into a folder, for the Python of the host."""
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    built = ("--no-deps", "--wheel-dir", str(folder), str(REPOSITORY))
    subprocess.run([*pip, "wheel", *built], check=True, timeout=PATIENCE)
    (wheel,) = folder.glob("stackward-*.whl")
    host = ("--implementation", "cp", "--python-version", "3.11", "--only-binary", ":all:")
    locked = ("--constraint", str(REPOSITORY / "requirements" / "locked.txt"))
    wanted = ("--dest", str(folder), str(wheel), "ansible-runner", "pip")
    subprocess.run([*pip, "download", *host, *locked, *wanted], check=True, timeout=PATIENCE, capture_output=True)
