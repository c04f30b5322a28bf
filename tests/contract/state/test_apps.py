import pytest

from stackward.state.records import AppRelease, Deployment, LogLine
from stackward.state.store import Store
from tests.contract.state.examples import LATER, NOW, TO_ONLINE, Abandoned, advance, ask, claimed_instance


def test_the_releases_of_an_instance_are_set_replaced_and_dropped(store: Store):
    _, epoch = claimed_instance(store)
    seen = []
    for step in (
        lambda transaction: transaction.set_release("web1", epoch, AppRelease("shop", "r1", "v1")),
        lambda transaction: transaction.set_release("web1", epoch, AppRelease("blog", "r1", "v7")),
        lambda transaction: transaction.set_release("web1", epoch, AppRelease("shop", "r2", "v2")),
        lambda transaction: transaction.drop_release("web1", epoch, "blog"),
        lambda transaction: transaction.drop_release("web1", epoch, "never there"),
    ):
        with store.transaction("shop") as transaction:
            step(transaction)
        seen.append({(item.app, item.release, item.revision) for item in store.snapshot("shop").instances["web1"].apps})
    assert seen == [
        {("shop", "r1", "v1")},
        {("shop", "r1", "v1"), ("blog", "r1", "v7")},
        {("shop", "r2", "v2"), ("blog", "r1", "v7")},
        {("shop", "r2", "v2")},
        {("shop", "r2", "v2")},
    ]


def test_what_a_release_was_deployed_with_is_kept(store: Store):
    _, epoch = claimed_instance(store)
    found = []
    for release in (
        AppRelease("shop", "r1", "v1", "0123", 8000, {"command uptime": "4567"}),
        AppRelease("shop", "r1", "v1", hooks={}),
        AppRelease("shop", "r1", "v1"),
    ):
        with store.transaction("shop") as transaction:
            transaction.set_release("web1", epoch, release)
        (there,) = store.snapshot("shop").instances["web1"].apps
        found.append((there.digest, there.port, there.hooks))
    assert found == [("0123", 8000, {"command uptime": "4567"}), ("", None, {}), ("", None, None)]


def test_the_deployment_of_an_app_is_set_replaced_and_dropped(store: Store):
    first, second = Deployment("shop", "r1", "v1", NOW), Deployment("shop", "r2", "v2", LATER)
    blog = Deployment("blog", "r9", "main", NOW)
    with store.transaction("shop") as transaction:
        transaction.set_deployment(first)
        transaction.set_deployment(blog)
        assert transaction.state.deployments == {"blog": blog, "shop": first}
        transaction.set_deployment(second)
    assert store.snapshot("shop").deployments == {"blog": blog, "shop": second}
    with store.transaction("shop") as transaction:
        transaction.drop_deployment("shop")
        transaction.drop_deployment("never there")
    assert store.snapshot("shop").deployments == {"blog": blog}


def test_a_secret_is_made_once_for_each_stack_app_and_name(store: Store):
    made = iter(["one", "two", "three", "four", "five"])
    values = []
    for stack, app, name in [("a", "x", "n"), ("a", "x", "n"), ("a", "x", "m"), ("a", "y", "n"), ("b", "x", "n")]:
        with store.transaction(stack) as transaction:
            values.append(transaction.secret(app, name, lambda: next(made)))
    assert values == ["one", "one", "two", "three", "four"]


def test_a_secret_whose_transaction_failed_is_not_kept(store: Store):
    def abandon():
        with store.transaction("shop") as transaction:
            transaction.secret("x", "n", lambda: "lost")
            raise Abandoned

    with pytest.raises(Abandoned):
        abandon()
    with store.transaction("shop") as transaction:
        assert transaction.secret("x", "n", lambda: "kept") == "kept"


def test_a_stack_file_is_remembered_by_its_digest(store: Store):
    assert store.definition("abc") is None
    for _ in range(2):
        with store.transaction("shop") as transaction:
            transaction.remember_definition("abc", "name: shöp\n", NOW)
    assert store.definition("abc") == "name: shöp\n"


def test_only_the_latest_versions_of_a_stack_file_are_kept(store: Store):
    with store.transaction("shop") as transaction:
        for minute in range(103):
            transaction.remember_definition(f"v{minute}", "…", NOW.replace(hour=minute // 60, minute=minute % 60))
    assert [store.definition(f"v{minute}") for minute in (0, 2, 3, 102)] == [None, None, "…", "…"]


def test_a_forgotten_stack_is_gone_but_for_its_journal_and_others_stay(store: Store):
    for stack in ("lab", "shop"):
        with store.transaction(stack) as transaction:
            transaction.put_instance("web1", ("web",), NOW)
            run = transaction.begin_run("converge", "ctl-1", 1, 1.0, "alice", NOW)
            epoch = transaction.claim("web1", run, "x", NOW, LATER).epoch
            advance(transaction, "web1", epoch, *TO_ONLINE)
            transaction.set_release("web1", epoch, AppRelease("shop", "r1", "v1"))
            transaction.set_deployment(Deployment("shop", "r1", "v1", NOW))
            transaction.secret("shop", "password", lambda: "old")
            transaction.remember_definition(stack, "text", NOW)
            command = ask(transaction, "web1")
        store.append_log([LogLine(command.id, NOW, "task", "ok", 0.0)])
    lab = store.snapshot("lab")
    with store.transaction("shop") as transaction:
        transaction.forget_stack()
    assert store.stacks() == ("lab",)
    assert store.snapshot("shop") == type(lab)("shop", 0, {}, {}, (), {})
    assert (store.commands("shop"), store.log(command.id), store.definition("shop")) == ((), (), None)
    assert len(store.journal("shop")) == len(TO_ONLINE)
    assert store.snapshot("lab") == lab
    with store.transaction("shop") as transaction:
        assert transaction.secret("shop", "password", lambda: "new") == "new"
