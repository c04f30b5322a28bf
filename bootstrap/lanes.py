"""Runs lanes of checks one after another: lanes.py NAME…, where NAME is a lane or a set of them ("fast", "all").

Each lane's output comes as it is made, or when it is over, where two go side by side. The end lists every lane with its
duration and pytest's closing line, and then what a lane that failed said of its failure, so that the last screen of a
long log tells the cause. Exits with 1 when a lane failed; the lanes after it have run all the same.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path

from turn import wait_for_turn

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
PYTHON = str(BIN / "python")
PYTEST = (PYTHON, "-m", "pytest")
CLOSING = re.compile(r"=+ (?P<said>.*\b(?:passed|failed|errors?|no tests ran|deselected)\b.* in [\d.]+s.*?) =+$")
OUTCOME = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed)\b")
COLOUR = re.compile(r"\x1b\[[\d;]*m")
TELLING = re.compile(r"\b(?:FAILED|ERROR|CRITICAL|[Ff]atal|[A-Z]\w*Error)\b|\berror:|^E  ")
KEPT = 12
"""Lines of a lane's failure that are told again at the end."""


@dataclass(frozen=True)
class Lane:
    """Commands that belong together; the first that fails ends the lane. With hosts, one run at a time on a machine.

    Lanes that keep one core busy (`one_core`) and follow each other go two at a time.
    """

    about: str
    commands: tuple[tuple[str, ...], ...]
    hosts: bool = False
    one_core: bool = False
    environment: dict[str, str] = field(default_factory=dict)


SLOW = ("containers", "postgresql", "aws", "endtoend", "simulation", "ansible", "chaos")
"""Markers of tests that are left to lanes of their own."""

PLACES = {
    "simulation": ("tests/simulation", "tests/contract/collection"),
    "contract": ("tests/contract", "tests/property/state"),
    "endtoend": ("tests/endtoend", "tests/chaos"),
}
"""Where the tests with such markers are: to read all the others takes longer than to run some of these."""

LANES = {
    "style": Lane(
        "ruff: rules and format",
        ((str(BIN / "ruff"), "check", "."), (str(BIN / "ruff"), "format", "--check", ".")),
    ),
    "types": Lane("mypy, strict", ((PYTHON, "-m", "mypy"),)),
    "unit": Lane(
        "unit, property and architecture tests: nothing but Python",
        ((*PYTEST, "--numprocesses=auto", "-m", " and ".join(f"not {name}" for name in SLOW)),),
    ),
    "simulation": Lane(
        "runs killed at every point, any history, and the inventory by Ansible's own commands",
        (
            (
                *(*PYTEST, "--numprocesses=auto", "-m", "(simulation or ansible) and not thorough"),
                *PLACES["simulation"],
            ),
        ),
    ),
    "lint": Lane(
        "ansible-lint, production profile, and yamllint",
        (
            (str(BIN / "yamllint"), "--strict", "."),
            (str(BIN / "ansible-lint"),),
        ),
        one_core=True,
    ),
    "sanity": Lane("ansible-test sanity", ((PYTHON, "bootstrap/sanity.py"),), one_core=True),
    "packages": Lane(
        "the wheel and the collection, built and used elsewhere", ((PYTHON, "bootstrap/packages.py"),), one_core=True
    ),
    "newest": Lane("newest Python and ansible-core", (("bootstrap/newest",),)),
    "image": Lane("the host image", ((PYTHON, "-m", "stackward.providers.container.prepare"),)),
    "contract": Lane(
        "contracts on real containers, on PostgreSQL, and on stand-ins of Amazon's interfaces",
        (
            (*PYTEST, "--numprocesses=auto", "-m", "aws and not endtoend", *PLACES["contract"]),
            # What needs hosts is in two files: beside PostgreSQL they do not get into each other's way.
            (
                *(*PYTEST, "--numprocesses=2", "--dist=loadfile"),
                *("-m", "(containers or postgresql) and not aws and not endtoend", *PLACES["contract"]),
            ),
        ),
        hosts=True,
    ),
    "molecule": Lane("one scenario on real hosts", (("bootstrap/molecule",),), hosts=True),
    # Each file has stacks of its own, and mostly waits for its hosts.
    "endtoend": Lane(
        "whole stacks on real hosts",
        ((*PYTEST, "--numprocesses=2", "--dist=loadfile", "-m", "endtoend and not thorough", *PLACES["endtoend"]),),
        hosts=True,
    ),
    "chaos": Lane(
        "everything that can happen to real hosts, and the controller service",
        ((*PYTEST, "-m", "chaos or thorough", *PLACES["simulation"], *PLACES["endtoend"]),),
        hosts=True,
    ),
}

