"""A rollback that names no release goes to the one before, and the next one further back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from stackward.engine import deployments
from stackward.errors import StackwardError
from stackward.lifecycle.states import State
from stackward.state.records import AppRelease, Deployment, Rollout, RolloutStatus
from stackward.state.store import open_store
from tests.stacks import small_stack

WAY_ONLINE = (State.REQUESTED, State.PENDING, State.BOOTING, State.RUNNING_SETUP, State.ONLINE)
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def rollout(kind: str, release: str, status: RolloutStatus, place: int) -> Rollout:
    at = NOW + timedelta(minutes=place)
    ended = {"status": status, "started": at, "finished": at}
    by = {"actor": "anna", "reason": "", "host": "ctl", "process": 1, "process_started": 1.0}
    before = {"before_release": "", "before_revision": ""}
    return Rollout(
        id=0, app="storefront", kind=kind, release=release, revision=f"of-{release}", **by, **before, **ended
    )


def back_after(folder, history: str, web2: State = State.ONLINE, on_web2: str = "") -> str:
    """Where a rollback leads after a history: "a" deploys a, "<a" goes back to it, "!a" fails, "=a" restarts it."""
    stack = small_stack(data=str(folder))
    app = stack.apps["storefront"]
    kinds = {"<": "rollback", "=": "restart"}
    with open_store(f"sqlite:///{folder}/shop.db") as store:
        with store.transaction("shop") as transaction:
            for place, step in enumerate(history.split()):
                status = RolloutStatus.FAILED if step[0] == "!" else RolloutStatus.SUCCESSFUL
                release = step[-1]
                transaction.open_rollout(rollout(kinds.get(step[0], "deploy"), release, status, place))
                if status is RolloutStatus.SUCCESSFUL:
                    transaction.set_deployment(Deployment("storefront", release, f"of-{release}", NOW))
            transaction.put_instance("web2", ("web",), NOW)
            epoch = transaction.claim(
                "web2", transaction.begin_run("start", "t", 1, 0.0, "t", NOW), "t", NOW, NOW
            ).epoch
            if on_web2:
                transaction.set_release("web2", epoch, AppRelease("storefront", on_web2, f"of-{on_web2}"))
            for state in (*WAY_ONLINE, *((web2,) if web2 is not State.ONLINE else ())):
                transaction.advance("web2", epoch, state, NOW, actor="t", run=1)
        return deployments.earlier(store, stack, store.snapshot("shop"), app).release


@pytest.mark.parametrize(
    ("history", "leads_to"),
    [
        ("a b", "a"),
        ("a b c <b", "a"),
        ("a b c <a d", "a"),
        ("a b a", "b"),
        ("a b !c", "a"),
        ("a b b", "a"),
        ("a b =b", "a"),
        ("a b c <b =b", "a"),
        ("a b <a b", "a"),
        ("a b c d <b c <b", "a"),
    ],
)
def test_a_rollback_leads_to_the_release_before_and_never_to_one_that_was_gone_back_from(tmp_path, history, leads_to):
    assert back_after(tmp_path, history) == leads_to


def test_after_a_deploy_that_was_stopped_half_way_a_rollback_leads_all_to_the_release_that_is_live(tmp_path):
    assert back_after(tmp_path, "a b !c", on_web2="c") == "b"


@pytest.mark.parametrize("state", [State.STOPPING, State.CONNECTION_LOST])
def test_an_instance_that_stands_still_and_has_missed_a_deploy_keeps_no_rollback_from_going_back(tmp_path, state):
    assert back_after(tmp_path, "a b", state, on_web2="a") == "a"


@pytest.mark.parametrize("history", ["a", "a b <a", "a b c <b <a", "a a"])
def test_where_nothing_is_before_the_live_release_there_is_an_error_and_the_others_can_be_named(tmp_path, history):
    with pytest.raises(
        StackwardError, match=r"no release before the one that is live that is kept; there is .*a \(of-a\)"
    ):
        back_after(tmp_path, history)


def test_where_the_live_release_is_the_only_one_nobody_is_told_to_name_another(tmp_path):
    with pytest.raises(StackwardError, match=r"there is only that one, a \(of-a\)\.$"):
        back_after(tmp_path, "a")


def test_a_release_before_that_is_not_kept_any_more_is_not_gone_back_to(tmp_path):
    with pytest.raises(StackwardError, match="no release before the one that is live that is kept"):
        back_after(tmp_path, "a b c d e f <b <c <d <e <f <b")
