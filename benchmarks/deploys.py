"""A deploy of a new revision from Git to four hosts, against Ansistrano and pyinfra; and one of what is there already.

Neither of the others is part of this project. Put the role of Ansistrano (github.com/ansistrano/deploy) into a folder
and name that in STACKWARD_ANSISTRANO; install pyinfra into an environment of its own and name its program in
STACKWARD_PYINFRA. Without them only our own side is measured, and the report says so.
"""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from benchmarks.configure import PING, check, prepare
from benchmarks.measuring import Cost, MeasuringError, Rounds, interleaved, ratio, run
from benchmarks.project import LOCALHOST, REPOSITORY, Project, project
from benchmarks.verdicts import Report, Verdict
from stackward import ssh

HOSTS, FILES, BYTES = 4, 400, 7500
KEEP = 5
ANSISTRANO, PYINFRA = "STACKWARD_ANSISTRANO", "STACKWARD_PYINFRA"
FOLDERS = {
    "deploy": "/srv/site",
    "Ansistrano": "/srv/ansistrano",
    "pyinfra": "/srv/pyinfra",
    "pyinfra, code alone": "/srv/pyinfra-code",
}
"""Where each side keeps what it deploys."""
FLOOR = "floor"
"""The side that only reaches every host: one `ping`, measured in the same rounds as the deploys."""
STACK: dict[str, Any] = {
    "layers": {"web": {"uses": "static_web", "packages": ["git", "rsync"]}},
    "instances": {f"all[1:{HOSTS}]": {"layers": ["web"]}},
    "apps": {
        "site": {
            "layers": ["web"],
            "source": {"type": "git", "url": "https://git.example.com/site.git"},
            # All hosts at once, as the others do it.
            "deploy": {"batch": "100%", "keep": KEEP},
        }
    },
}
"""The code is in the project's folder, which is known later."""

TUNED = f"""\
[defaults]
collections_path = {REPOSITORY / "collections"}
forks = 25
interpreter_python = /usr/bin/python3
[ssh_connection]
pipelining = True
"""
"""Settings that suit Ansistrano, without anything of ours."""

SAME_STEPS = """\
from io import StringIO

from pyinfra.operations import files, git, server

files.directory(path="/etc/pyinfra", mode="755")
files.put(src=StringIO({document!r}), dest="/etc/pyinfra/attributes.json", mode="640")
for path in ("{folder}", "{folder}/releases"):
    files.directory(path=path, user="root", group="www-data", mode="750")
git.repo(src="{url}", dest="{folder}/repo", branch="trunk", pull=True)
server.shell(
    commands=[
        "mkdir -p {folder}/releases/{release}",
        "git -C {folder}/repo archive HEAD | tar -x -C {folder}/releases/{release}",
        "chown -R root:www-data {folder}/releases/{release}",
        "chmod -R u=rwX,g=rX,o= {folder}/releases/{release}",
        "readlink {folder}/current > {folder}/before || true",
    ]
)
files.link(path="{folder}/current", target="{folder}/releases/{release}")
server.shell(
    commands=[
        'cd {folder}/releases && ls -1t | grep -vxF -e {release} -e "$(basename "$(cat ../before)")"'
        " | tail -n +{beyond} | xargs -r rm -rf"
    ]
)
"""
"""What a deploy of ours does on a host: the attribute document, folders and files that only the web server reads, the
code, the live release, and older ones away but for the one to go back to."""

CODE_ALONE = """\
from pyinfra.operations import files, git, server

files.directory(path="{folder}/releases")
git.repo(src="{url}", dest="{folder}/repo", branch="trunk", pull=True)
server.shell(
    commands=[
        "mkdir -p {folder}/releases/{release}",
        "git -C {folder}/repo archive HEAD | tar -x -C {folder}/releases/{release}",
    ]
)
files.link(path="{folder}/current", target="{folder}/releases/{release}")
server.shell(commands=["cd {folder}/releases && ls -1t | tail -n +{beyond} | xargs -r rm -rf"])
"""


