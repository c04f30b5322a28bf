"""What holds for any accounts on a host, any that Stackward has made, and any that are wanted."""

from ansible_collections.stackward.ops.plugins.module_utils.applying.account_steps import Account, steps
from ansible_collections.stackward.ops.plugins.module_utils.applying.outcome import Failed
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.sampled_from(["anna", "anne", "bert", "carl"])
NUMBERS = st.integers(2000, 2004)


@st.composite
def hosts(draw):
    """Accounts with a number each, and a record that may be behind them."""
    names = sorted(draw(st.sets(NAMES)))
    numbers = draw(st.lists(NUMBERS, min_size=len(names), max_size=len(names), unique=True))
    present = {
        name: Account(number, f"/home/{name}", "/bin/sh", "") for name, number in zip(names, numbers, strict=True)
    }
    made = {
        name: {"uid": draw(st.one_of(st.none(), NUMBERS) if name not in present else st.just(present[name].uid))}
        for name in draw(st.sets(NAMES))
    }
    return present, made


@st.composite
def wishes(draw):
    names = sorted(draw(st.sets(NAMES)))
    numbers = draw(st.lists(NUMBERS, min_size=len(names), max_size=len(names), unique=True))
    return {
        name: {"uid": draw(st.sampled_from([None, number])), "shell": "/bin/bash", "comment": "", "groups": []}
        for name, number in zip(names, numbers, strict=True)
    }


def carried_out(wanted, made, present, planned):
    """What a host has after the steps, and what is recorded of it."""
    made, present = dict(made), dict(present)
    for step in planned:
        if step.action in ("remove", "forget"):
            made.pop(step.name)
            if step.action == "remove":
                present.pop(step.name)
            continue
        if step.action == "rename":
            present[step.name] = present.pop(step.old)
            made.pop(step.old)
        if step.action == "create":
            free = next(number for number in range(3000, 4000) if number not in {a.uid for a in present.values()})
            assert step.name not in present
            present[step.name] = Account(wanted[step.name]["uid"] or free, "/home", "/bin/bash", "")
        else:
            before = present[step.name]
            present[step.name] = Account(
                step.changes.get("uid", before.uid), before.home, step.changes.get("shell", before.shell), ""
            )
        made[step.name] = {"uid": present[step.name].uid}
    return made, present


@given(hosts(), wishes())
def test_afterwards_there_is_who_is_wanted_and_nobody_elses_account_was_touched(host, wanted):
    present, made = host
    foreign = {name: account for name, account in present.items() if name not in made}
    try:
        planned = steps(wanted, made, present)
    except Failed:
        taken = {account.uid for account in present.values()}
        assert set(wanted) & set(foreign) or {entry["uid"] for entry in wanted.values()} & taken
        return
    record, after = carried_out(wanted, made, present, planned)
    assert set(after) == set(wanted) | set(foreign)
    assert {name: after[name] for name in foreign} == foreign
    assert set(record) == set(wanted)
    numbers = [account.uid for account in after.values()]
    assert len(numbers) == len(set(numbers))
    assert all(entry["uid"] in (None, after[name].uid) for name, entry in wanted.items())
    again = steps(wanted, record, after)
    assert all(step.action == "modify" and not step.changes for step in again)
