"""A child never inherits a connection that another thread of its parent is using."""

import contextlib
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime

from stackward.state.store import open_store

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def test_a_child_forked_during_another_threads_write_can_write_too(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/state.db", busy_timeout=2)
    inside, go_on = threading.Event(), threading.Event()

    def write():
        with store.transaction("shop") as transaction:
            inside.set()
            go_on.wait(0.5)
            transaction.note("note", "from the thread", actor="test", now=NOW)

    thread = threading.Thread(target=write)
    thread.start()
    inside.wait()
    child = os.fork()
    if child == 0:
        with contextlib.ExitStack() as stack:
            # Whatever happens, the child must not go on with the parent's tests.
            stack.callback(os._exit, 1)
            with store.transaction("shop") as transaction:
                transaction.note("note", "from the child", actor="test", now=NOW)
            os._exit(0)
    go_on.set()
    thread.join()
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert {entry.text for entry in store.journal("shop")} == {"from the thread", "from the child"}


INTERRUPTED = """\
import os, signal, threading, time
from stackward.state.forking import NO_FORK

# Whoever runs this in the background may have had SIGINT ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
held, said = threading.Event(), []

def write():
    with NO_FORK:
        held.set()
        time.sleep(1)
        said.append("written")

threading.Thread(target=write).start()
held.wait()
try:
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    child = os.fork()
    if child == 0:
        os._exit(0)
    time.sleep(60)
except KeyboardInterrupt:
    said.append("interrupted")
print(*said)
"""


def test_ctrl_c_while_a_fork_waits_for_a_writer_is_not_lost():
    # Python 3.12 and later warn of any fork beside threads.
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", INTERRUPTED]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.stdout, done.stderr) == ("written interrupted\n", "")
