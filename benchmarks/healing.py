"""From the verdict on a dead host until it is online again, against the same done by hand: start it, and set it up."""

from __future__ import annotations

import shutil
import subprocess
import time

from benchmarks.measuring import Cost, MeasuringError, interleaved, ratio
from benchmarks.project import Project, project
from benchmarks.verdicts import Report, Verdict
from stackward import ssh

DEFINITION = {
    "layers": {"job": {"healing": {"on_outside_stop": "heal", "tries": 20, "back_off": 1}}},
    "instances": {"job[1:3]": {"layers": ["job"]}},
}
VICTIM = "job1"


def measure(rounds: int) -> Report:
    """Kill a host again and again; heal it, and bring it back by hand, in turn."""
    with project("bench-heal", DEFINITION, hosts=True) as made:
        made.play("stackward.ops.start")
        costs = interleaved({"heal": lambda: healed(made), "by hand": lambda: by_hand(made)}, rounds, rehearse=False)
    return Report(
        "heal",
        (Verdict("time of starting the host and setting it up by hand", ratio(costs, "heal", "by hand", "wall"), 1.3),),
        costs,
    )


def healed(made: Project) -> Cost:
    """From the moment that the remedy was decided until the instance was online, by the journal."""
    kill(made)
    cost = made.play("stackward.ops.heal")
    with made.store() as store:
        entries = store.journal(made.name, instance=VICTIM, kinds=("heal", "state"), limit=100)
    decided = max((entry for entry in entries if entry.kind == "heal"), key=lambda entry: entry.id, default=None)
    online = [entry for entry in entries if entry.kind == "state" and entry.data.get("to") == "online"]
    if decided is None or not online or online[-1].id < decided.id:
        raise MeasuringError(f"{VICTIM} was not healed:\n{cost.printed[-2000:]}")
    return Cost((online[-1].at - decided.at).total_seconds(), cost.cpu, cost.memory)


def by_hand(made: Project) -> Cost:
    """What a person would do who has seen it: start the container, wait for it, run Setup."""
    kill(made)
    begun = time.monotonic()
    tell(made, "start")
    with made.store() as store:
        machine = store.snapshot(made.name).instances[VICTIM].machine
    if machine is None or machine.address is None:
        raise MeasuringError(f"{VICTIM} has no machine")
    ssh.wait_until_answering(VICTIM, machine.address, machine.port, 300)
    cost = made.play("stackward.ops.setup", instance=VICTIM)
    return Cost(time.monotonic() - begun, cost.cpu, cost.memory)


def kill(made: Project) -> None:
    """Let the host die."""
    tell(made, "kill")


def tell(made: Project, word: str) -> None:
    """Do something to the host by its engine. Raises MeasuringError."""
    engine = shutil.which("podman") or shutil.which("docker")
    if engine is None:
        raise MeasuringError("there is neither Podman nor Docker")
    done = subprocess.run(
        [engine, word, f"stackward-{made.name}-{VICTIM}"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise MeasuringError(done.stderr)