SETS = {
    "fast": ("style", "types", "unit"),
    # The short form of chaos is in the lane endtoend.
    "all": tuple(name for name in LANES if name != "chaos"),
}


@dataclass
class Result:
    """How a lane ended: pytest's closing line, if there was one, and the lines that tell of a failure."""

    lane: str
    seconds: float
    passed: bool
    said: str
    failure: tuple[str, ...]


def main(arguments: Sequence[str]) -> int:
    """Run the lanes named; the answer is the exit code."""
    unknown = [name for name in arguments if name not in LANES and name not in SETS]
    if unknown or not arguments:
        print(f"Lanes: {', '.join(LANES)}; sets: {', '.join(SETS)}. Unknown: {', '.join(unknown)}", file=sys.stderr)
        return 2
    names = [lane for name in arguments for lane in SETS.get(name, (name,))]
    began = time.monotonic()
    results = list(in_turn(dict.fromkeys(names)))
    whole = duration(time.monotonic() - began)
    print("\nLanes")
    for result in results:
        verdict = "passed" if result.passed else "FAILED"
        print(f"  {result.lane:<10} {verdict} {duration(result.seconds):>8}  {result.said}".rstrip())
    failed = [result.lane for result in results if not result.passed]
    verdict = "FAILED" if failed else "passed"
    print(f"  {'together':<10} {verdict} {whole:>8}  {counted(result.said for result in results)}".rstrip())
    for result in results:
        if not result.passed:
            print(f"\n{result.lane} said")
            print("\n".join(f"  {line[:200]}" for line in result.failure))
    if failed:
        print(f"Failed: {', '.join(failed)}. Again alone: .venv/bin/python bootstrap/lanes.py {' '.join(failed)}")
    return 1 if failed else 0


def in_turn(names: Iterable[str]) -> Iterator[Result]:
    """Run lanes one after another, and two at a time those that leave a core to others."""
    for one_core, group in groupby(names, key=lambda name: LANES[name].one_core):
        if not one_core:
            yield from (run(name, LANES[name], partial(print, end="", flush=True)) for name in group)
            continue
        with ThreadPoolExecutor(2) as cores:
            for result, printed in cores.map(held, group):
                print(printed, end="", flush=True)
                yield result


def held(name: str) -> tuple[Result, str]:
    """Run one lane, and keep what it prints."""
    printed: list[str] = []
    return run(name, LANES[name], printed.append), "".join(printed)


def run(name: str, lane: Lane, say: Callable[[str], object]) -> Result:
    """Run one lane."""
    say(f"\n--- {name}: {lane.about}\n")
    if lane.hosts:
        wait_for_turn()
    began = time.monotonic()
    said = ""
    lines: tuple[str, ...] = ()
    passed = True
    for command in lane.commands:
        code, lines = carry_out(command, lane, say)
        said = "; ".join(filter(None, (said, closing(lines))))
        if code:
            passed = False
            break
    seconds = time.monotonic() - began
    say(f"--- {name}: {'passed' if passed else 'FAILED'} after {duration(seconds)}\n")
    return Result(name, seconds, passed, said, () if passed else telling(lines))


def carry_out(command: tuple[str, ...], lane: Lane, say: Callable[[str], object]) -> tuple[int, tuple[str, ...]]:
    """Run one command and pass its output on. Returns its exit code and its lines, without colours."""
    lines = []
    # What Python has compiled and pytest rewritten for one lane serves the next ones, whatever the caller wants kept.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = {
        **kept,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "PYTHONUNBUFFERED": "1",
        **lane.environment,
    }
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout:
            say(line)
            lines.append(COLOUR.sub("", line).rstrip())
    return process.returncode, tuple(lines)


def closing(lines: Sequence[str]) -> str:
    """What pytest said last of its tests, or nothing: "964 passed, 2 failed in 3.1s"."""
    found = [match["said"] for line in lines if (match := CLOSING.search(line.strip()))]
    return found[-1] if found else ""


def telling(lines: Sequence[str]) -> tuple[str, ...]:
    """The last lines that tell of a failure; without such, the last of all."""
    said = [line for line in lines if line.strip()]
    return tuple([line for line in said if TELLING.search(line)][-KEPT:] or said[-KEPT:])


def counted(closings: Iterable[str]) -> str:
    """Add up the outcomes of several closing lines: "964 passed, 2 failed"."""
    total = Counter()
    for closing in closings:
        for number, outcome in OUTCOME.findall(closing):
            total[outcome] += int(number)
    return ", ".join(f"{number} {outcome}" for outcome, number in total.items())


def duration(seconds: float) -> str:
    """Minutes and seconds: 3:07."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
