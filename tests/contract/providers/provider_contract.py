"""The promises of every provider of machines, as tests. A provider's own test file inherits them.

They speak only to `stackward.providers.base.Provider`, and to the Subject for what happens on a machine.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import cast

import pytest

from stackward.errors import ProviderError
from stackward.providers.base import (
    AddsVolumes,
    Capability,
    ChecksMachines,
    FindsLaunched,
    GivesNotice,
    Machine,
    MachineRequest,
    MachineState,
    PlacesMachines,
    Provider,
    TellsHostKeys,
)
from stackward.resources import leftovers
from stackward.resources.change import Change, Verb

MOUNT = "/srv/kept data"
ON_VOLUME = f"{MOUNT}/note"
ON_DISK = "/var/local-note"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDummyDummyDummyDummyDummyDummyDummyDummyDumm tests"


@dataclass
class Subject:
    """A provider under test.

    `connect` gives a provider as another process would have it, which remembers nothing. `stack` is a stack of its own,
    `other_stack` one without machines. `write` and `read` (None: no such file) work on files of a running machine:
    those below MOUNT are on a volume. `power_off` lets a machine's guest go down by itself and returns when it is down.
    """

    connect: Callable[[], Provider]
    stack: str
    other_stack: str
    write: Callable[[Machine, str, str], None]
    read: Callable[[Machine, str], str | None]
    power_off: Callable[[Machine], None]
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def provider(self) -> Provider:
        return self.connect()

    def request(self, **changes) -> MachineRequest:
        number = next(self.numbers)
        request = MachineRequest(self.stack, f"web{number}", f"token-{self.stack}-{number}", KEY)
        return replace(request, **changes)


class ProviderContract:
    """Inherit, and give a fixture `subject` of class scope that removes the stack at its end."""

    @pytest.fixture
    def machine(self, subject: Subject) -> Machine:
        """A running machine, the same for many tests: whatever one left of it is put right for the next."""
        made = subject.provider.create(MachineRequest(subject.stack, "resident", f"resident-{subject.stack}", KEY))
        return subject.provider.detach_address(subject.stack, subject.provider.start(made.id).id)

    def test_a_new_machine_runs_at_an_address_and_says_whose_it_is(self, subject: Subject):
        request = subject.request()
        machine = subject.provider.create(request)
        assert machine.state is MachineState.RUNNING
        assert machine.address
        assert machine.port > 0
        assert (machine.stack, machine.instance, machine.token) == (request.stack, request.instance, request.token)
        assert machine.elastic_address is None

    def test_a_running_machine_has_host_keys_that_the_provider_vouches_for(self, subject: Subject, machine: Machine):
        keys = machine.host_keys
        if Capability.HOST_KEYS in subject.provider.capabilities:
            keys = cast("TellsHostKeys", subject.provider).host_keys(machine)
            assert cast("TellsHostKeys", subject.provider).host_keys(machine) == keys
        assert keys
        assert all(len(key.split()) == 2 and key.startswith(("ssh-", "ecdsa-")) for key in keys)

    def test_a_running_machine_is_found_sound_where_its_provider_checks_machines(
        self, subject: Subject, machine: Machine
    ):
        assert not machine.impaired
        if Capability.CHECKS in subject.provider.capabilities:
            assert cast("ChecksMachines", subject.provider).impaired([machine.id]) == {}

    def test_a_running_machine_that_nobody_takes_back_is_left_where_its_provider_gives_notice(
        self, subject: Subject, machine: Machine
    ):
        if Capability.NOTICE in subject.provider.capabilities:
            assert Capability.PLACEMENT in subject.provider.capabilities
            place = cast("PlacesMachines", subject.provider).place(subject.request(), ())
            assert cast("GivesNotice", subject.provider).reclaimed({machine.id: place or {}}) == {}

    def test_what_a_token_has_launched_is_found_where_it_may_be_told_of_late(self, subject: Subject, machine: Machine):
        if Capability.TOLD_LATE in subject.provider.capabilities:
            assert cast("FindsLaunched", subject.provider).launched([machine.token, "never"]) == {machine.id}

    def test_the_same_token_again_gives_the_same_machine(self, subject: Subject):
        request = subject.request()
        first = subject.provider.create(request)
        assert subject.provider.create(request) == first
        assert _of(subject, request.instance) == [first]

    def test_the_same_token_asked_twice_at_once_makes_one_machine(self, subject: Subject):
        request = subject.request()
        with ThreadPoolExecutor(2) as pool:
            ids = {machine.id for machine in pool.map(lambda _: subject.provider.create(request), range(2))}
        assert len(ids) == 1
        assert [machine.id for machine in _of(subject, request.instance)] == list(ids)

    def test_the_same_token_for_something_else_is_refused(self, subject: Subject, machine: Machine):
        request = MachineRequest(machine.stack, machine.instance, machine.token, KEY)
        for other in (replace(request, volumes=("/elsewhere",)), replace(request, public_key=f"{KEY}-other")):
            with pytest.raises(ProviderError, match="other parameters"):
                subject.provider.create(other)
        assert _of(subject, machine.instance) == [machine]

    def test_an_instance_gets_no_second_machine_beside_the_first(self, subject: Subject, machine: Machine):
        other = subject.request(instance=machine.instance)
        with pytest.raises(ProviderError, match=machine.token):
            subject.provider.create(other)
        assert _of(subject, machine.instance) == [machine]

    def test_machines_made_at_once_have_addresses_of_their_own(self, subject: Subject):
        requests = [subject.request() for _ in range(3)]
        with ThreadPoolExecutor(len(requests)) as pool:
            machines = list(pool.map(subject.provider.create, requests))
        assert len({machine.id for machine in machines}) == len(machines)
        assert len({(machine.address, machine.port) for machine in machines}) == len(machines)
        known = subject.provider.describe(subject.stack)
        assert all(known[machine.id] == machine for machine in machines)

    def test_describing_a_stack_finds_only_its_own_machines(self, subject: Subject, machine: Machine):
        assert machine.id in subject.provider.describe(subject.stack)
        assert subject.provider.describe(subject.other_stack) == {}

    def test_a_stopped_machine_has_no_address_and_comes_back_with_the_same_and_its_disk(
        self, subject: Subject, machine: Machine
    ):
        subject.write(machine, ON_DISK, "written before")
        stopped = subject.provider.stop(machine.id)
        assert stopped.state is MachineState.STOPPED
        assert stopped.address is None
        assert subject.provider.describe(subject.stack)[machine.id] == stopped
        assert subject.provider.stop(machine.id) == stopped
        started = subject.provider.start(machine.id)
        assert started == machine
        assert subject.provider.start(machine.id) == machine
        assert subject.read(started, ON_DISK) == "written before"

    def test_a_machine_stopped_by_force_starts_again(self, subject: Subject, machine: Machine):
        assert subject.provider.stop(machine.id, force=True).state is MachineState.STOPPED
        assert subject.provider.start(machine.id) == machine

    def test_a_reboot_keeps_disk_and_address(self, subject: Subject, machine: Machine):
        subject.write(machine, ON_DISK, "written before")
        assert subject.provider.reboot(machine.id) == machine
        assert subject.read(machine, ON_DISK) == "written before"

    def test_what_does_not_run_is_neither_rebooted_nor_given_an_address(self, subject: Subject, machine: Machine):
        subject.provider.stop(machine.id)
        with pytest.raises(ProviderError, match="not run"):
            subject.provider.reboot(machine.id)
        with pytest.raises(ProviderError):
            subject.provider.attach_address(subject.stack, machine.id)

    def test_a_machine_that_went_down_by_itself_is_stopped_and_can_be_started(self, subject: Subject, machine: Machine):
        subject.power_off(machine)
        assert subject.provider.describe(subject.stack)[machine.id].state is MachineState.STOPPED
        assert subject.provider.start(machine.id) == machine

    def test_a_token_asked_again_after_a_stop_gives_the_stopped_machine_which_can_be_terminated(self, subject: Subject):
        request = subject.request()
        machine = subject.provider.create(request)
        stopped = subject.provider.stop(machine.id)
        assert subject.provider.create(request) == stopped
        subject.provider.terminate(machine.id)
        assert machine.id not in subject.provider.describe(subject.stack)

    def test_a_terminated_machine_is_gone_and_may_be_terminated_again(self, subject: Subject):
        machine = subject.provider.create(subject.request())
        subject.provider.terminate(machine.id)
        assert machine.id not in subject.provider.describe(subject.stack)
        subject.provider.terminate(machine.id)
        for action in (subject.provider.start, subject.provider.stop, subject.provider.reboot):
            with pytest.raises(ProviderError):
                action(machine.id)

    def test_a_volume_outlives_its_machine_and_the_disk_does_not(self, subject: Subject):
        request = subject.request(volumes=(MOUNT,))
        if Capability.VOLUMES not in subject.provider.capabilities:
            with pytest.raises(ProviderError):
                subject.provider.create(request)
            return
        first = subject.provider.create(request)
        subject.write(first, ON_VOLUME, "kept")
        subject.write(first, ON_DISK, "lost")
        second = _replaced(subject, request, first)
        assert second.id != first.id
        assert subject.read(second, ON_VOLUME) == "kept"
        assert subject.read(second, ON_DISK) is None

    def test_a_machine_that_is_there_gets_a_further_volume_and_keeps_all_that_it_has(self, subject: Subject):
        capabilities = subject.provider.capabilities
        if Capability.ADDED_VOLUMES not in capabilities:
            return
        request = subject.request()
        machine = subject.provider.create(request)
        subject.write(machine, ON_DISK, "kept")
        whole = replace(request, volumes=(MOUNT,), machine_id=machine.id)
        if Capability.DISKS not in capabilities:
            with pytest.raises(ProviderError, match="runs"):
                cast("AddsVolumes", subject.provider).add_volumes(whole)
            subject.provider.stop(machine.id)
        given = cast("AddsVolumes", subject.provider).add_volumes(whole)
        assert cast("AddsVolumes", subject.provider).add_volumes(replace(whole, machine_id=given.id)) == given
        assert [found.id for found in _of(subject, request.instance)] == [given.id]
        started = subject.provider.start(given.id)
        assert replace(started, id=machine.id) == machine
        assert subject.provider.create(request) == started
        assert subject.read(started, ON_DISK) == "kept"
        subject.write(started, ON_VOLUME, "on the volume")
        second = _replaced(subject, replace(request, volumes=(MOUNT,)), started)
        assert subject.read(second, ON_VOLUME) == "on the volume"

    def test_a_volume_that_is_given_up_is_gone_and_giving_it_up_twice_is_no_error(self, subject: Subject):
        if Capability.RESOURCES not in subject.provider.capabilities:
            return
        request = subject.request(volumes=(MOUNT,))
        first = subject.provider.create(request)
        subject.write(first, ON_VOLUME, "lost")
        subject.provider.terminate(first.id)
        known = leftovers.volume(request.instance, MOUNT)
        given_up = Change(known.kind, Verb.DELETE, known.name, "the volume", "nobody wants it", data=known.data)
        subject.provider.change(subject.stack, given_up)
        subject.provider.change(subject.stack, given_up)
        again = subject.provider.create(replace(request, token=f"{request.token}-again"))
        assert subject.read(again, ON_VOLUME) is None

    def test_the_additional_address_is_always_the_same_and_stays_through_a_stop(
        self, subject: Subject, machine: Machine
    ):
        if Capability.ELASTIC_ADDRESS not in subject.provider.capabilities:
            with pytest.raises(ProviderError):
                subject.provider.attach_address(subject.stack, machine.id)
            return
        attached = subject.provider.attach_address(subject.stack, machine.id)
        assert attached.elastic_address
        assert attached.elastic_address != machine.address
        assert subject.provider.attach_address(subject.stack, machine.id) == attached
        assert subject.provider.describe(subject.stack)[machine.id] == attached
        subject.provider.stop(machine.id)
        assert subject.provider.start(machine.id) == attached
        assert subject.provider.detach_address(subject.stack, machine.id) == machine
        assert subject.provider.detach_address(subject.stack, machine.id) == machine
        assert subject.provider.attach_address(subject.stack, machine.id) == attached

    def test_the_additional_address_goes_on_to_the_machine_that_replaces_the_first(self, subject: Subject):
        if Capability.ELASTIC_ADDRESS not in subject.provider.capabilities:
            return
        request = subject.request()
        first = subject.provider.create(request)
        address = subject.provider.attach_address(subject.stack, first.id).elastic_address
        second = _replaced(subject, request, first)
        assert second.elastic_address is None
        assert subject.provider.attach_address(subject.stack, second.id).elastic_address == address

    def test_removing_the_stack_removes_every_machine_and_volume(self, subject: Subject):
        offered = Capability.VOLUMES in subject.provider.capabilities
        request = subject.request(volumes=(MOUNT,) if offered else ())
        machine = subject.provider.create(request)
        subject.write(machine, ON_VOLUME if offered else ON_DISK, "lost")
        subject.provider.remove_stack(subject.stack)
        assert subject.provider.describe(subject.stack) == {}
        subject.provider.remove_stack(subject.stack)
        again = subject.provider.create(replace(request, token=f"{request.token}-again"))
        if Capability.OWNED in subject.provider.capabilities:
            return
        assert subject.read(again, ON_VOLUME if offered else ON_DISK) is None


def _of(subject: Subject, instance: str) -> list[Machine]:
    return [machine for machine in subject.provider.describe(subject.stack).values() if machine.instance == instance]


def _replaced(subject: Subject, request: MachineRequest, machine: Machine) -> Machine:
    subject.provider.terminate(machine.id)
    return subject.provider.create(replace(request, token=f"{request.token}-again"))
