from __future__ import annotations

import itertools
import subprocess
from dataclasses import replace

import pytest

from stackward.errors import ProviderError
from stackward.providers.base import MachineRequest, MachineState
from stackward.providers.container import containers, labels, networks
from stackward.providers.container.engine import Engine, find
from stackward.providers.container.provider import ContainerProvider
from tests.contract.providers.provider_contract import KEY, ProviderContract, Subject
from tests.contract.providers.real_hosts import booted, inside, over_ssh, own_stack
from tests.stack_ownership import owned_stack

pytestmark = pytest.mark.containers


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return str(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def provider(data):
    """A missing engine fails here, with the command that installs one."""
    made = ContainerProvider({}, own_stack(), data, print)
    with owned_stack(own_stack()):
        yield made
        made.remove_stack(own_stack())


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path


class TestContainerProvider(ProviderContract):
    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, provider, data):
        def write(machine, path, text):
            done = inside(machine, "sh", "-c", f"cat >'{path}'", stdin=text)
            assert done.returncode == 0, done.stderr

        def read(machine, path):
            done = inside(machine, "cat", path)
            return done.stdout if done.returncode == 0 else None

        def power_off(machine):
            find().run("kill", machine.id, to="kill the host")
            find().run("wait", machine.id, to="wait for the end of the host")

        # Each provider is a new one, as another process would have it.
        return Subject(
            lambda: ContainerProvider({}, own_stack(), data), own_stack(), "no-such-stack", write, read, power_off
        )


@pytest.fixture(scope="module")
def host(provider, key):
    """One host that the tests below share; each leaves it running."""
    return provider.create(MachineRequest(own_stack(), "shared", "shared-token", key.with_suffix(".pub").read_text()))


def test_a_host_lets_the_controller_in_over_ssh_and_proves_who_it_is(host, key):
    assert over_ssh(host, key, "hostname").strip() == "shared"


def test_systemd_comes_up_without_a_failed_unit(host):
    assert booted(host) == "running"


@pytest.mark.parametrize("name", ["hosts", "hostname", "resolv.conf"])
def test_the_files_that_engines_mount_can_be_replaced_as_ansible_does(host, name):
    assert booted(host) == "running"
    done = inside(host, "sh", "-c", f"cp /etc/{name} /etc/{name}.new && mv /etc/{name}.new /etc/{name}")
    assert done.returncode == 0, done.stderr


def test_a_host_knows_its_own_name_and_none_of_this_machine(host):
    assert booted(host) == "running"
    lines = inside(host, "cat", "/etc/hosts").stdout.split("\n")
    assert lines[0] == "127.0.0.1 localhost"
    assert lines[2:] == ["127.0.1.1 shared", ""]


def test_ssh_answers_at_the_additional_address(provider, host, key):
    attached = provider.attach_address(own_stack(), host.id)
    assert over_ssh(attached, key, "hostname", address=attached.elastic_address).strip() == "shared"
    provider.detach_address(own_stack(), host.id)


def test_hosts_have_identities_of_their_own(provider, host):
    other = provider.create(replace(request("other"), public_key=KEY))
    identity = ("cat", "/etc/machine-id")
    assert [booted(machine) for machine in (host, other)] == ["running", "running"]
    assert inside(host, *identity).stdout != inside(other, *identity).stdout
    assert set(host.host_keys).isdisjoint(other.host_keys)
    provider.terminate(other.id)


def test_a_host_that_rebooted_from_inside_is_stopped_and_comes_back(provider, host):
    assert booted(host) == "running"
    inside(host, "systemctl", "reboot")
    find().run("wait", host.id, to="wait for the end of the host")
    assert provider.describe(own_stack())[host.id].state is MachineState.STOPPED
    assert provider.start(host.id) == host


def test_a_host_that_hangs_can_be_stopped(provider, host):
    find().run("pause", host.id, to="pause the host")
    assert provider.describe(own_stack())[host.id].state is MachineState.RUNNING
    assert provider.stop(host.id).state is MachineState.STOPPED
    assert provider.start(host.id) == host


def test_an_address_that_a_crash_left_reserved_is_taken_back(provider, host):
    provider.stop(host.id)
    lease = networks.LEASES / networks.name(own_stack()) / host.address
    if lease.parent.exists():  # netavark keeps no such files
        lease.write_text("0" * 64 + "\r\neth0")
    assert provider.start(host.id) == host


