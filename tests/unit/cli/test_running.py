"""The foreground process: its output, its signals, and that it outlives us."""

import os
import select
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from stackward.cli import running
from stackward.cli.running import Outcome, ansible_playbook, log_file, run
from stackward.errors import StackwardError

PATIENCE = 60


def program(text):
    return [sys.executable, "-u", "-c", text]


def ignore(_process):
    return None


@pytest.fixture
def log(tmp_path):
    return log_file(tmp_path / "logs", "test")


def test_output_of_both_kinds_goes_to_the_file_and_the_code_comes_back(log):
    ended = run(
        program("import os; os.write(1, b'one\\n'); os.write(2, b'two\\n'); raise SystemExit(3)"), {}, log, ignore
    )
    assert (ended.code, ended.stopped) == (3, False)
    assert log.read_text() == "one\ntwo\n"


def test_it_is_looked_at_while_it_runs_and_once_more_at_its_end(log):
    seen = []
    run(program("print('here')"), {}, log, lambda process: seen.append((process, log.read_text())))
    assert seen[-1][1] == "here\n"
    assert len({process for process, _text in seen}) == 1


def stopping(log, script, times):
    """Run the script and send ourselves SIGINT as soon as it says so, once for each line."""
    sent = []

    def look(_process):
        if len(sent) < times and log.read_text().count("\n") > len(sent):
            sent.append(os.kill(os.getpid(), signal.SIGINT))

    return run(program(script), dict(os.environ), log, look)


def test_ctrl_c_is_passed_on_once_and_its_end_is_waited_for(log):
    script = (
        "import signal, sys\n"
        "def stop(*_): print('stopping'); sys.exit(99)\n"
        "signal.signal(signal.SIGINT, stop)\n"
        "print('ready')\n"
        "while True: signal.pause()\n"
    )
    assert stopping(log, script, 1) == Outcome(99, True, pytest.approx(0, abs=PATIENCE))
    assert log.read_text() == "ready\nstopping\n"


def test_a_second_ctrl_c_ends_what_does_not_listen(log):
    script = (
        "import signal\n"
        "signal.signal(signal.SIGINT, lambda *_: print('not now'))\n"
        "print('ready')\n"
        "while True: signal.pause()\n"
    )
    assert stopping(log, script, 2).code == -signal.SIGTERM


def test_what_does_not_end_after_an_interrupt_is_ended_without_a_second_one(log, monkeypatch):
    monkeypatch.setattr(running, "_GRACE", 0.2)
    script = (
        "import signal\nsignal.signal(signal.SIGINT, lambda *_: None)\nprint('ready')\nwhile True: signal.pause()\n"
    )
    assert stopping(log, script, 1).code == -signal.SIGTERM


def test_our_own_handlers_are_back_afterwards(log):
    before = signal.getsignal(signal.SIGINT)
    run(program("pass"), {}, log, ignore)
    assert signal.getsignal(signal.SIGINT) is before


def test_it_goes_on_to_its_end_when_we_are_killed(tmp_path, log):
    started, go, done = (tmp_path / name for name in ("started", "go", "done"))
    for fifo in (started, go, done):
        os.mkfifo(fifo)
    script = f"echo > {started}; read line < {go}; echo finished; echo > {done}"
    parent = subprocess.Popen(
        program(
            "from pathlib import Path; from stackward.cli.running import run; import os\n"
            f"run(['/bin/sh', '-c', {script!r}], dict(os.environ), Path({str(log)!r}), lambda process: None)"
        ),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    wait_for(started)
    parent.kill()
    parent.wait(PATIENCE)
    go.write_text("\n")
    wait_for(done)
    assert log.read_text() == "finished\n"


def wait_for(fifo):
    """Wait until somebody has written to the FIFO."""
    end = os.open(fifo, os.O_RDWR)
    try:
        assert select.select([end], [], [], PATIENCE)[0], f"nothing came to {fifo}"
    finally:
        os.close(end)


def test_files_of_output_are_private_and_never_overwritten(tmp_path):
    first, second = log_file(tmp_path / "logs", "same"), log_file(tmp_path / "logs", "same")
    assert first != second
    assert stat.S_IMODE(first.stat().st_mode) == 0o600


def test_only_the_newest_files_of_output_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(running, "_KEPT", 3)
    for number in range(6):
        log_file(tmp_path, f"{number}")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["3.log", "4.log", "5.log"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StackwardError, match="cannot be kept in"):
        log_file(tmp_path / "file" / "logs", "test")


def test_ansible_playbook_is_the_one_beside_this_python():
    assert Path(ansible_playbook()).name == "ansible-playbook"


def test_a_missing_ansible_playbook_is_named_with_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(running.sysconfig, "get_path", lambda _name: str(tmp_path))
    with pytest.raises(StackwardError, match="pip install ansible-core"):
        ansible_playbook()
