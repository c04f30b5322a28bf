"""What of the past may be forgotten, and what forgetting it takes away."""

from dataclasses import replace
from datetime import timedelta

from stackward.engine import retention
from stackward.state.records import CommandStatus, LogLine, Rollout, RolloutStatus
from stackward.state.retention import PART, OldCommands, OldEntries
from tests.contract.state.examples import NOW, ask, begin_run, claimed_instance
from tests.stacks import small_stack

KINDS = frozenset({"state"})
OLD = NOW - timedelta(days=10)
BEFORE = NOW - timedelta(days=7)
ROLLOUT = Rollout(
    0, "storefront", "deploy", "r2", "b", "r1", "a", RolloutStatus.RUNNING, "anna", "", "ctl", 1, 1.0, OLD
)
STACK = replace(small_stack(), retention=7 * 86400.0)


def note(store, kind, at, *, instance=None, run=None, stack="shop"):
    with store.transaction(stack) as transaction:
        transaction.note(kind, "", actor="anna", now=at, instance=instance, run=run)
    return store.journal(stack, limit=1)[-1].id


def old(store, newest=1):
    return [item.id for item in store.old_entries(OldEntries("shop", BEFORE, KINDS, newest))]


def old_commands(store, newest, each):
    return store.old_commands(OldCommands("shop", BEFORE, newest, each))


def finished(store, *, at, count=1, instance="web1", batch=None):
    numbers = []
    with store.transaction("shop") as transaction:
        for _ in range(count):
            command = ask(transaction, instance, batch=batch, now=at)
            transaction.finish_command(command.id, None, CommandStatus.SKIPPED, at)
            numbers.append(command.id)
    return numbers


def test_entries_from_before_a_moment_are_old_and_one_of_that_very_moment_is_not(store):
    first, second = note(store, "remark", OLD), note(store, "remark", BEFORE - timedelta(microseconds=1))
    note(store, "remark", BEFORE)
    assert old(store) == [first, second]


def test_the_newest_entries_that_somebody_decides_by_are_never_old(store):
    numbers = [note(store, "state", OLD, instance="web1") for _ in range(4)]
    other = [note(store, "state", OLD, instance="web2") for _ in range(3)]
    shared = [note(store, "state", OLD) for _ in range(3)]
    assert old(store, newest=2) == [*numbers[:2], other[0], shared[0]]


def test_entries_of_a_run_that_goes_on_are_never_old(store):
    run, _epoch = claimed_instance(store)
    with store.transaction("shop") as transaction:
        ended = begin_run(transaction)
        transaction.end_run(ended, NOW)
    note(store, "failure", OLD, instance="web1", run=run)
    gone = note(store, "failure", OLD, instance="web1", run=ended)
    assert gone in old(store)
    assert len(old(store)) == 1


def test_what_another_stack_has_written_is_its_own(store):
    theirs = note(store, "remark", OLD, stack="other")
    assert old(store) == []
    assert store.forget("shop", entries=[theirs]) == 0
    assert len(store.journal("other")) == 1


def test_forgotten_entries_are_gone_and_all_others_stay(store):
    first, second = note(store, "remark", OLD), note(store, "remark", OLD)
    assert store.forget("shop", entries=[first]) == 1
    assert [entry.id for entry in store.journal("shop")] == [second]
    assert store.forget("shop", entries=[first]) == 0


def test_commands_that_ended_long_ago_are_old_but_for_the_newest_of_their_instance_and_of_all(store):
    claimed_instance(store)
    claimed_instance(store, "web2")
    ours, theirs = finished(store, at=OLD, count=4), finished(store, at=OLD, count=2, instance="web2")
    finished(store, at=NOW)
    with store.transaction("shop") as transaction:
        ask(transaction, "web1", now=OLD)
    assert old_commands(store, newest=0, each=1) == (*ours, theirs[0])
    assert old_commands(store, newest=0, each=4) == tuple(ours[:2])
    assert old_commands(store, newest=6, each=1) == tuple(ours[:2])


def test_of_an_instance_that_is_no_more_no_old_command_stays(store):
    _run, epoch = claimed_instance(store)
    ours = finished(store, at=OLD, count=2)
    with store.transaction("shop") as transaction:
        transaction.forget_instance("web1", epoch, NOW)
    assert old_commands(store, newest=0, each=30) == tuple(ours)


