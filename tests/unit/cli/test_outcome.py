"""What a run did, from the state; and how it looks while it lasts."""

import io
import os
from datetime import timedelta

import pytest
from rich.console import Console

from stackward.cli.opening import Known
from stackward.cli.outcome import Witness, failing
from stackward.cli.outcome_table import table
from stackward.cli.output_file import OutputFile
from stackward.cli.progress import Progress
from stackward.engine.process import owner
from stackward.lifecycle.states import State
from stackward.state.records import CommandStatus
from tests.unit.cli.story import NOW, ask


@pytest.fixture
def witness(stack, told):
    """Begins to watch after the story and before the run."""
    watching = Witness(Known(stack), "deploy")
    watching.begin()
    return watching


def work(store, name, *, failure=""):
    """A deploy of this very process on an instance, up to its end but for letting go."""
    me = owner(os.getpid())
    with store.transaction("shop") as write:
        run = write.begin_run("deploy", me.host, me.process, me.started, "anna", NOW)
        epoch = write.claim(name, run, f"deploy#{run} on ctl", NOW, NOW + timedelta(days=365)).epoch
        status = CommandStatus.FAILED if failure else CommandStatus.SUCCESSFUL
        ask(write, name, "deploy", epoch, run, status, failure)
        if failure:
            write.note("failure", failure, actor=f"deploy#{run} on ctl", now=NOW, instance=name, run=run)
    return run, epoch


def test_the_instances_that_this_process_holds_are_seen(witness, told):
    work(told, "web1")
    (seen,) = witness.look(os.getpid())
    assert (seen.name, seen.state, seen.claim.owner) == ("web1", State.ONLINE, "deploy#5 on ctl")


def test_an_instance_stays_in_sight_after_it_was_let_go(witness, told):
    _run, epoch = work(told, "web1")
    witness.look(os.getpid())
    with told.transaction("shop") as write:
        write.release("web1", epoch)
    (seen,) = witness.look(os.getpid())
    assert seen.claim is None


def test_other_runs_are_not_ours_and_are_known_by_their_claims(witness, told):
    assert witness.look(os.getpid()) == ()
    assert witness.outcomes() == ()
    work(told, "web1")
    assert "deploy#5 on ctl" in [claim.owner for claim in witness.elsewhere(NOW)]
    witness.look(os.getpid())
    assert "deploy#5 on ctl" not in [claim.owner for claim in witness.elsewhere(NOW)]


@pytest.mark.parametrize("looked", [True, False])
def test_the_outcome_has_the_commands_and_failures_of_this_run_alone(witness, told, looked):
    work(told, "web1", failure="no route to host")
    if looked:
        witness.look(os.getpid())
    (found,) = witness.outcomes()
    assert (found.name, found.state, found.failures) == ("web1", "online", ("no route to host",))
    assert [command.event for command in found.commands] == ["deploy"]
    assert list(failing([found])) == [found]


def test_an_instance_that_is_gone_was_terminated(witness, told):
    _run, epoch = work(told, "web1")
    witness.look(os.getpid())
    with told.transaction("shop") as write:
        write.forget_instance("web1", epoch)
    assert [item.state for item in witness.outcomes()] == ["terminated"]
    assert witness.look(os.getpid()) == ()


def rendered(something, width=80):
    screen = Console(file=io.StringIO(), width=width, height=24, force_terminal=True, color_system=None)
    screen.print(something)
    return screen.file.getvalue()


@pytest.mark.parametrize(("failure", "verdict"), [("", "ok"), ("no route", "failed")])
def test_the_table_says_how_each_instance_ended(witness, told, failure, verdict):
    work(told, "web1", failure=failure)
    witness.look(os.getpid())
    assert rendered(table(witness.outcomes())).split()[:3] == [verdict, "web1", "online"]


def test_an_instance_that_was_left_half_way_has_begun(witness, told):
    _run, epoch = work(told, "web1")
    with told.transaction("shop") as write:
        write.advance("web1", epoch, State.RUNNING_SETUP, NOW, actor="deploy#5 on ctl")
    witness.look(os.getpid())
    assert rendered(table(witness.outcomes())).split()[0] == "begun"


def test_a_terminal_shows_instances_and_what_the_engine_says(witness, told, tmp_path):
    run, _epoch = work(told, "web1")
    told.renew("shop", run, NOW + timedelta(days=365), {"web1": "a.role : Copy a very long thing " + "x" * 200})
    log = tmp_path / "log"
    log.write_text(
        "TASK [Decide]\nshop: web1: run (online; user: why)\nshop: web1: run (online; user: why)\nshop: nothing to do\n"
    )
    screen = Console(file=io.StringIO(), width=80, height=24, force_terminal=True, color_system=None)
    with Progress(screen, "deploy", [witness], OutputFile(log)) as progress:
        progress.look(os.getpid())
    shown = screen.file.getvalue()
    assert shown.count("shop: web1: run (online; user: why)") == 1
    assert "nothing to do" not in shown
    assert "TASK" not in shown
    assert "web1  online" in shown
    assert "Copy a very long thing" in shown


def test_a_state_that_cannot_be_read_for_a_moment_does_not_end_the_run(witness, told, tmp_path, monkeypatch):
    from stackward.errors import StateError

    log = tmp_path / "log"
    log.touch()

    def fail(_self, _process):
        raise StateError("The state is locked.")

    monkeypatch.setattr(Witness, "look", fail)
    screen = Console(file=io.StringIO(), width=80, height=24, force_terminal=True, color_system=None)
    with Progress(screen, "deploy", [witness], OutputFile(log)) as progress:
        progress.look(os.getpid())
    assert "The state is locked." in screen.file.getvalue()