@dataclass
class Repository:
    """A repository with some hundred files, and a server of it that hosts can reach."""

    folder: Path
    commits: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def git(self, *words: str) -> None:
        """Run a command of Git there."""
        identity = ["-c", "user.name=b", "-c", "user.email=b@example.com", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *words], cwd=self.folder, check=True, capture_output=True)

    def make(self) -> None:
        """Make it, with its first commit."""
        self.folder.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=trunk")
        for number in range(FILES):
            path = self.folder / f"pages/{number % 20}/{number}.html"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.chance.randbytes(BYTES // 2).hex())
        (self.folder / "index.html").write_text("ok")
        self.commit()

    def commit(self) -> None:
        """Make a new revision, in which a tenth of the files is another."""
        self.commits += 1
        (self.folder / "revision").write_text(f"{self.commits}\n")
        for number in range(0, FILES, 10):
            path = self.folder / f"pages/{number % 20}/{number}.html"
            path.write_text(self.chance.randbytes(BYTES // 2).hex())
        self.git("add", ".")
        self.git("commit", "--quiet", "-m", str(self.commits))

    @contextmanager
    def served(self, towards: str) -> Iterator[str]:
        """Serve it over Git's own protocol to hosts that are reached as `towards` is. Gives the URL."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way, socket.socket() as free:
            way.connect((towards, 9))
            here = way.getsockname()[0]
            free.bind((here, 0))
            port = free.getsockname()[1]
        words = ["--reuseaddr", f"--listen={here}", f"--port={port}", f"--base-path={self.folder.parent}"]
        server = subprocess.Popen(["git", "daemon", "--export-all", *words], start_new_session=True)
        url = f"git://{here}:{port}/{self.folder.name}"
        try:
            self._wait(url)
            yield url
        finally:
            os.killpg(server.pid, 15)
            server.wait()

    @staticmethod
    def _wait(url: str) -> None:
        for _ in range(50):
            if subprocess.run(["git", "ls-remote", url], capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise MeasuringError(f"git daemon does not serve {url}")


def measure(rounds: int) -> Report:
    """Deploy one new commit after the other."""
    with project("bench-deploys", STACK, {"ping.yml": PING, "tuned.cfg": TUNED}, hosts=True) as made:
        code = Repository(made.folder / "code" / "site")
        code.make()
        STACK["apps"]["site"]["source"]["url"] = str(code.folder)
        made.write(STACK)
        prepare(made)
        names = list(made.stack().instances)
        with code.served(_machines(made)[names[0]][0]) as url:
            sides = {
                "deploy": _after_a_commit(code, lambda: _deploy(made)),
                FLOOR: lambda: _ping(made),
                **_others(made, code, url),
            }
            costs = interleaved(sides, rounds)
            for side, folder in FOLDERS.items():
                if side in sides:
                    _deployed(made, code, sides[side], f"{folder}/current/revision", names)
        same = interleaved({"unchanged": lambda: _deploy(made), "ping": lambda: _ping(made)}, rounds)
        check(same, names)
    return Report("deploy", _verdicts(costs, same), {**costs, **same}, _notes(costs))


def _verdicts(costs: Rounds, same: Rounds) -> tuple[Verdict, ...]:
    found = []
    if "Ansistrano" in costs:
        for word, what in (("time", "wall"), ("CPU", "cpu")):
            found.append(Verdict(f"{word} of Ansistrano", ratio(costs, "deploy", "Ansistrano", what), 0.2))
    if "pyinfra" in costs:
        found.append(Verdict("time of the same steps with pyinfra", ratio(costs, "deploy", "pyinfra", "wall"), 1))
    found.append(Verdict("unchanged: time of one ping", ratio(same, "unchanged", "ping", "wall"), 1.5))
    return tuple(found)


def _notes(costs: Rounds) -> tuple[str, ...]:
    notes = [f"{HOSTS} hosts, {FILES} files of {BYTES} bytes, all hosts at once"]
    if "pyinfra" in costs:
        alone = ratio(costs, "deploy", "pyinfra, code alone", "wall")
        notes.append(f"{alone:.2g}× time of pyinfra where that brings code, link and old releases alone")
    for side, what, word in (("Ansistrano", "cpu", "CPU"), ("pyinfra", "wall", "time")):
        if side in costs:
            notes.append(f"the floor, one ping: {ratio(costs, FLOOR, side, what):.2g}× {word} of {side}")
    for side, variable, what in (
        ("Ansistrano", ANSISTRANO, "the folder of its role"),
        ("pyinfra", PYINFRA, "the path of its program"),
    ):
        if side not in costs:
            notes.append(f"{side} was NOT measured: name {what} in {variable}")
    return tuple(notes)


def _ping(made: Project) -> Cost:
    return made.play("ping.yml", made.file, LOCALHOST)


def _deploy(made: Project) -> Cost:
    return made.play("stackward.ops.deploy", made.file, LOCALHOST, app="site")


def _after_a_commit(code: Repository, act: Callable[[], Cost]) -> Callable[[], Cost]:
    def both() -> Cost:
        code.commit()
        return act()

    return both


def _others(made: Project, code: Repository, url: str) -> dict[str, Callable[[], Cost]]:
    """Return what is there to be measured beside ours."""
    sides = {}
    if role := os.environ.get(ANSISTRANO):
        play = {
            "hosts": "all:!localhost",
            "gather_facts": False,
            "vars": {
                "ansistrano_deploy_to": "/srv/ansistrano",
                "ansistrano_deploy_via": "git",
                "ansistrano_git_repo": url,
                "ansistrano_git_branch": "trunk",
                "ansistrano_keep_releases": KEEP,
                "ansistrano_allow_anonymous_stats": False,
            },
            "roles": [{"role": str(Path(role).resolve())}],
        }
        (made.folder / "ansistrano.yml").write_text(yaml.safe_dump([play]))
        tuned = made.folder / "tuned.cfg"
        sides["Ansistrano"] = _after_a_commit(
            code, lambda: made.play("ansistrano.yml", made.file, LOCALHOST, settings=tuned)
        )
    if pyinfra := os.environ.get(PYINFRA):
        program = str(Path(pyinfra).absolute())
        for side, steps in (("pyinfra", SAME_STEPS), ("pyinfra, code alone", CODE_ALONE)):
            sides[side] = _after_a_commit(code, partial(_with_pyinfra, made, code, url, program, FOLDERS[side], steps))
    return sides


def _with_pyinfra(made: Project, code: Repository, url: str, program: str, folder: str, steps: str) -> Cost:
    data = made.stack().data
    common = {
        "ssh_user": "root",
        "ssh_key": str(ssh.private_key(data)),
        "ssh_known_hosts_file": str(ssh.known_hosts(data)),
    }
    hosts = [(address, {**common, "ssh_port": port}) for address, port in _machines(made).values()]
    (made.folder / "hosts.py").write_text(f"hosts = {hosts!r}\n")
    release = f"r{code.commits}"
    document = json.dumps({"release": release, "hosts": hosts}, indent=2, default=str)
    written = steps.format(url=url, folder=folder, release=release, document=document, beyond=KEEP)
    (made.folder / "steps.py").write_text(written)
    return run([program, "-y", "hosts.py", "steps.py"], made.folder, made.environment())


def _machines(made: Project) -> dict[str, tuple[str, int]]:
    with made.store() as store:
        records = store.snapshot(made.name).instances.values()
        return {
            record.name: (record.machine.address, record.machine.port)
            for record in records
            if record.machine and record.machine.address
        }


def _deployed(made: Project, code: Repository, side: Callable[[], Cost], path: str, names: list[str]) -> None:
    """Raise MeasuringError unless the side puts the newest commit live on every host."""
    side()
    play = [
        {
            "hosts": "all:!localhost",
            "gather_facts": False,
            "tasks": [
                {"ansible.builtin.command": f"cat {path}", "changed_when": False, "register": "live"},
                {"ansible.builtin.assert": {"that": [f"live.stdout == '{code.commits}'"]}},
            ],
        }
    ]
    (made.folder / "deployed.yml").write_text(json.dumps(play))
    printed = made.play("deployed.yml", made.file, LOCALHOST).printed
    if missing := [name for name in names if f"{name} " not in printed]:
        raise MeasuringError(f"{path} was not looked at on {', '.join(missing)}")
