"""The promises of every provider, kept for machines that somebody owns: here folders with a switch beside them."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from stackward.errors import ProviderError
from stackward.providers.base import Capability, MachineRequest, MachineState
from stackward.providers.static.provider import StaticProvider
from stackward.providers.static.records import Registrations
from tests.contract.providers.provider_contract import KEY, ProviderContract, Subject

HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDummyDummyDummyDummyDummyDummyDummyDummyDum"
OTHER_KEY = HOST_KEY.replace("Dummy", "Other")


class Rack:
    """Machines at addresses of their own: a folder each, and a file beside it that says on or off."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys: dict[str, str] = {}
        self.addresses: dict[str, str] = {}
        self.numbers = itertools.count(1)
        self.lock = threading.Lock()

    def address(self, instance: str) -> str:
        # Two calls at once are about one machine, and find its switch written.
        with self.lock:
            if instance not in self.addresses:
                self.addresses[instance] = f"192.0.2.{next(self.numbers)}"
                self.switch(self.addresses[instance]).write_text("on\n")
            return self.addresses[instance]

    def switch(self, address: str) -> Path:
        return self.folder / f"{address}.switch"

    def disk(self, address: str) -> Path:
        return self.folder / address

    def options(self, instance: str) -> dict[str, object]:
        switch = self.folder / "{address}.switch"
        power = {
            "start": ["sh", "-c", self.turned("on", switch)],
            "stop": ["sh", "-c", self.turned("off", switch)],
            "reboot": ["true"],
            "status": ["cat", str(switch)],
        }
        return {"address": self.address(instance), "power": power}

    def turned(self, word: str, switch: Path) -> str:
        """Moved into place: whoever reads at the same time finds one word or the other, never an empty file."""
        return f"echo {word} > {switch}.$$ && mv {switch}.$$ {switch}"

    def shown(self, instance: str, address: str, port: int) -> tuple[str, ...]:
        return (self.keys.get(address, HOST_KEY),)


class EachByItsOwn:
    """The engine loads the provider with the options of one instance at a time; this does it for every call."""

    def __init__(self, rack: Rack, data: Path) -> None:
        self.rack, self.data = rack, data
        self.capabilities = self._of("any").capabilities

    def _of(self, instance: str) -> StaticProvider:
        return StaticProvider(
            self.rack.options(instance), str(self.data), shown=self.rack.shown, answers=lambda *_: False
        )

    def _with(self, machine_id: str) -> StaticProvider:
        known = Registrations(self.data / "machines").of(machine_id)
        return self._of(known.instance if known else "any")

    def describe(self, stack):
        known = Registrations(self.data / "machines").all()
        own = (self._of(item.instance).describe(stack).get(item.id) for item in known)
        return {machine.id: machine for machine in own if machine is not None}

    def create(self, request: MachineRequest):
        options = {**self.rack.options(request.instance), **request.options}
        return self._of(request.instance).create(replace(request, options=options))

    def start(self, machine_id):
        return self._with(machine_id).start(machine_id)

    def stop(self, machine_id, *, force=False):
        return self._with(machine_id).stop(machine_id, force=force)

    def reboot(self, machine_id):
        return self._with(machine_id).reboot(machine_id)

    def terminate(self, machine_id):
        return self._with(machine_id).terminate(machine_id)

    def attach_address(self, stack, machine_id):
        return self._with(machine_id).attach_address(stack, machine_id)

    def detach_address(self, stack, machine_id):
        return self._with(machine_id).detach_address(stack, machine_id)

    def remove_stack(self, stack):
        return self._of("any").remove_stack(stack)


@pytest.fixture(scope="class")
def rack(tmp_path_factory):
    return Rack(tmp_path_factory.mktemp("rack"))


@pytest.fixture(scope="class")
def subject(rack, tmp_path_factory):
    data = tmp_path_factory.mktemp("data")

    def place(machine, path):
        return rack.disk(machine.id) / path.strip("/")

    def write(machine, path, text):
        place(machine, path).parent.mkdir(parents=True, exist_ok=True)
        place(machine, path).write_text(text)

    def read(machine, path):
        return place(machine, path).read_text() if place(machine, path).exists() else None

    def power_off(machine):
        rack.switch(machine.address).write_text("off\n")

    return Subject(lambda: EachByItsOwn(rack, data), "owned", "no-such-stack", write, read, power_off)


class TestStaticProvider(ProviderContract):
    pass


