"""A fleet of real hosts with a controller service that heals it, and what can be done to them behind its back."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from stackward.state.records import JournalEntry
from tests.endtoend.project import Project, engine, project
from tests.held_port import held_port

PATIENCE = 900
"""Seconds after which a wait for something that must happen gives up."""

AFTER = 12
"""Seconds of silence after which an instance is lost: more than an agent waits in vain for an answer."""

HEARTBEAT = 2
EVERYBODY = ("web1", "web2", "web3", "web4")


@dataclass
class Fleet:
    """The project, its controller service, and where the service can be reached."""

    project: Project
    address: str
    port: int
    service: subprocess.Popen[str] | None = None
    log: Path = field(default_factory=Path)
    logged: int = 0
    """How many signs the log held when the service was started last, and `began` when that was."""
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.project.name

    def serve(self) -> None:
        """Start the controller service."""
        self.log = self.project.folder / "serve.log"
        self.log.touch()
        self.logged, self.began = len(self.log.read_text()), datetime.now(UTC)
        with self.log.open("a") as output:
            self.service = subprocess.Popen(
                [
                    str(Path(sys.executable).parent / "stackward"),
                    *("serve", "-i", str(self.project.file)),
                    *("--heal-every", "1s", "--converge-every", "2s", "--scale-every", "60s", "--grace", "20s"),
                ],
                cwd=self.project.folder,
                env={**self.project.environment(), **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        self.wait(lambda: "serving" in self.said(), "the service serves")

    def said(self) -> str:
        """What the service has logged since it was started last."""
        return self.log.read_text()[self.logged :] if self.log.is_file() else ""

    def end(self, number: int = signal.SIGTERM) -> int:
        """End the service, and return its exit code."""
        assert self.service is not None
        if number == signal.SIGKILL:
            # Runs are processes of their own: a controller that loses its power loses them as well.
            for process in self.runs():
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process, number)
        self.service.send_signal(number)
        code = self.service.wait(timeout=PATIENCE)
        self.service = None
        return code

    def runs(self) -> list[int]:
        """The processes that carry out a run of this service."""
        assert self.service is not None
        found = subprocess.run(
            ["ps", "--ppid", str(self.service.pid), "-o", "pid="], capture_output=True, text=True, check=False
        )
        return [int(number) for number in found.stdout.split()]

    def wait(self, until: Callable[[], bool], what: str) -> None:
        """Look again and again until it is so."""
        deadline = time.monotonic() + PATIENCE
        while not until():
            told = self.said()[-3000:]
            assert time.monotonic() < deadline, f"in vain: {what}; {'; '.join(self.unsettled())}\n{told}"
            assert self.service is None or self.service.poll() is None, f"the service has ended\n{told}"
            time.sleep(0.1)

    def settled(self) -> bool:
        """Whether everybody is online, configured, seen well and held by nobody."""
        return not self.unsettled()

    def unsettled(self) -> list[str]:
        """What keeps it from being settled."""
        state = self.project.state()
        seen = self.project.store().sightings(self.name)
        mine = {(item.instance, item.witness.value): item for item in seen}
        wanted = [(name, witness) for name in state.instances for witness in ("ssh", "heartbeat")]
        return [
            *(
                f"{name} is {record.state.value} {record.failure}".strip()
                for name, record in state.instances.items()
                if record.state.value != "online"
            ),
            *(
                f"{name} was configured for {record.configured} and not for {state.generation}"
                for name, record in state.instances.items()
                if record.configured != state.generation
            ),
            *(f"{name} is held by {claim.owner}" for name, claim in state.claims.items()),
            *(f"{item.event} of {item.instance} is {item.status.value}" for item in state.commands),
            *(
                f"{name}: {witness} is {mine[name, witness].answer.value} ({mine[name, witness].text})"
                if (name, witness) in mine
                else f"{name}: {witness} has said nothing"
                for name, witness in wanted
                if (name, witness) not in mine or mine[name, witness].answer.value != "alive"
            ),
        ]

    def settle(self) -> None:
        """Wait until it is settled, and the amnesty after a start of the service is over."""
        self.wait(self.settled, "everybody is well")
        self.wait(self._judges, "the amnesty is over")

    def _judges(self) -> bool:
        """Whether this service, and not the one before it, has listened for long enough."""
        mine = [item.since for item in self.project.store().listeners(self.name) if item.since >= self.began]
        return bool(mine) and time.time() > min(mine).timestamp() + AFTER

    def watch(self, seconds: float = AFTER + 4) -> None:
        """Let the service look on for so long."""
        time.sleep(seconds)

    def remedies(self, instance: str, since: int = 0) -> list[str]:
        """The remedies of an instance after an entry of the journal."""
        return [entry.data["remedy"] for entry in self.heals(instance, since)]

    def heals(self, instance: str, since: int = 0) -> tuple[JournalEntry, ...]:
        """What healing did about an instance after an entry of the journal."""
        return self.project.store().journal(self.name, instance=instance, kinds=("heal",), after=since, limit=1000)

    def healed(self, instance: str, since: int) -> str:
        """Wait until something is done about it, and return what comes first."""
        self.wait(lambda: bool(self.remedies(instance, since)), f"{instance} is healed")
        return self.remedies(instance, since)[0]

    def told(self, instance: str, since: int = 0) -> str:
        """What was done about it and why, and why nothing was, for a test that fails."""
        healed = [f"{instance}: {entry.text}" for entry in self.heals(instance, since)]
        return "\n".join((*healed, *(f"{instance}: nothing: {text}" for text in self.withheld(instance, since))))

    def withheld(self, instance: str, since: int = 0) -> list[str]:
        """Why nothing was done about it."""
        kinds = ("healing-withheld",)
        entries = self.project.store().journal(self.name, instance=instance, kinds=kinds, after=since, limit=1000)
        return [entry.text for entry in entries]

    def now(self) -> int:
        """The number of the newest entry of the journal."""
        return self.project.store().journal(self.name, limit=1)[-1].id

    def machine(self, instance: str) -> str | None:
        found = self.project.state().instances[instance].machine
        return found.id if found else None

    def booted(self, instance: str) -> str:
        """When the machine was started last, by the engine's word."""
        return self.tell("inspect --format {{.State.StartedAt}}", instance).strip()

    def tell(self, words: str, *instances: str) -> str:
        """Do something to hosts by their engine, behind the service's back."""
        names = [f"stackward-{self.name}-{name}" for name in instances]
        done = self._told(words, *names)
        assert done.returncode == 0, f"{words} {' '.join(names)}: {done.stderr}"
        return done.stdout

    @staticmethod
    def _told(words: str, *names: str) -> subprocess.CompletedProcess[str]:
        command = [*engine(), *words.split(), *names]
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE)

    def pause(self, *instances: str) -> None:
        """Let hosts hang. A busy one does not always freeze at the first attempt."""
        for name in instances:
            self.wait(lambda name=name: self._frozen(name), f"{name} hangs")

    def _frozen(self, name: str) -> bool:
        if self._told("pause", f"stackward-{self.name}-{name}").returncode == 0:
            return True
        return self.tell("inspect --format {{.State.Status}}", name).strip() == "paused"

    def on(self, instance: str, *command: str, check: bool = True) -> str:
        return self.project.on(instance, *command, check=check)

    def filter(self, instance: str, *rules: str) -> None:
        """Add rules of iptables inside a host."""
        process = self.tell("inspect --format {{.State.Pid}}", instance).strip()
        for rule in rules:
            subprocess.run(["nsenter", "-t", process, "-n", "iptables", *rule.split()], check=True, timeout=PATIENCE)

    def untouched(self, *instances: str) -> Callable[[], None]:
        """Return a check that these have not been rebooted, restarted, replaced or healed since now."""
        since = self.now()
        before = {name: (self.machine(name), self.booted(name)) for name in instances}

        def check() -> None:
            healed = [entry for name in instances for entry in self.heals(name, since)]
            assert not healed, [(entry.instance, entry.text) for entry in healed]
            found = {name: (self.machine(name), self.booted(name)) for name in instances}
            assert found == before, f"other machines or boots, and nothing was healed: {before} are now {found}"

        return check


