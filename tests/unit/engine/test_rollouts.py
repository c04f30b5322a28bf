"""What is told of a rollout that did not succeed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stackward.engine.rollouts import told
from stackward.state.records import HostResult, Rollout, RolloutStatus

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def rollout(status=RolloutStatus.FAILED, **results):
    return Rollout(
        id=14,
        app="storefront",
        kind="deploy",
        release="r2",
        revision="8f3a21c04d1e",
        before_release="r1",
        before_revision="v1",
        status=status,
        actor="anna",
        reason="",
        host="ctl",
        process=1,
        process_started=1.0,
        started=NOW,
        failure="web2: no answer",
        results={name: HostResult(its) for name, its in results.items()},
    )


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ({"web2": "failed"}, "web2 serves what it served before."),
        ({"web2": "failed", "web3": "skipped"}, "web2, web3 serve what they served before."),
        (
            {"web1": "successful", "web2": "failed"},
            "web2 serves what it served before. web1 had it before that and keeps it: "
            "stackward rollback takes it back.",
        ),
    ],
)
def test_who_serves_what_is_said_of_a_deploy_that_was_stopped(results, said):
    assert told(rollout(**results)) == f"storefront: deploy 14 of 8f3a21c04d1e was stopped: web2: no answer\n{said}"


def test_an_instance_that_was_not_taken_back_is_told_by_its_record_whatever_its_failure_says():
    said = told(replace(rollout(), results={"web2": HostResult("failed", failure="no answer", lost=True)}))
    assert said.endswith(
        "web2: the release before could not be put back; stackward rollback does it as soon as that is possible."
    )
    quoting = HostResult("failed", failure="the release before could not be put back, says the app")
    assert told(replace(rollout(), results={"web2": quoting})).endswith("web2 serves what it served before.")


def test_nothing_is_said_of_one_that_succeeded():
    assert told(rollout(RolloutStatus.SUCCESSFUL, web1="successful")) == ""
    assert "stackward converge goes on with it" in told(rollout(RolloutStatus.RUNNING))
