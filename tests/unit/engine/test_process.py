"""Whether the process behind a claim is still there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stackward.engine.process import dead_runs, owner, started
from stackward.state.records import Claim

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def claim_of(process: int) -> Claim:
    who = owner(process)
    return Claim("web1", 7, "converge#7", who.host, who.process, who.started, 1, NOW, NOW)


def test_a_living_process_keeps_its_claims():
    assert dead_runs([claim_of(os.getpid())]) == frozenset()


def test_a_process_that_has_ended_loses_them():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    claim = claim_of(child.pid)
    assert dead_runs([claim]) == frozenset()
    child.kill()
    child.wait()
    assert dead_runs([claim]) == {7}


def test_a_process_whose_number_was_given_again_is_another_one():
    assert dead_runs([replace(claim_of(os.getpid()), process_started=1.0)]) == {7}


def test_nobody_judges_the_processes_of_another_machine():
    assert dead_runs([replace(claim_of(os.getpid()), host="elsewhere/1234", process_started=1.0)]) == frozenset()


def test_nobody_judges_the_processes_of_another_container_on_the_network_of_its_host():
    """It has this machine's name and boot, and process numbers of its own."""
    apart = ["unshare", "--user", "--pid", "--fork", "--mount-proc"]
    if subprocess.run([*apart, "true"], check=False, capture_output=True).returncode:
        pytest.skip("no namespaces of one's own here")
    code = (
        "import json, dataclasses; from stackward.engine.process import owner; import os;"
        "print(json.dumps(dataclasses.asdict(owner(os.getpid()))))"
    )
    done = subprocess.run([*apart, sys.executable, "-c", code], check=True, capture_output=True, text=True)
    who = json.loads(done.stdout)
    claim = Claim("web1", 7, "converge#7", who["host"], who["process"], who["started"], 1, NOW, NOW)
    assert dead_runs([claim]) == frozenset()


def test_there_is_no_process_with_an_impossible_number():
    assert started(2**22 + 1) is None
