"""One look at the instances of a stack by every witness."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from stackward.definition.model import Check, CheckType, Connection, ProviderChoice, Stack
from stackward.errors import ProviderError
from stackward.healing.sight import Glance
from stackward.lifecycle.health import Answer, Witness
from stackward.observe import network, over_ssh
from stackward.observe.over_ssh import Errand
from stackward.provider_choice import by_provider, choice
from stackward.providers.base import Capability, ChecksMachines, GivesNotice, Machine, MachineState, Provider
from stackward.state.records import MachineRecord, StackState

PEERS = 2
"""How many instances are asked about a silent one."""

_STOPPED = frozenset({MachineState.STOPPED, MachineState.STOPPING})
_PROVEN = frozenset({Answer.GONE, Answer.STOPPED})
_DOWN = _STOPPED | {MachineState.TERMINATING, MachineState.TERMINATED}


def look(
    stack: Stack,
    state: StackState,
    provider_of: Callable[[ProviderChoice], Provider],
    names: Sequence[str],
    checks: Mapping[str, Check],
) -> tuple[Glance, ...]:
    """Look at the named instances; `checks` are those of their layers. What answers is not asked about further."""
    # What is not reached over SSH has no witnesses here; of it nothing is known, so nothing is done to it.
    machines = {
        name: machine
        for name in names
        if (machine := state.instances[name].machine) is not None
        and choice(stack, name, machine).connection is Connection.SSH
    }
    places = {name: (item.address, item.port) for name, item in machines.items() if item.address is not None}
    ways = {name: _way(stack, state, name) for name in places}
    why_silent = network.silent_ssh(places)
    glances = [_ssh(name, why_silent.get(name, "it has no address")) for name in machines]
    silent = [name for name in machines if why_silent.get(name, "no address")]
    noticed = _noticed(stack, state, provider_of, machines)
    answering = [name for name in places if not why_silent[name]]
    glances += _checked(
        stack, places, ways, {name: check for name, check in checks.items() if name in places}, answering
    )
    if silent:
        for made_by, its in by_provider(stack, state, silent):
            glances += _by_provider(stack, made_by, provider_of, {name: machines[name] for name in its})
        # What its provider says is proof, and a peer would only wait for an answer that cannot come.
        proven = {item.instance for item in glances if item.answer in _PROVEN}
        glances += _by_peers(stack, places, ways, [name for name in silent if name not in proven], answering)
    return _with_notices(glances, noticed)


def _way(stack: Stack, state: StackState, name: str) -> tuple[str, str | None]:
    """Who logs in to an instance, and with which private key; None for the stack's own."""
    its = choice(stack, name, state.instances[name].machine)
    return its.user, its.options.get("key")


def _ssh(name: str, why: str) -> Glance:
    return Glance(name, Witness.SSH, Answer.SILENT if why else Answer.ALIVE, why)


def _checked(
    stack: Stack,
    places: Mapping[str, tuple[str, int]],
    ways: Mapping[str, tuple[str, str | None]],
    checks: Mapping[str, Check],
    answering: Sequence[str],
) -> list[Glance]:
    outside = {name: (places[name][0], check) for name, check in checks.items() if check.type is not CheckType.COMMAND}
    glances = [
        Glance(name, Witness.CHECK, Answer.SILENT if why else Answer.ALIVE, why)
        for name, why in network.failing_checks(outside).items()
    ]
    inside = {
        name: Errand(*places[name], check.command, *ways[name], as_root=True)
        for name, check in checks.items()
        if check.type is CheckType.COMMAND and name in answering
    }
    for name, (code, said) in over_ssh.run(stack.data, inside).items():
        glances.append(Glance(name, Witness.CHECK, Answer.SILENT if code else Answer.ALIVE, said if code else ""))
    return glances


def _by_provider(
    stack: Stack,
    made_by: ProviderChoice,
    provider_of: Callable[[ProviderChoice], Provider],
    silent: Mapping[str, MachineRecord],
) -> list[Glance]:
    try:
        provider = provider_of(made_by)
        known = provider.describe(stack.name)
    except Exception as error:  # noqa: BLE001  of whatever breaks in a provider nothing is known, and the look goes on
        return [Glance(name, Witness.PROVIDER, Answer.UNKNOWN, _why(error)) for name in silent]
    asked = {machine.id for machine in silent.values()}
    running = [key for key, item in known.items() if key in asked and item.state not in _DOWN]
    checked, unchecked = _checks(provider, running)
    known = {key: replace(item, impaired=checked.get(key, item.impaired)) for key, item in known.items()}
    return [_provider_says(name, machine, known, unchecked) for name, machine in silent.items()]


