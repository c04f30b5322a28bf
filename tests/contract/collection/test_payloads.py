"""Ansible builds a module that is called in many runs once, as long as the module is the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.ansible

REPOSITORY = Path(__file__).parents[3]
BUILT, FOUND = "ANSIBALLZ: Creating module", "ANSIBALLZ: using cached module"
BOOK = """\
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - stackward.ops.batch:
        calls:
          - ansible.builtin.ping:
"""


def play(folder: Path) -> str:
    """Run a batch on this machine; return what Ansible said of it, in all detail."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "book.yml"],
        cwd=folder,
        env={
            **kept,
            "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / "collections"),
            "ANSIBLE_DEBUG": "1",
            "ANSIBLE_HOME": str(folder / "home"),
            "ANSIBLE_NOCOLOR": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    return done.stdout


def test_a_second_run_builds_nothing(tmp_path: Path) -> None:
    (tmp_path / "book.yml").write_text(BOOK)
    first, second = play(tmp_path), play(tmp_path)
    assert BUILT in first
    assert BUILT not in second
    assert FOUND in second
