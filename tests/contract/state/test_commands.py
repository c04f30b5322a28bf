import pytest

from stackward.errors import StateError
from stackward.lifecycle.states import Initiator
from stackward.state.records import Command, CommandStatus, LogLine
from stackward.state.store import Store
from tests.contract.state.examples import LATER, NOW, ask, claim, claimed_instance


def test_an_asked_command_is_pending_and_the_first_of_its_batch(store: Store):
    claimed_instance(store)
    with store.transaction("shop") as transaction:
        first = transaction.ask(
            "web1",
            "deploy",
            {"app": "storefront", "attributes": {"colour": "blü"}},
            batch=None,
            initiator=Initiator.USER,
            reason="release day",
            automatic=False,
            now=NOW,
        )
        second = ask(transaction, "web1", "deploy", batch=first.id, automatic=True)
    assert first == Command(
        first.id,
        first.id,
        "web1",
        "deploy",
        {"app": "storefront", "attributes": {"colour": "blü"}},
        Initiator.USER,
        "release day",
        automatic=False,
        status=CommandStatus.PENDING,
        created=NOW,
    )
    assert second.batch == first.id
    assert store.snapshot("shop").commands == (first, second)
    assert store.commands("shop") == (second, first)


def test_a_command_for_an_unknown_instance_is_refused(store: Store):
    with pytest.raises(StateError, match="web9"), store.transaction("shop") as transaction:
        ask(transaction, "web9")


def test_a_command_runs_and_ends_with_its_result(store: Store):
    run, epoch = claimed_instance(store)
    with store.transaction("shop") as transaction:
        command = ask(transaction, "web1")
        transaction.begin_command(command.id, epoch, run, NOW)
    (running,) = store.snapshot("shop").commands
    assert (running.status, running.started, running.run, running.finished) == (CommandStatus.RUNNING, NOW, run, None)
    with store.transaction("shop") as transaction:
        transaction.finish_command(command.id, epoch, CommandStatus.FAILED, LATER, exit_code=2, failure="no route")
    assert store.snapshot("shop").commands == ()
    (ended,) = store.commands("shop")
    assert (ended.status, ended.started, ended.finished) == (CommandStatus.FAILED, NOW, LATER)
    assert (ended.exit_code, ended.failure, ended.run) == (2, "no route", run)


def test_a_resumed_command_goes_to_the_new_run_and_keeps_its_start(store: Store):
    run, epoch = claimed_instance(store)
    with store.transaction("shop") as transaction:
        command = ask(transaction, "web1")
        transaction.begin_command(command.id, epoch, run, NOW)
        again = transaction.begin_run("converge", "ctl-2", 1, 2.0, "bob", LATER)
        epoch = claim(transaction, "web1", again).epoch
        transaction.begin_command(command.id, epoch, again, LATER)
        (resumed,) = transaction.state.commands
    assert (resumed.run, resumed.started) == (again, NOW)


@pytest.mark.parametrize("status", [CommandStatus.SUPERSEDED, CommandStatus.EXPIRED, CommandStatus.SKIPPED])
def test_a_command_that_nobody_worked_on_ends_without_a_claim(store: Store, status: CommandStatus):
    claimed_instance(store)
    with store.transaction("shop") as transaction:
        command = ask(transaction, "web1")
        transaction.finish_command(command.id, None, status, LATER)
    assert store.commands("shop")[0].status is status


@pytest.mark.parametrize("status", [CommandStatus.SUCCESSFUL, CommandStatus.FAILED])
def test_a_result_needs_a_claim(store: Store, status: CommandStatus):
    claimed_instance(store)
    with pytest.raises(ValueError, match="claim"), store.transaction("shop") as transaction:
        transaction.finish_command(ask(transaction, "web1").id, None, status, LATER)


def test_a_command_cannot_end_as_running(store: Store):
    _, epoch = claimed_instance(store)
    with pytest.raises(ValueError, match="no end"), store.transaction("shop") as transaction:
        transaction.finish_command(ask(transaction, "web1").id, epoch, CommandStatus.RUNNING, LATER)


def test_a_finished_command_stays_as_it_ended(store: Store):
    run, epoch = claimed_instance(store)
    with store.transaction("shop") as transaction:
        command = ask(transaction, "web1")
        transaction.finish_command(command.id, epoch, CommandStatus.SUCCESSFUL, NOW)
    for write in (
        lambda transaction: transaction.begin_command(command.id, epoch, run, LATER),
        lambda transaction: transaction.finish_command(command.id, epoch, CommandStatus.FAILED, LATER),
        lambda transaction: transaction.finish_command(command.id, None, CommandStatus.EXPIRED, LATER),
    ):
        with pytest.raises(StateError, match="successful already"), store.transaction("shop") as transaction:
            write(transaction)
    assert store.commands("shop")[0].finished == NOW


