"""What a provider says of silent machines, of what it checks of them, and of those that it takes back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackward.errors import ProviderError
from stackward.lifecycle.health import Answer, Witness
from stackward.observe import look as looking
from stackward.observe import network, over_ssh
from stackward.providers.base import Capability, Machine, MachineState
from tests.unit.healing.fleet import record, stack_of, state_of

NAMES = ("web1", "web2", "web3")


class Checking:
    """A provider that has checked its machines: web1 is sound, web2 is not, and web3 does not run."""

    capabilities = frozenset({Capability.CHECKS})

    def __init__(self, error=None):
        self.error = error
        self.asked = []

    def describe(self, stack):
        states = {"web1": MachineState.RUNNING, "web2": MachineState.RUNNING, "web3": MachineState.STOPPED}
        return {f"m-{name}": Machine(f"m-{name}", stack, name, "t", state) for name, state in states.items()}

    def impaired(self, machine_ids):
        self.asked += machine_ids
        if self.error is not None:
            raise self.error
        return {"m-web2": "its system status check fails"}


@pytest.fixture
def said(monkeypatch):
    monkeypatch.setattr(network, "silent_ssh", lambda places: dict.fromkeys(places, "no answer"))

    def look(provider):
        glances = looking.look(stack_of(NAMES), state_of(names=NAMES), lambda _choice: provider, NAMES, {})
        return {item.instance: (item.answer, item.text) for item in glances if item.witness is Witness.PROVIDER}

    return look


def test_silent_machines_that_run_are_checked_and_no_others(said):
    provider = Checking()
    assert said(provider) == {
        "web1": (Answer.ALIVE, "the provider says running"),
        "web2": (Answer.IMPAIRED, "the provider says that its system status check fails"),
        "web3": (Answer.STOPPED, "the provider says stopped"),
    }
    assert provider.asked == ["m-web1", "m-web2"]


def test_a_machine_that_its_provider_is_ending_is_gone_and_not_stopped(said, monkeypatch):
    ending = Machine("m-web1", "shop", "web1", "t", MachineState.TERMINATING)
    provider = Checking()
    monkeypatch.setattr(provider, "describe", lambda _stack: {"m-web1": ending})
    assert said(provider)["web1"] == (Answer.GONE, "the provider says terminating")
    assert provider.asked == []


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ProviderError("you may not do that"), "you may not do that"),
        (KeyError("checks"), "the provider breaks: KeyError: 'checks'"),
    ],
)
def test_where_they_cannot_be_checked_what_is_known_of_them_counts(said, error, why):
    found = said(Checking(error))
    assert found["web2"] == (Answer.ALIVE, f"the provider says running; its checks cannot be asked: {why}")
    assert found["web3"] == (Answer.STOPPED, "the provider says stopped")


class Reclaiming(Checking):
    """One that takes back web1 and web2; the machines of web1 to web3 have a place, that of web4 has none."""

    capabilities = frozenset({Capability.NOTICE, Capability.PLACEMENT})
    taken = ("m-web1", "m-web2")

    def reclaimed(self, places):
        self.asked.append(dict(places))
        if self.error is not None:
            raise self.error
        return dict.fromkeys(self.taken, "it takes it back")


@pytest.fixture
def noticed(monkeypatch):
    """Looks at a fleet of which web2 and web3 are silent."""
    monkeypatch.setattr(
        network, "silent_ssh", lambda places: {name: "" if name[-1] in "14" else "no" for name in places}
    )
    monkeypatch.setattr(over_ssh, "run", lambda _data, _errands: {})
    names = (*NAMES, "web4")
    placed = [
        replace(item, machine=replace(item.machine, parameters={"placement": {"market": "spot"}}))
        for item in map(record, NAMES)
    ]

    def look(provider):
        state = state_of(*placed, names=names)
        glances = looking.look(stack_of(names), state, lambda _choice: provider, names, {})
        told = [item for item in glances if item.witness is Witness.PROVIDER]
        assert len(told) == len({item.instance for item in told})
        return {item.instance: (item.answer, item.text) for item in told}

    return look


def test_machines_with_a_place_are_asked_about_in_one_go_also_those_that_answer(noticed):
    provider = Reclaiming()
    found = noticed(provider)
    taken = (Answer.RECLAIMED, "the provider says that it takes it back")
    assert found == {"web1": taken, "web2": taken, "web3": (Answer.STOPPED, "the provider says stopped")}
    assert provider.asked == [{f"m-{name}": {"market": "spot"} for name in NAMES}]


def test_what_is_down_already_is_not_about_to_go(noticed):
    provider = Reclaiming()
    provider.taken = ("m-web3",)
    assert noticed(provider)["web3"] == (Answer.STOPPED, "the provider says stopped")


def test_a_provider_that_cannot_be_asked_for_notices_takes_nothing_from_what_else_is_seen(noticed):
    found = noticed(Reclaiming(ProviderError("you may not do that")))
    why = "its provider cannot be asked whether it is taken back: you may not do that"
    assert found == {
        "web1": (Answer.UNKNOWN, why),
        "web2": (Answer.ALIVE, "the provider says running"),
        "web3": (Answer.STOPPED, "the provider says stopped"),
    }


def test_a_provider_that_gives_no_notice_is_not_asked_for_one(noticed):
    provider = Reclaiming()
    provider.capabilities = frozenset({Capability.PLACEMENT})
    assert "web1" not in noticed(provider)
    assert provider.asked == []