@contextmanager
def fleet(folder: Path, name: str, definition: dict[str, object] | None = None) -> Iterator[Fleet]:
    """Real hosts with agents and a service; four alike unless told otherwise. Removed at the end."""
    address = _address()
    (folder / "project").mkdir()
    with held_port(address) as port, project(folder / "project", name) as made:
        controller = {"url": f"https://{address}:{port}", "heartbeat": HEARTBEAT}
        made.write({"controller": controller, **(definition or alike(made))})
        made.play("start")
        running = Fleet(made, address, port)
        try:
            running.serve()
            yield running
        finally:
            if running.service is not None:
                running.end()


def alike(made: Project) -> dict[str, object]:
    """Four instances with a server that needs no package."""
    unit = "[Service]\nExecStart=/usr/bin/python3 -m http.server 8000\n[Install]\nWantedBy=multi-user.target\n"
    tasks = [
        {
            "name": "Have a server",
            "ansible.builtin.copy": {"dest": "/etc/systemd/system/site.service", "content": unit, "mode": "0644"},
        },
        {
            "name": "Start it",
            "ansible.builtin.systemd_service": {
                "name": "site",
                "enabled": True,
                "state": "started",
                "daemon_reload": True,
            },
        },
    ]
    layer = {"recipes": {"setup": [made.recipe("site", tasks)]}, "healing": {**HEALING, "check": {"tcp": 8000}}}
    return {"layers": {"web": {**layer, "boot_timeout": 60}}, "instances": {"web[1:4]": {"layers": ["web"]}}}


HEALING = {
    "after": AFTER,
    "back_off": 1,
    "remedies": ["configure", "reboot", "restart", "replace"],
    "on_outside_stop": "heal",
}


def _address() -> str:
    """An address of this machine that hosts in containers reach."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])


@dataclass(frozen=True)
class Load:
    """What a load of requests came to."""

    requests: int
    errors: int
    printed: str


@contextmanager
def load(url: str, connections: int, seconds: int) -> Iterator[Callable[[], Load]]:
    """Send requests meanwhile over so many connections. Yields a function that waits for the end and says what came."""
    process = subprocess.Popen(
        [
            "wrk",
            "--threads",
            "1",
            "--connections",
            str(connections),
            "--duration",
            f"{seconds}s",
            "--timeout",
            "60s",
            url,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

    def ended() -> Load:
        printed, _ = process.communicate(timeout=PATIENCE)
        counted = re.search(r"(\d+) requests in", printed)
        assert counted, printed
        sockets = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", printed)
        wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", printed)
        errors = sum(map(int, sockets.groups())) if sockets else 0
        return Load(int(counted[1]), errors + (int(wrong[1]) if wrong else 0), printed)

    try:
        yield ended
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
