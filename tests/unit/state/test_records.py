import subprocess
import sys

import pytest

from stackward.state.records import CommandStatus


@pytest.mark.parametrize("status", CommandStatus)
def test_a_command_is_finished_unless_it_waits_or_runs(status: CommandStatus):
    assert status.finished == (status.value not in ("pending", "running"))


def test_records_are_there_without_the_database_library():
    loaded = "import sys, stackward.state.records; print('sqlalchemy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", loaded],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.stdout == "False\n"
