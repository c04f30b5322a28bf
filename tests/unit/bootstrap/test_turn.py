import subprocess
import sys
from pathlib import Path

TAKE = "import sys, turn; turn.wait_for_turn(turn.Path(sys.argv[1])); print('has it', flush=True); input()"


def take(lock):
    return subprocess.Popen(
        [sys.executable, "-c", TAKE, str(lock)],
        cwd=Path(__file__).parents[3] / "bootstrap",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_second_run_says_whom_it_waits_for_and_goes_on_when_the_first_ends(tmp_path):
    first = take(tmp_path / "lock")
    assert first.stdout.readline() == "has it\n"
    second = take(tmp_path / "lock")
    assert f"process {first.pid} in " in second.stdout.readline()
    first.communicate("\n")
    assert second.stdout.readline() == "has it\n"
    second.communicate("\n")


def test_the_turn_of_a_run_that_was_killed_is_free(tmp_path):
    first = take(tmp_path / "lock")
    assert first.stdout.readline() == "has it\n"
    first.kill()
    first.wait()
    second = take(tmp_path / "lock")
    assert second.stdout.readline() == "has it\n"
    second.communicate("\n")


def test_a_run_has_one_turn_for_all_of_its_lanes(tmp_path):
    twice = TAKE.replace("print(", "turn.wait_for_turn(turn.Path(sys.argv[1])); print(")
    done = subprocess.run(
        [sys.executable, "-c", twice, str(tmp_path / "lock")],
        cwd=Path(__file__).parents[3] / "bootstrap",
        input="\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "has it\n"
