"""What a provider says of silent machines, and of what it checks of them."""

from __future__ import annotations

import pytest

from stackward.errors import ProviderError
from stackward.lifecycle.health import Answer, Witness
from stackward.observe import look as looking
from stackward.observe import network
from stackward.providers.base import Capability, Machine, MachineState
from tests.unit.healing.fleet import stack_of, state_of

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