def test_an_unknown_command_is_refused_also_if_another_stack_has_it(store: Store):
    run, epoch = claimed_instance(store)
    with store.transaction("shop") as transaction:
        command = ask(transaction, "web1")
    with pytest.raises(StateError, match="knows no command"), store.transaction("lab") as transaction:
        transaction.begin_command(command.id, epoch, run, NOW)


def test_commands_are_listed_newest_first_and_by_instance(store: Store):
    claimed_instance(store, "web1")
    claimed_instance(store, "web2")
    with store.transaction("shop") as transaction:
        asked = [ask(transaction, name).id for name in ("web1", "web2", "web1", "web2", "web1")]
    assert [command.id for command in store.commands("shop")] == asked[::-1]
    assert [command.id for command in store.commands("shop", limit=2)] == asked[:2:-1]
    assert [command.id for command in store.commands("shop", instance="web2")] == [asked[3], asked[1]]


def test_old_finished_commands_of_an_instance_go_with_their_logs_and_others_stay(store: Store):
    _, epoch = claimed_instance(store, "web1")
    claimed_instance(store, "web2")
    with store.transaction("shop") as transaction:
        pending = ask(transaction, "web1").id
        foreign = ask(transaction, "web2").id
        transaction.finish_command(foreign, None, CommandStatus.SKIPPED, NOW)
        ended = [ask(transaction, "web1").id for _ in range(203)]
    store.append_log([LogLine(number, NOW, "task", "ok", 0.1) for number in ended])
    with store.transaction("shop") as transaction:
        for number in ended:
            transaction.finish_command(number, epoch, CommandStatus.SUCCESSFUL, NOW)
    kept = {command.id for command in store.commands("shop", limit=1000)}
    assert kept == {pending, foreign, *ended[3:]}
    assert [len(store.log(number)) for number in ended[:5]] == [0, 0, 0, 1, 1]


def test_numbers_of_forgotten_commands_are_not_given_again(store: Store):
    claimed_instance(store)
    with store.transaction("shop") as transaction:
        number = ask(transaction, "web1").id
    with store.transaction("shop") as transaction:
        transaction.forget_stack()
    claimed_instance(store)
    with store.transaction("shop") as transaction:
        assert ask(transaction, "web1").id > number


def test_a_log_is_read_in_the_order_in_which_it_was_written(store: Store):
    claimed_instance(store)
    with store.transaction("shop") as transaction:
        first, second = ask(transaction, "web1").id, ask(transaction, "web1").id
    lines = [LogLine(first, LATER, "a", "ok", 0.25, "x"), LogLine(first, NOW, "b", "failed", 1.5, "y")]
    store.append_log([lines[0], LogLine(second, NOW, "c", "ok", 0.0), lines[1]])
    store.append_log([])
    assert store.log(first) == tuple(lines)
    assert store.log(second) == (LogLine(second, NOW, "c", "ok", 0.0),)


def test_lines_of_a_forgotten_command_are_dropped_and_the_others_kept(store: Store):
    claimed_instance(store)
    with store.transaction("shop") as transaction:
        number = ask(transaction, "web1").id
    store.append_log([LogLine(number + 1, NOW, "a", "ok", 0.0), LogLine(number, NOW, "b", "ok", 0.0)])
    assert [line.task for line in store.log(number)] == ["b"]
    assert store.log(number + 1) == ()


@pytest.mark.parametrize(
    "text", ["nul \0 byte", "half \udce4 pair", "Grüße 🎉", "'; DROP TABLE x; --", "a\r\nb\t\x1b[0m"]
)
def test_no_output_of_a_host_is_too_strange_to_be_kept(store: Store, text: str):
    _, epoch = claimed_instance(store)
    with store.transaction("shop") as transaction:
        command = ask(transaction, "web1", arguments={"text": text}, reason=text)
        transaction.note("odd", text, actor=text, now=NOW, data={text: text})
        transaction.finish_command(command.id, epoch, CommandStatus.FAILED, NOW, failure=text)
    store.append_log([LogLine(command.id, NOW, text, "failed", 0.0, text)])
    shown = text.replace("\0", "\N{REPLACEMENT CHARACTER}").replace("\udce4", "\\udce4")
    (line,), (entry,), (ended,) = store.log(command.id), store.journal("shop"), store.commands("shop")
    assert (line.task, line.text, entry.text, entry.actor, ended.failure, ended.reason) == (shown,) * 6
    assert (ended.arguments, entry.data) == ({"text": text}, {text: text})
