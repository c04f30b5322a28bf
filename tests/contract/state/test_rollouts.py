"""What is remembered of rollouts, and what of them can be asked for alone."""

from dataclasses import replace

from stackward.state.records import Deployment, HostResult, Rollout, RolloutStatus
from stackward.state.store import Store
from tests.contract.state.examples import LATER, NOW

FIRST = Rollout(0, "shop", "deploy", "r1", "v1", "", "", RolloutStatus.SUCCESSFUL, "anna", "", "ctl", 1, 1.0, NOW)


def opened(store: Store, *wanted: Rollout) -> list[int]:
    with store.transaction("shop") as transaction:
        return [transaction.open_rollout(rollout).id for rollout in wanted]


def test_what_lived_are_the_releases_of_an_app_that_went_out_newest_first(store: Store):
    opened(
        store,
        replace(FIRST, finished=LATER),
        replace(FIRST, app="blog"),
        replace(FIRST, release="r2", revision="v2", status=RolloutStatus.FAILED),
        replace(FIRST, release="r3", revision="v3", results={"web1": HostResult("successful", 1.0, "")}),
        replace(FIRST, release="", revision=""),
        replace(FIRST, kind="rollback"),
    )
    first, third = Deployment("shop", "r1", "v1", LATER), Deployment("shop", "r3", "v3", NOW)
    assert store.lived("shop", "shop", limit=5) == (replace(first, at=NOW), third, first)
    assert store.lived("shop", "shop", limit=1) == (replace(first, at=NOW),)
    assert store.lived("shop", "never there", limit=5) == ()
    assert store.lived("never there", "shop", limit=5) == ()


def test_rollouts_are_found_by_their_numbers(store: Store):
    one, _two, three = opened(store, FIRST, replace(FIRST, app="blog"), replace(FIRST, release="r3"))
    assert [item.id for item in store.rollouts("shop", numbers=[one, three, 99])] == [three, one]
    assert [item.id for item in store.rollouts("shop", numbers=[one, three], limit=1)] == [three]
    assert store.rollouts("shop", numbers=[]) == ()
    assert store.rollouts("blog", numbers=[one]) == ()
