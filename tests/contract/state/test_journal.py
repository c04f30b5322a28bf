from types import MappingProxyType

import pytest

from stackward.state.records import JournalEntry
from stackward.state.store import Store
from tests.contract.state.examples import LATER, NOW, begin_run


def test_a_note_holds_who_what_and_the_inputs(store: Store):
    with store.transaction("shop") as transaction:
        run = begin_run(transaction)
        data = MappingProxyType({"cpu": 91.5, "over": ["web1", "web2"], "brakes": MappingProxyType({"left": None})})
        transaction.note("scaling", "one more", actor="scale", now=NOW, instance="web3", run=run, data=data)
    (entry,) = store.journal("shop")
    assert entry == JournalEntry(
        entry.id,
        NOW,
        "scaling",
        "scale",
        "web3",
        run,
        "one more",
        {"cpu": 91.5, "over": ["web1", "web2"], "brakes": {"left": None}},
    )


def test_what_has_no_form_in_json_is_refused_with_the_whole_transaction(store: Store):
    with pytest.raises(Exception, match="no form in JSON"), store.transaction("shop") as transaction:
        transaction.note("odd", "", actor="x", now=NOW, data={"what": object()})
    assert store.journal("shop") == ()


def test_a_new_generation_is_noted_with_its_reason(store: Store):
    with store.transaction("shop") as transaction:
        assert transaction.bump_generation("users changed", "alice", NOW) == 1
        assert transaction.bump_generation("load balancer changed", "alice", LATER, run=7) == 2
    assert store.snapshot("shop").generation == 2
    assert [(entry.kind, entry.text, entry.run, entry.data) for entry in store.journal("shop")] == [
        ("generation", "users changed", None, {"generation": 1}),
        ("generation", "load balancer changed", 7, {"generation": 2}),
    ]


@pytest.fixture
def noted(store: Store) -> list[int]:
    """Six entries by turns of two instances and three kinds. Gives their numbers."""
    with store.transaction("other") as transaction:
        transaction.note("a", "not ours", actor="x", now=NOW)
    with store.transaction("shop") as transaction:
        for number in range(6):
            transaction.note("abc"[number % 3], str(number), actor="x", now=NOW, instance=f"web{number % 2}")
    return [entry.id for entry in store.journal("shop")]


def texts(entries: tuple[JournalEntry, ...]) -> str:
    return "".join(entry.text for entry in entries)


def test_the_journal_is_read_oldest_first(store: Store, noted: list[int]):
    assert texts(store.journal("shop")) == "012345"


def test_of_a_long_journal_the_newest_entries_are_read_or_the_oldest(store: Store, noted: list[int]):
    assert texts(store.journal("shop", limit=2)) == "45"
    assert texts(store.journal("shop", limit=2, newest=False)) == "01"


def test_the_journal_is_followed_by_number(store: Store, noted: list[int]):
    assert texts(store.journal("shop", after=noted[2])) == "345"
    assert texts(store.journal("shop", after=noted[2], limit=2, newest=False)) == "34"
    assert texts(store.journal("shop", after=noted[-1])) == ""


def test_the_journal_is_read_by_instance_and_kind(store: Store, noted: list[int]):
    assert texts(store.journal("shop", instance="web1")) == "135"
    assert texts(store.journal("shop", kinds=("a", "c"))) == "0235"
    assert texts(store.journal("shop", instance="web1", kinds=("a", "c"))) == "35"


def test_the_journal_is_read_by_run(store: Store):
    with store.transaction("shop") as transaction:
        first, second = begin_run(transaction), begin_run(transaction)
        for number, run in enumerate((first, second, None, first)):
            transaction.note("a" if number else "b", str(number), actor="x", now=NOW, instance="web1", run=run)
    assert texts(store.journal("shop", run=first)) == "03"
    assert texts(store.journal("shop", run=first, kinds=("a",))) == "3"
    assert texts(store.journal("shop", run=second, kinds=("b",))) == ""


def test_a_forgotten_stack_leaves_its_journal_alone(store: Store, noted: list[int]):
    with store.transaction("shop") as transaction:
        transaction.forget_stack()
        transaction.note("forgotten", "6", actor="x", now=NOW)
    assert store.stacks() == ("other",)
    assert texts(store.journal("shop")) == "0123456"


def test_histories_are_the_newest_entries_of_each_instance_outside_and_inside_a_transaction(store):
    with store.transaction("shop") as transaction:
        for number in range(5):
            for name in ("web1", "web2"):
                transaction.note("request", f"{name} {number}", actor="anna", now=NOW, instance=name)
                transaction.note("decision", "not of this kind", actor="anna", now=NOW, instance=name)
        inside = transaction.histories(["web1", "web9"], ("request", "state"), 2)
    outside = store.histories("shop", ["web1", "web9"], ("request", "state"), 2)
    assert inside == outside
    assert {name: [entry.text for entry in entries] for name, entries in outside.items()} == {
        "web1": ["web1 3", "web1 4"],
        "web9": [],
    }
