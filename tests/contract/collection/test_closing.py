"""What the end of a run does beside ending it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from ansible_collections.stackward.ops.plugins.plugin_utils import closing, session

from stackward.errors import StateError
from stackward.state.store import open_store
from tests.stacks import small_stack

pytestmark = pytest.mark.ansible

NOW = datetime(2026, 3, 1, tzinfo=UTC)
STACK = replace(small_stack(), retention=7 * 86400.0)


@pytest.fixture
def store(tmp_path, monkeypatch):
    with open_store(f"sqlite:///{tmp_path}/state.db") as opened:
        monkeypatch.setattr(session, "store_of", lambda _stack: opened)
        monkeypatch.setattr(session, "now", lambda: NOW)
        with opened.transaction("shop") as transaction:
            transaction.note("remark", "", actor="anna", now=NOW - timedelta(days=8))
        yield opened


def run_of(store):
    with store.transaction("shop") as transaction:
        return transaction.begin_run("heal", "ctl", 1, 1.0, "anna", NOW)


def kinds(store):
    return [entry.kind for entry in store.journal("shop")]


def test_the_end_of_a_run_forgets_what_is_too_old_and_a_play_in_the_middle_does_not(store):
    run = run_of(store)
    closing.close({"shop": STACK}, {"shop": run}, end=False)
    assert kinds(store) == ["remark"]
    closing.close({"shop": STACK}, {"shop": run}, end=True)
    assert kinds(store) == ["pruned"]


def test_a_run_that_cannot_forget_anything_has_not_failed(store, monkeypatch):
    def broken(*_given, **_named):
        raise StateError("the disk is full")

    said = []
    monkeypatch.setattr(closing.retention, "prune_daily", broken)
    monkeypatch.setattr(closing, "Display", lambda: SimpleNamespace(warning=said.append))
    assert closing.close({"shop": STACK}, {"shop": run_of(store)}, end=True) == {}
    assert said == ["shop: nothing old could be forgotten: the disk is full"]
