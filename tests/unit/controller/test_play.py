"""A run is a process that can be asked to end, and ends with whoever started it."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest


@pytest.fixture
def play(tmp_path):
    """Start a run with a program in the place of ansible-playbook."""
    started = []

    def begin(program):
        programs = tmp_path / "programs"
        programs.mkdir()
        (programs / "ansible-playbook").write_text(f"#!/bin/sh\n{program}\n")
        (programs / "ansible-playbook").chmod(0o755)
        path = f"{programs}:{os.environ['PATH']}"
        order = {
            "folder": str(tmp_path / "run"),
            "playbook": "stackward.ops.converge",
            "inventory": [],
            "variables": {},
            "environment": {"PATH": path},
            "grace": 60,
        }
        (tmp_path / "run").mkdir()
        process = subprocess.Popen(
            ["nohup", sys.executable, "-m", "stackward.controller.play"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        started.append(process)
        process.stdin.write(json.dumps(order))
        process.stdin.close()
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def wait(until):
    deadline = time.monotonic() + 60
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_its_exit_code_is_that_of_ansible(play):
    assert play("exit 4").wait(timeout=60) == 4


def test_ansible_ends_where_the_run_is_killed(play, tmp_path):
    told = tmp_path / "told"
    process = play(f"echo $$ > {told}.new; mv {told}.new {told}; exec sleep 300")
    wait(told.exists)
    ansible = int(told.read_text())
    process.kill()
    process.wait()
    wait(lambda: not alive(ansible))


def test_a_run_that_is_asked_to_end_asks_ansible(play, tmp_path):
    told = tmp_path / "told"
    process = play(f"trap 'exit 3' TERM; touch {told}; while :; do sleep 0.1; done")
    wait(told.exists)
    process.terminate()
    assert process.wait(timeout=120) == 3
