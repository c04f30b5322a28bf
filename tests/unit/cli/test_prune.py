"""Forgetting what is older than the stack's retention."""

from datetime import UTC, datetime, timedelta

import pytest

from stackward.controller import due
from stackward.state.store import open_store

LONG_AGO = datetime.now(UTC) - timedelta(days=200)


@pytest.fixture
def old(told, stack):
    with open_store(stack.state) as store, store.transaction(stack.name) as transaction:
        for _ in range(3):
            transaction.note("remark", "", actor="anna", now=LONG_AGO)


def entries(stack, kind):
    with open_store(stack.state) as store:
        return store.journal(stack.name, kinds=(kind,))


def test_check_says_what_would_be_forgotten_and_forgets_nothing(stackward, old, stack):
    answer = stackward("prune", "--check")
    assert answer.code == 0
    assert answer.out.startswith("shop: 3 entries of the journal and 0 commands with their logs, from before ")
    assert answer.out.endswith(", would be forgotten\n")
    assert len(entries(stack, "remark")) == 3


def test_what_is_too_old_is_forgotten_and_the_journal_says_who_did_it(stackward, old, stack):
    assert stackward("prune").out.endswith(", are forgotten\n")
    assert entries(stack, "remark") == ()
    (said,) = entries(stack, "pruned")
    assert (said.data["entries"], said.data["commands"]) == (3, 0)
    assert "3 entries of the journal" in stackward("events").out
    assert stackward("prune").out == "shop: nothing is old enough to be forgotten\n"


def test_how_much_is_there_for_programs_too(stackward, old):
    found = stackward("prune", "--check", "-o", "json").json["shop"]
    assert (found["entries"], found["commands"]) == (3, 0)
    assert datetime.fromisoformat(found["before"]) < datetime.now(UTC) - timedelta(days=179)


def test_a_stack_that_has_never_run_has_nothing_to_forget(stackward, project):
    assert stackward("prune").out == "shop: nothing is old enough to be forgotten\n"


def test_the_controller_service_forgets_once_a_day_and_never_has_a_run_for_it(old, stack):
    with open_store(stack.state) as store:
        found = due.prune(store, stack)
        assert not found.due
        (line,) = found.lines
        assert line.startswith("shop: forgotten: 3 entries of the journal")
        assert due.prune(store, stack) == due.Due(False)