def test_the_commands_of_a_rollout_are_not_old_while_it_goes_on(store):
    claimed_instance(store)
    (command,) = finished(store, at=OLD)
    with store.transaction("shop") as transaction:
        rollout = transaction.open_rollout(replace(ROLLOUT, batch=command))
    assert old_commands(store, newest=0, each=0) == ()
    with store.transaction("shop") as transaction:
        transaction.close_rollout(rollout.id, RolloutStatus.SUCCESSFUL, {}, OLD)
    assert old_commands(store, newest=0, each=0) == (command,)


def test_a_forgotten_command_takes_its_log_along_and_one_that_goes_on_is_not_forgotten(store):
    claimed_instance(store)
    (command,) = finished(store, at=OLD)
    with store.transaction("shop") as transaction:
        pending = ask(transaction, "web1", now=OLD)
    store.append_log([LogLine(command, OLD, "Install packages", "ok", 1.0)])
    assert store.forget("shop", commands=[command, pending.id]) == 1
    assert store.log(command) == ()
    assert [item.id for item in store.commands("shop")] == [pending.id]


def test_a_look_goes_on_where_it_was_until_a_whole_part_is_young(store):
    with store.transaction("shop") as transaction:
        for at in (OLD, *[NOW] * (PART - 2), OLD, *[NOW] * PART, OLD):
            transaction.note("remark", "", actor="anna", now=at)
    look = OldEntries("shop", BEFORE, KINDS, 1)
    parts = []
    while not look.over:
        parts.append([item.id for item in store.old_entries(look)])
    assert parts == [[1, PART], []]


def test_what_is_too_old_is_forgotten_in_parts_and_the_journal_says_how_much(store):
    count = retention.AT_ONCE + 3
    with store.transaction("shop") as transaction:
        for _ in range(count):
            transaction.note("remark", "", actor="anna", now=OLD)
    young = note(store, "remark", NOW)
    found = retention.prune(store, STACK, actor="anna", now=NOW)
    assert len(found.entries) == count
    said = store.journal("shop")
    assert said[0].id == young
    assert (said[-1].kind, said[-1].actor, said[-1].data) == (
        "pruned",
        "anna",
        {"entries": count, "commands": 0, "before": BEFORE.isoformat()},
    )
    assert not retention.expired(store, STACK, NOW).count


def test_where_nothing_is_too_old_nothing_is_written(store):
    note(store, "remark", BEFORE)
    assert not retention.prune(store, STACK, actor="anna", now=NOW).count
    assert len(store.journal("shop")) == 1


def test_by_the_way_it_is_done_once_a_day_and_at_once_again_where_something_was_left(store):
    def by_the_way(after):
        found = retention.prune_daily(store, STACK, actor="anna", now=NOW + after, most=2)
        return len(found.entries)

    for _ in range(5):
        note(store, "remark", OLD)
    minute = timedelta(minutes=1)
    assert [by_the_way(minute * count) for count in range(4)] == [2, 2, 1, 0]
    note(store, "remark", OLD)
    assert by_the_way(minute * 5) == 0
    assert by_the_way(timedelta(days=1) + minute * 2) == 1


def test_a_clock_that_has_leapt_ahead_forgets_nothing_before_it_has_been_so_for_a_day(store):
    def by_the_way(now):
        return len(retention.prune_daily(store, STACK, actor="anna", now=now).entries)

    assert by_the_way(NOW) == 0
    note(store, "remark", NOW)
    leapt = NOW + timedelta(days=400)
    assert by_the_way(leapt) == 0
    assert by_the_way(NOW + timedelta(hours=25)) == 0
    assert by_the_way(leapt) == 0
    assert by_the_way(leapt + timedelta(days=1)) == 1


def test_a_stack_that_keeps_everything_for_ever_forgets_nothing(store):
    note(store, "remark", OLD)
    for_ever = replace(STACK, retention=None)
    assert not retention.prune(store, for_ever, actor="anna", now=NOW).count
    assert not retention.prune_daily(store, for_ever, actor="anna", now=NOW).count
    assert len(store.journal("shop")) == 1
