"""The snapshot of a stack, and who reports from it. Every function reads within the caller's transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Text, bindparam, select

from stackward.lifecycle.events import Event
from stackward.state.command_reading import read_unfinished_commands
from stackward.state.records import (
    AgentRecord,
    AppRelease,
    Claim,
    Deployment,
    InstanceRecord,
    Listener,
    MachineRecord,
    Maintenance,
    Pause,
    Request,
    Sighting,
    StackState,
)
from stackward.state.rollout_reading import read_unfinished_rollouts
from stackward.state.tables import (
    agents,
    claims,
    deployments,
    instances,
    listeners,
    maintenance,
    pauses,
    releases,
    runs,
    sightings,
    stacks,
)

_STACK = bindparam("stack", type_=Text)

_GENERATION = select(stacks.c.generation, stacks.c.definition).where(stacks.c.name == _STACK)
_STACKS = select(stacks.c.name)
_INSTANCES = select(
    instances.c.name,
    instances.c.layers,
    instances.c.state,
    instances.c.since,
    instances.c.failure,
    instances.c.configured,
    instances.c.reboot_wanted,
    instances.c.epoch,
    instances.c.desired,
    instances.c.initiator,
    instances.c.reason,
    instances.c.requested,
    instances.c.remedy,
    instances.c.forced,
    instances.c.token,
    instances.c.attempt,
    instances.c.parameters,
    instances.c.machine,
    instances.c.address,
    instances.c.port,
    instances.c.elastic_address,
    instances.c.zone,
    instances.c.host_keys,
    instances.c.ran,
    instances.c.uses,
).where(instances.c.stack == _STACK)
_CLAIMS = (
    select(
        claims.c.instance,
        claims.c.run,
        claims.c.owner,
        runs.c.host,
        runs.c.process,
        runs.c.process_started,
        claims.c.epoch,
        claims.c.since,
        claims.c.expires,
        claims.c.doing,
    )
    .join(runs, claims.c.run == runs.c.id)
    .where(claims.c.stack == _STACK)
)
_RELEASES = (
    select(
        releases.c.instance,
        releases.c.app,
        releases.c.release,
        releases.c.revision,
        releases.c.digest,
        releases.c.port,
        releases.c.hooks,
    )
    .where(releases.c.stack == _STACK)
    .order_by(releases.c.instance, releases.c.app)
)
_DEPLOYMENTS = select(
    deployments.c.app, deployments.c.release, deployments.c.revision, deployments.c.at, deployments.c.running
).where(deployments.c.stack == _STACK)
_MAINTENANCE = select(
    maintenance.c.instance, maintenance.c.why, maintenance.c.actor, maintenance.c.since, maintenance.c.until
).where(maintenance.c.stack == _STACK)
_PAUSES = select(pauses.c.what, pauses.c.why, pauses.c.actor, pauses.c.since, pauses.c.until).where(
    pauses.c.stack == _STACK
)
_SIGHTINGS = (
    select(
        sightings.c.instance,
        sightings.c.witness,
        sightings.c.answer,
        sightings.c.text,
        sightings.c.at,
        sightings.c.since,
    )
    .where(sightings.c.stack == _STACK)
    .order_by(sightings.c.instance, sightings.c.witness)
)
_AGENTS = (
    select(agents.c.instance, agents.c.issued, agents.c.number, agents.c.heard, agents.c.vitals)
    .where(agents.c.stack == _STACK)
    .order_by(agents.c.instance)
)
_LISTENERS = select(listeners.c.name, listeners.c.since, listeners.c.at).where(listeners.c.stack == _STACK)


def read_stack(connection: Connection, stack: str) -> StackState:
    """All that is known of a stack; nothing, with generation 0, of one that is not there."""
    of = {"stack": stack}
    row = connection.execute(_GENERATION, of).one_or_none()
    if row is None:
        return StackState(stack, 0, {}, {}, (), {})
    apps: dict[str, list[AppRelease]] = {}
    for instance, app, release, revision, digest, port, hooks in connection.execute(_RELEASES, of).all():
        apps.setdefault(instance, []).append(AppRelease(app, release, revision, digest or "", port, hooks))
    found = [_instance(row, tuple(apps.get(row[0], ()))) for row in connection.execute(_INSTANCES, of).all()]
    held = sorted((_claim(row) for row in connection.execute(_CLAIMS, of).all()), key=lambda claim: claim.instance)
    live = sorted((_deployment(row) for row in connection.execute(_DEPLOYMENTS, of).all()), key=lambda item: item.app)
    # Sorted here: databases disagree about the order of names.
    found.sort(key=lambda instance: instance.name)
    return StackState(
        name=stack,
        generation=row.generation,
        instances={instance.name: instance for instance in found},
        claims={claim.instance: claim for claim in held},
        commands=read_unfinished_commands(connection, stack),
        deployments={deployment.app: deployment for deployment in live},
        definition=row.definition,
        maintenance={row.instance: Maintenance(*row) for row in connection.execute(_MAINTENANCE, of).all()},
        rollouts=read_unfinished_rollouts(connection, stack),
        pauses={row.what: Pause(*row) for row in connection.execute(_PAUSES, of).all()},
    )


def read_stacks(connection: Connection) -> tuple[str, ...]:
    """The names of all stacks, sorted."""
    return tuple(sorted(connection.execute(_STACKS).scalars()))


def read_sightings(connection: Connection, stack: str) -> tuple[Sighting, ...]:
    """What each witness saw last of each instance."""
    return tuple(Sighting(*row) for row in connection.execute(_SIGHTINGS, {"stack": stack}))


def read_agents(connection: Connection, stack: str) -> dict[str, AgentRecord]:
    """The agents of a stack, by instance."""
    rows = connection.execute(_AGENTS, {"stack": stack})
    return {row.instance: AgentRecord(*row[:4], row.vitals or {}) for row in rows}


def read_listeners(connection: Connection, stack: str) -> tuple[Listener, ...]:
    """Who takes heartbeats of a stack."""
    return tuple(Listener(*row) for row in connection.execute(_LISTENERS, {"stack": stack}))


def _deployment(row: Any) -> Deployment:
    """An older state says nothing of whether the app runs: it does."""
    return Deployment(row.app, row.release, row.revision, row.at, row.running is not False)


def _claim(row: Any) -> Claim:
    return Claim(*row)


def _instance(row: Any, apps: tuple[AppRelease, ...]) -> InstanceRecord:
    name, layers, state, since, failure, configured, reboot_wanted, epoch, *rest = row
    desired, initiator, reason, requested, remedy, forced, *made = rest
    token, attempt, parameters, machine, address, port, elastic_address, zone, host_keys, ran, uses = made
    return InstanceRecord(
        name=name,
        layers=layers,
        state=state,
        since=since,
        request=None if desired is None else Request(desired, initiator, reason, requested, remedy, bool(forced)),
        machine=None
        if token is None
        else MachineRecord(token, attempt, parameters, machine, address, port, elastic_address, zone or "", host_keys),
        configured=configured,
        reboot_wanted=reboot_wanted,
        epoch=epoch,
        failure=failure,
        apps=apps,
        ran={Event(event): parts for event, parts in ran.items()} if ran else {},
        uses=uses or {},
    )
