"""What is removed of the code on the controller, after any history of an app."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from stackward.engine import deployments
from stackward.engine.code.kept import archive_of
from stackward.rollout.surplus import GRACE, surplus
from stackward.state.records import Deployment, Rollout, RolloutStatus
from stackward.state.store import open_store
from tests.stacks import small_stack

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
AGES = st.timedeltas(timedelta(0), timedelta(days=1))
NAMES = st.sampled_from("abcdef")
ENDS = st.sampled_from([RolloutStatus.SUCCESSFUL, RolloutStatus.FAILED, RolloutStatus.SKIPPED])


@given(st.dictionaries(NAMES, AGES), st.sets(NAMES))
def test_what_is_needed_or_new_stays_and_all_else_goes(ages, needed):
    kept = {name: NOW - age for name, age in ages.items()}
    gone = surplus(kept, needed, NOW)
    assert set(gone) == {name for name, age in ages.items() if name not in needed and age > GRACE}


def rollout(release: str, status: RolloutStatus) -> Rollout:
    return Rollout(
        id=0,
        app="storefront",
        kind="deploy",
        release=release,
        revision=f"of-{release}",
        before_release="",
        before_revision="",
        status=status,
        actor="anna",
        reason="",
        host="ctl",
        process=1,
        process_started=1.0,
        started=NOW - timedelta(days=2),
        finished=NOW - timedelta(days=2),
    )


@given(st.lists(st.tuples(NAMES, ENDS), max_size=12), st.integers(1, 4))
def test_after_any_history_every_release_that_one_can_go_back_to_is_there_and_nothing_else(history, keep):
    with tempfile.TemporaryDirectory() as folder, open_store(f"sqlite:///{folder}/shop.db") as store:
        made = small_stack(data=folder)
        app = replace(made.apps["storefront"], keep=keep)
        stack = replace(made, apps={"storefront": app})
        with store.transaction("shop") as transaction:
            for release, status in history:
                transaction.open_rollout(rollout(release, status))
                if status is RolloutStatus.SUCCESSFUL:
                    transaction.set_deployment(Deployment("storefront", release, f"of-{release}", NOW))
        for name in {f"of-{release}" for release, _ in history} | {"never-deployed"}:
            path = archive_of(folder, "storefront", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            os.utime(path, (0, 0))
        there = {item.revision for item in deployments.kept(store, stack, store.snapshot("shop"), app)}
        deployments.prune(store, stack, app, NOW)
        left = {path.name.removesuffix(".tar.gz") for path in Path(folder, "sources", "storefront").glob("*.tar.gz")}
        assert left == there
        assert len(left) <= max(2, keep)
