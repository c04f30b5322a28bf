"""How the command line starts, helps, and fails."""

import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from stackward.cli import main, status
from stackward.errors import StackwardError

COMMANDS = [command.name or command.callback.__name__.replace("_", "-") for command in main.app.registered_commands]


SPEAK_BY_OTHER_MEANS = {"serve"}
"""A service answers over HTTP, in JSON."""


def test_every_command_is_there():
    assert [
        *("status", "describe", "plan", "why", "incident", "events", "logs", "metrics", "deployments"),
        *(
            "start",
            "stop",
            "terminate",
            "reboot",
            "update",
            "admission",
            "register",
            "deregister",
            "setup",
            "configure",
            "deploy",
            "rollback",
            "undeploy",
            "restart-app",
            "stop-app",
            "start-app",
            "shutdown",
            "run-recipes",
            "converge",
            "scale",
            "heal",
            "health-check",
        ),
        *("hold", "release-hold", "pause", "resume"),
        *("serve", "install-timers", "prune"),
        *("validate", "schema", "simulate"),
    ] == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples_and_json(stackward, command):
    ran = stackward(command, "--help")
    assert ran.code == 0
    assert f"  For example:\n    stackward {command}" in ran.out
    assert "--output" in ran.out or command in SPEAK_BY_OTHER_MEANS
    assert all(len(line) <= 80 for line in ran.out.splitlines())
    assert "[[" not in ran.out, "an argument that may be left out is in brackets once"


def test_the_version(stackward):
    ran = stackward("--version")
    assert (ran.code, ran.out.startswith("stackward ")) == (0, True)


def test_help_loads_neither_database_nor_validation_nor_tables():
    program = (
        "import sys; from stackward.cli import main; "
        "print([name for name in ('sqlalchemy', 'pydantic', 'rich.table', 'yaml') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_an_error_is_a_sentence_on_standard_error(stackward, project):
    (project / "inventory" / "shop.stack.yml").unlink()
    ran = stackward("status")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("There is no stack file: no inventory/*.stack.yml in ")
    assert "-i FILE" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [("status",), ("plan",), ("describe", "web1"), ("why", "web1"), ("events",), ("logs",), ("start",), ("converge",)],
)
def test_a_broken_stack_file_stops_every_command_with_all_its_mistakes(stackward, project, arguments):
    file = project / "inventory" / "shop.stack.yml"
    file.write_text(file.read_text().replace("layers: [lb]", "layers: [lp]").replace("image:", "imgae:"))
    ran = stackward(*arguments)
    assert (ran.code, ran.out) == (1, "")
    assert f"{file}:" in ran.err
    assert "Traceback" not in ran.err


def test_a_state_that_is_no_database_is_named(stackward, stack, project):
    (project / "var" / "shop").mkdir(parents=True)
    (project / "var" / "shop" / "state.db").write_text("this is no database at all" * 100)
    ran = stackward("status")
    assert (ran.code, ran.out) == (1, "")
    assert "state.db" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "stopped; nothing is lost: run the same command again\n"),
        (StackwardError("It rains."), 1, "It rains.\n"),
        (PermissionError(13, "Permission denied", "/etc/stack"), 1, "/etc/stack: Permission denied\n"),
    ],
)
def test_what_happens_within_a_command_ends_in_a_sentence_and_a_code(stackward, monkeypatch, error, code, said):
    def fail(*_arguments):
        raise error

    monkeypatch.setattr(status, "_look", fail)
    ran = stackward("status")
    assert (ran.code, ran.err) == (code, said)


def test_a_fault_of_our_own_is_not_hidden(monkeypatch, project):
    def fail(*_arguments):
        raise ZeroDivisionError

    monkeypatch.setattr(status, "_look", fail)
    assert isinstance(CliRunner().invoke(main.app, ["status"]).exception, ZeroDivisionError)


def test_a_wrong_command_line_exits_with_two(stackward):
    assert stackward("statsu").code == 2
    assert stackward("status", "--bogus").code == 2


def test_a_reader_that_goes_away_is_no_error(project):
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -c 'from stackward.cli.main import main; main()' schema | head -c 1"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("{", "")


def test_where_nobody_listens_it_says_nothing(project):
    program = f"{sys.executable} -c 'from stackward.cli.main import main; main()' events >&-"
    done = subprocess.run(["/bin/sh", "-c", program], cwd=project, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_typer_shows_no_rich_traceback():
    assert isinstance(main.app, typer.Typer)
    assert main.app.pretty_exceptions_enable is False
