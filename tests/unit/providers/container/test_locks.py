from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from stackward.errors import ProviderError
from stackward.providers.container.locks import exclusive

HOLDER = """
import sys
from pathlib import Path
from stackward.providers.container.locks import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_whoever_waits_is_told_once_who_has_it_and_gets_it_then(tmp_path):
    path = tmp_path / "lock"
    told: list[str] = []
    waiting = threading.Event()
    got = threading.Event()

    def wait_for_it():
        with exclusive(path, lambda holder: (told.append(holder), waiting.set())):
            got.set()

    with exclusive(path):
        other = threading.Thread(target=wait_for_it)
        other.start()
        assert waiting.wait(30)
        assert not got.is_set()
    other.join(30)
    assert got.is_set()
    assert told == [str(os.getpid())]


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    path = tmp_path / "folder" / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert holder.stdout.readline() == b"held\n"
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdin.close()
    holder.stdout.close()
    with exclusive(path, lambda holder: pytest.fail(f"had to wait for {holder}")):
        pass


def test_a_lock_whose_folder_was_removed_excludes_those_who_come_later(tmp_path):
    path = tmp_path / "folder" / "lock"
    waiting = threading.Event()
    order: list[str] = []

    def wait_for_it():
        with exclusive(path, lambda _: waiting.set()):
            order.append("second")
            assert path.exists()

    with exclusive(path):
        other = threading.Thread(target=wait_for_it)
        other.start()
        assert waiting.wait(30)
        path.unlink()
        path.parent.rmdir()
        order.append("first")
    other.join(30)
    assert order == ["first", "second"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ProviderError, match="cannot be taken"), exclusive(tmp_path / "file" / "lock"):
        pass
