"""A peer is sent once to ask about everybody who is silent, however many they are."""

import socket
import subprocess
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from stackward.lifecycle.health import Answer, Witness
from stackward.observe import look as looking
from stackward.observe import network, over_ssh
from stackward.providers.base import Machine, MachineState
from tests.held_port import held_port
from tests.unit.healing.fleet import record, stack_of, state_of
from tests.unit.observe.test_network import answering


def asked(places):
    """What a peer would say, asked by this machine's own Python."""
    command, about = over_ssh.asking(places)
    done = subprocess.run(["sh", "-c", command], input=about, capture_output=True, text=True, timeout=60, check=False)
    return over_ssh.heard(done.returncode, done.stdout.strip(), len(places)), done.stderr


def test_it_says_of_each_whether_it_was_greeted():
    with (
        answering(b"SSH-2.0-OpenSSH_9.2\r\n") as ssh,
        answering(b"220 mail\r\n") as other,
        socket.create_server(("127.0.0.1", 0)) as hangs,
        held_port() as refused,
    ):
        ports = [ssh, refused, ssh, hangs.getsockname()[1], other]
        places = [("127.0.0.1", port) for port in ports]
        said, trouble = asked([*places, ("nohost.invalid", 22)])
    assert said == (True, False, True, False, False, False)
    assert trouble == ""


def test_as_many_as_it_is_sent_to_at_once_may_hang():
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as hangs:
        said, trouble = asked([("127.0.0.1", hangs.getsockname()[1])] * over_ssh.ASKED_AT_ONCE)
    assert (said, trouble) == ((False,) * over_ssh.ASKED_AT_ONCE, "")


@given(st.integers(0, 255), st.text(max_size=8), st.integers(0, 6))
def test_who_could_not_ask_says_nothing_of_anybody(code, said, count):
    found = over_ssh.heard(code, said, count)
    assert len(found) == count
    if code or len(said) != count:
        assert set(found) <= {None}


def test_two_peers_are_sent_once_each_for_all_that_are_silent(monkeypatch):
    names = tuple(f"web{number}" for number in range(1, 601))
    stack = stack_of(names)
    state = state_of(
        *(
            record(name, machine=replace(record(name).machine, address=f"192.0.2.{number % 250}", port=1000 + number))
            for number, name in enumerate(names)
        ),
        names=names,
    )
    silent = set(names[2:])
    sent = []

    def run(_data, errands):
        sent.extend(errands.values())
        return {key: (0, "n" * errand.input.count("\n")) for key, errand in errands.items()}

    monkeypatch.setattr(network, "silent_ssh", lambda places: {name: "no answer" * (name in silent) for name in places})
    monkeypatch.setattr(over_ssh, "run", run)

    gone = {"web600"}

    class Provider:
        capabilities = frozenset()

        def describe(self, stack):
            there = {f"m-{name}": name for name in names if name not in gone}
            return {key: Machine(key, stack, name, "t", MachineState.RUNNING) for key, name in there.items()}

    glances = looking.look(stack, state, lambda _choice: Provider(), names, {})
    by_peers = {item.instance: item.answer for item in glances if item.witness is Witness.PEER}
    # Nobody waits for an answer of one whose provider says that it is gone.
    assert by_peers == dict.fromkeys(silent - gone, Answer.SILENT)
    assert len(sent) == 2 * 2
    assert sum(errand.input.count("\n") for errand in sent) == 2 * len(silent - gone)


def test_a_provider_that_breaks_is_a_witness_that_knows_nothing(monkeypatch):
    def silent(places):
        return dict.fromkeys(places, "no answer")

    class Broken:
        def describe(self, _stack):
            raise KeyError("machines")

    monkeypatch.setattr(network, "silent_ssh", silent)
    glances = looking.look(stack_of(), state_of(), lambda _choice: Broken(), ("web1",), {})
    said = {item.witness: (item.answer, item.text) for item in glances}
    assert said[Witness.PROVIDER] == (Answer.UNKNOWN, "the provider breaks: KeyError: 'machines'")
    assert said[Witness.SSH] == (Answer.SILENT, "no answer")
