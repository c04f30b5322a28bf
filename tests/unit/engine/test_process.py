"""Whether the process behind a claim is still there."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

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


def test_there_is_no_process_with_an_impossible_number():
    assert started(2**22 + 1) is None
