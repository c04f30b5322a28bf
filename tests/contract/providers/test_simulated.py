from __future__ import annotations

import pytest

from stackward.errors import ProviderError
from stackward.providers.base import MachineRequest
from stackward.simulator.provider import Call, SimulatedProvider
from tests.contract.providers.provider_contract import KEY, MOUNT, ProviderContract, Subject


class Killed(BaseException):
    """The caller dies here."""


class TestSimulatedProvider(ProviderContract):
    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls):
        provider = SimulatedProvider()

        def place(machine, path):
            if path.startswith(MOUNT):
                return provider.volumes, (machine.stack, machine.instance, MOUNT, path)
            return provider.disks, (machine.id, path)

        def write(machine, path, text):
            disk, key = place(machine, path)
            disk[key] = text

        def read(machine, path):
            disk, key = place(machine, path)
            return disk.get(key)

        return Subject(lambda: provider, "shop", "other", write, read, lambda machine: provider.power_off(machine.id))


REQUEST = MachineRequest("shop", "web1", "token", KEY)


def test_what_is_raised_before_a_call_leaves_everything_as_it_was():
    def refuse(call: Call) -> None:
        raise ProviderError(f"no {call.operation} today")

    provider = SimulatedProvider(before=refuse)
    with pytest.raises(ProviderError, match="no create today"):
        provider.create(REQUEST)
    assert provider.launched == []


def test_what_is_raised_after_a_call_loses_the_answer_alone():
    def die(call: Call) -> None:
        raise Killed

    provider = SimulatedProvider(after=die)
    with pytest.raises(Killed):
        provider.create(REQUEST)
    provider.after = lambda call: None
    assert provider.create(REQUEST) == provider.launched[0]
    assert len(provider.launched) == 1


def test_calls_are_numbered_and_say_what_they_are_about():
    provider = SimulatedProvider()
    machine = provider.create(REQUEST)
    provider.stop(machine.id)
    provider.describe("shop")
    assert provider.calls == [
        Call("create", 0, "web1"),
        Call("stop", 1, machine.id),
        Call("describe", 2, "shop"),
    ]


def test_a_machine_that_vanished_is_described_no_more_and_was_launched_all_the_same():
    provider = SimulatedProvider()
    machine = provider.create(REQUEST)
    provider.vanish(machine.id)
    assert provider.describe("shop") == {}
    assert provider.launched == [machine]