def test_a_host_that_was_made_and_never_started_is_made_anew(provider):
    engine = find()
    asked = request("half")
    marked = labels.arguments({labels.STACK: own_stack(), labels.INSTANCE: "half", labels.TOKEN: asked.token})
    image = "localhost/stackward/host:bookworm"
    left = engine.run("create", "--name", f"stackward-{own_stack()}-half", *marked, image, to="create").strip()
    assert provider.describe(own_stack())[left].state is MachineState.PENDING
    machine = provider.create(asked)
    assert machine.state is MachineState.RUNNING
    assert left not in provider.describe(own_stack())
    provider.terminate(machine.id)


def test_a_create_that_was_killed_at_any_point_is_finished_by_the_next(provider, monkeypatch):
    asked = request("killed")
    first_that_changes_something = 3
    for survived in itertools.count(first_that_changes_something):
        monkeypatch.setattr(Engine, "run", killed_after(survived))
        try:
            provider.create(asked)
        except Killed:
            monkeypatch.undo()
        else:
            break
        machine = provider.create(asked)
        assert machine.state is MachineState.RUNNING
        assert [found for found in provider.describe(own_stack()).values() if found.token == asked.token] == [machine]
        provider.terminate(machine.id)
    assert survived > first_that_changes_something


class Killed(BaseException):
    """The controller dies here."""


def killed_after(commands: int):
    """An Engine.run that lets so many commands pass, and kills the controller at the next."""
    left = iter(range(commands))
    real = Engine.run

    def run(engine, *arguments, **options):
        if next(left, None) is None:
            raise Killed
        return real(engine, *arguments, **options)

    return run


def test_a_name_that_somebody_else_uses_is_named(provider):
    engine = find()
    name = f"stackward-{own_stack()}-taken"
    engine.run("create", "--name", name, "localhost/stackward/host:bookworm", to="create")
    try:
        with pytest.raises(ProviderError, match=rf"The name {name} is taken by a container"):
            provider.create(request("taken"))
    finally:
        engine.run("rm", "--force", name, to="remove")


def test_a_container_of_somebody_else_is_never_touched(provider):
    engine = find()
    foreign = engine.run("create", "localhost/stackward/host:bookworm", to="create").strip()
    try:
        provider.terminate(foreign)
        assert foreign in engine.run("ps", "--all", "--quiet", "--no-trunc", to="list")
        with pytest.raises(ProviderError, match="There is no machine"):
            provider.start(foreign)
    finally:
        engine.run("rm", "--force", foreign, to="remove")


def test_removing_a_stack_leaves_nothing_in_the_engine(tmp_path):
    engine = find()
    stack = f"{own_stack()}0"
    provider = ContainerProvider({}, stack, str(tmp_path))
    provider.create(MachineRequest(stack, "web1", "token", KEY, {}, ("/srv",)))
    provider.remove_stack(stack)
    assert containers.listed(engine, *labels.selecting(stack)) == ()
    for kind in ("network", "volume"):
        listing = engine.run(kind, "ls", "--quiet", *labels.selecting(stack), to="list")
        assert listing.split() == []
    assert not (networks.LEASES / networks.name(stack)).exists()
    assert list(tmp_path.iterdir()) == []


def request(instance: str) -> MachineRequest:
    return MachineRequest(own_stack(), instance, f"token-{instance}", KEY)


def test_a_host_whose_growth_was_cut_short_gets_its_volume_by_the_next_attempt(provider):
    request = MachineRequest(own_stack(), "grows", "grows-token", KEY)
    machine = provider.create(request)
    assert inside(machine, "sh", "-c", "echo mine > /root/note").returncode == 0
    provider.stop(machine.id)
    name = f"stackward-{own_stack()}-grows"
    # So far it had come: its disk was kept, and its name free for the host that is made from it.
    find().run("rename", machine.id, f"{name}-before", to="rename the host")
    whole = replace(request, volumes=("/srv/later",), machine_id=machine.id)
    assert provider.create(request).id == machine.id
    given = provider.add_volumes(whole)
    # And here it was killed before it was ever started.
    assert provider.create(request).id == given.id
    started = provider.start(given.id)
    assert inside(started, "cat", "/root/note").stdout.strip() == "mine"
    assert inside(started, "findmnt", "--noheadings", "--output", "TARGET", "/srv/later").stdout.strip()
    assert [item.id for item in provider.describe(own_stack()).values() if item.instance == "grows"] == [given.id]
    provider.terminate(given.id)
    images = ("images", "--quiet", "--filter", f"label=stackward.stack={own_stack()}")
    assert find().run(*images, to="list the images").split() == []