class TestOwnedMachines:
    def test_a_changed_host_key_is_an_alarm_that_names_both(self, subject, rack):
        machine = subject.provider.create(subject.request(instance="changed", token="changed"))
        rack.keys[machine.address] = OTHER_KEY
        with pytest.raises(ProviderError, match=r"ALARM: changed.*SHA256:.*pinned is ssh-ed25519 SHA256:"):
            subject.provider.create(subject.request(instance="changed", token="changed"))

    def test_a_key_that_the_file_names_is_compared_at_registration(self, subject, rack):
        rack.keys[rack.address("named")] = OTHER_KEY
        with pytest.raises(ProviderError, match="ALARM: named"):
            subject.provider.create(subject.request(instance="named", token="n", options={"host_keys": [HOST_KEY]}))
        assert "named" not in {machine.instance for machine in subject.provider.describe(subject.stack).values()}

    def test_one_machine_is_not_registered_for_two_instances(self, subject, rack):
        first = subject.provider.create(subject.request())
        with pytest.raises(ProviderError, match=f"registered as {first.instance}"):
            subject.provider.create(subject.request(options={"address": first.address}))

    def test_the_zone_is_what_the_file_says_and_may_change_without_another_registration(self, subject):
        for zone in ("rack-1", "rack-2"):
            asked = subject.request(instance="zoned", token="zoned", options={"zone": zone})
            machine = subject.provider.create(asked)
            assert machine.zone == zone
            assert subject.provider.describe(subject.stack)[machine.id].zone == zone

    def test_without_commands_it_cannot_be_switched(self, rack, tmp_path):
        provider = StaticProvider({"address": "192.0.2.99"}, str(tmp_path), shown=rack.shown)
        assert provider.capabilities == {Capability.OWNED, Capability.UNSWITCHED}
        machine = provider.create(MachineRequest("owned", "plain", "t", KEY, {"address": "192.0.2.99"}))
        with pytest.raises(ProviderError, match=r"no power command to stop it.*power: \{stop: …\}"):
            provider.stop(machine.id)

    @pytest.mark.parametrize(
        ("command", "said"),
        [
            (["false"], "exit code 1"),
            (["/no/such/program"], "cannot be run: /no/such/program"),
            (["sh", "-c", "echo bad login >&2; exit 3"], "exit code 3: bad login"),
        ],
    )
    def test_a_power_command_that_fails_is_quoted(self, rack, tmp_path, command, said):
        options = {"address": "192.0.2.98", "power": {"start": ["true"], "stop": command}}
        provider = StaticProvider(options, str(tmp_path), shown=rack.shown)
        machine = provider.create(MachineRequest("owned", "broken", "t", KEY, options))
        with pytest.raises(ProviderError, match=said):
            provider.stop(machine.id)

    def test_what_a_power_command_says_in_another_encoding_is_quoted_as_far_as_it_goes(self, rack, tmp_path):
        options = {
            "address": "192.0.2.97",
            "power": {"start": ["true"], "stop": ["sh", "-c", "printf 'gest\\366rt'; exit 1"]},
        }
        provider = StaticProvider(options, str(tmp_path), shown=rack.shown)
        machine = provider.create(MachineRequest("owned", "latin", "t", KEY, options))
        with pytest.raises(ProviderError, match=r"exit code 1: gest.rt"):
            provider.stop(machine.id)

    @pytest.mark.parametrize("what", ["start", "reboot"])
    def test_a_machine_that_is_on_its_way_up_is_waited_for(self, rack, tmp_path, what):
        """A status may be what the machine itself answers, such as a ping."""
        said = tmp_path / "said"
        said.write_text("off" if what == "start" else "on")
        power = {
            "start": ["true"],
            "stop": ["true"],
            "reboot": ["sh", "-c", f"echo off > {said}"],
            "status": ["cat", str(said)],
        }
        options = {"address": "192.0.2.96", "power": power}
        waits = []

        def pause(seconds):
            waits.append(seconds)
            said.write_text("on" if len(waits) == 3 else "off")

        provider = StaticProvider(options, str(tmp_path), shown=rack.shown, answers=lambda *_: False, pause=pause)
        machine = provider.create(MachineRequest("owned", "slow", "t", KEY, options))
        found = getattr(provider, what)(machine.id)
        assert (found.state, found.address, len(waits)) == (MachineState.RUNNING, "192.0.2.96", 3)

    def test_one_that_never_comes_up_says_so(self, rack, tmp_path, monkeypatch):
        monkeypatch.setattr("stackward.providers.static.provider.ON_SECONDS", -1.0)
        options = {"address": "192.0.2.95", "power": {"start": ["true"], "stop": ["true"], "status": ["echo", "off"]}}
        provider = StaticProvider(options, str(tmp_path), shown=rack.shown, pause=lambda _: None)
        machine = provider.create(MachineRequest("owned", "dead", "t", KEY, options))
        with pytest.raises(ProviderError, match=r"was told to go on and is still off after.*Look at the machine"):
            provider.start(machine.id)

    def test_without_a_status_one_that_goes_off_is_waited_for_until_it_answers_no_more(self, rack, tmp_path):
        """A machine that is woken while it still goes down stays off."""
        answers = iter([True, True, False])
        waits = []
        options = {"address": "192.0.2.94", "power": {"start": ["true"], "stop": ["true"]}}
        provider = StaticProvider(
            options, str(tmp_path), shown=rack.shown, answers=lambda *_: next(answers), pause=waits.append
        )
        machine = provider.create(MachineRequest("owned", "blind", "t", KEY, options))
        assert provider.stop(machine.id).state is MachineState.STOPPED
        assert waits == [1.0, 1.0, 10.0]

    def test_a_machine_whose_power_control_does_not_answer_is_let_go(self, rack, tmp_path):
        options = {"address": "192.0.2.93", "power": {"start": ["true"], "stop": ["true"], "status": ["false"]}}
        without = {**options, "power": {}}
        provider = StaticProvider(without, str(tmp_path), shown=rack.shown)
        machine = provider.create(MachineRequest("owned", "cut", "t", KEY, without))
        provider = StaticProvider(options, str(tmp_path), shown=rack.shown)
        with pytest.raises(ProviderError, match="power command status of cut failed"):
            provider.start(machine.id)
        provider.terminate(machine.id)
        assert provider.describe("owned") == {}