def _noticed(
    stack: Stack,
    state: StackState,
    provider_of: Callable[[ProviderChoice], Provider],
    machines: Mapping[str, MachineRecord],
) -> dict[str, Glance]:
    """What is said, by instance, of machines that are about to be taken back, also of those that answer."""
    places = {name: place for name, item in machines.items() if (place := item.parameters.get("placement"))}
    found: dict[str, Glance] = {}
    for made_by, its in by_provider(stack, state, places):
        asked = {str(machines[name].id): places[name] for name in its}
        try:
            provider = provider_of(made_by)
            if Capability.NOTICE not in provider.capabilities:
                continue
            said = cast("GivesNotice", provider).reclaimed(asked)
        except Exception as error:  # noqa: BLE001  as for what is silent; the machines are none the worse for it
            why = f"its provider cannot be asked whether it is taken back: {_why(error)}"
            found |= {name: Glance(name, Witness.PROVIDER, Answer.UNKNOWN, why) for name in its}
            continue
        told = {name: said[machine] for name in its if (machine := str(machines[name].id)) in said}
        for name, notice in told.items():
            found[name] = Glance(name, Witness.PROVIDER, Answer.RECLAIMED, f"the provider says that {notice}")
    return found


def _with_notices(glances: Sequence[Glance], noticed: Mapping[str, Glance]) -> tuple[Glance, ...]:
    """One word of the provider an instance: a notice, but for machines that it has found down already."""
    said = {item.instance: item for item in glances if item.witness is Witness.PROVIDER}
    for name, item in noticed.items():
        if name not in said or (item.answer is Answer.RECLAIMED and said[name].answer not in _PROVEN):
            said[name] = item
    return (*(item for item in glances if item.witness is not Witness.PROVIDER), *said.values())


def _checks(provider: Provider, running: Sequence[str]) -> tuple[Mapping[str, str], str]:
    """What the provider's own checks say of silent machines, and why they say nothing where they cannot be asked."""
    if not running or Capability.CHECKS not in provider.capabilities:
        return {}, ""
    try:
        return cast("ChecksMachines", provider).impaired(running), ""
    except Exception as error:  # noqa: BLE001  what it said of the machines before counts all the same
        return {}, f"; its checks cannot be asked: {_why(error)}"


def _why(error: Exception) -> str:
    """What is said of a provider that has not answered."""
    return str(error) if isinstance(error, ProviderError) else f"the provider breaks: {type(error).__name__}: {error}"


def _provider_says(name: str, machine: MachineRecord, known: Mapping[str, Machine], unchecked: str) -> Glance:
    found = known.get(machine.id or "")
    if found is None or found.state is MachineState.TERMINATED:
        return Glance(name, Witness.PROVIDER, Answer.GONE, f"the provider knows no machine {machine.id}")
    if found.state is MachineState.TERMINATING:
        # Whoever replaces it waits until it is gone; nobody can start it again.
        return Glance(name, Witness.PROVIDER, Answer.GONE, f"the provider says {found.state.value}")
    if found.state in _STOPPED:
        return Glance(name, Witness.PROVIDER, Answer.STOPPED, f"the provider says {found.state.value}")
    if found.impaired:
        return Glance(name, Witness.PROVIDER, Answer.IMPAIRED, f"the provider says that {found.impaired}")
    return Glance(name, Witness.PROVIDER, Answer.ALIVE, f"the provider says {found.state.value}{unchecked}")


def _by_peers(
    stack: Stack,
    places: Mapping[str, tuple[str, int]],
    ways: Mapping[str, tuple[str, str | None]],
    silent: Sequence[str],
    answering: Sequence[str],
) -> list[Glance]:
    peers = answering[:PEERS]
    asked = [name for name in silent if name in places]
    parts = [asked[first : first + over_ssh.ASKED_AT_ONCE] for first in range(0, len(asked), over_ssh.ASKED_AT_ONCE)]
    errands = {}
    for number, names in enumerate(parts):
        command, about = over_ssh.asking([places[name] for name in names])
        for peer in peers:
            errands[number, peer] = Errand(*places[peer], command, *ways[peer], input=about)
    said: dict[tuple[str, str], bool | None] = {}
    for (number, peer), (code, line) in over_ssh.run(stack.data, errands).items():
        names = parts[number]
        said |= {
            (name, peer): answer for name, answer in zip(names, over_ssh.heard(code, line, len(names)), strict=True)
        }
    return [_peers_say(name, {peer: said.get((name, peer)) for peer in peers}) for name in silent]


def _peers_say(name: str, said: Mapping[str, bool | None]) -> Glance:
    reached = [peer for peer, answer in said.items() if answer]
    if reached:
        return Glance(name, Witness.PEER, Answer.ALIVE, f"{reached[0]} reaches it")
    asked = [peer for peer, answer in said.items() if answer is False]
    if asked:
        return Glance(name, Witness.PEER, Answer.SILENT, f"{' and '.join(asked)} cannot reach it either")
    return Glance(name, Witness.PEER, Answer.UNKNOWN, "no other instance could be asked")
