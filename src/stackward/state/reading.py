"""Rows as records. Every function reads within the caller's transaction, so that its answers belong together."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Integer, Text, bindparam, select

from stackward.lifecycle.events import Event
from stackward.state.records import (
    AgentRecord,
    AppRelease,
    Claim,
    Command,
    Deployment,
    HostResult,
    InstanceRecord,
    JournalEntry,
    Listener,
    LogLine,
    MachineRecord,
    Maintenance,
    Pause,
    Request,
    Rollout,
    RolloutStatus,
    Sighting,
    StackState,
)
from stackward.state.tables import (
    UNFINISHED,
    agents,
    claims,
    commands,
    deployments,
    instances,
    journal,
    listeners,
    log,
    maintenance,
    pauses,
    releases,
    rollouts,
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
_COMMANDS = select(
    commands.c.id,
    commands.c.batch,
    commands.c.instance,
    commands.c.event,
    commands.c.arguments,
    commands.c.initiator,
    commands.c.reason,
    commands.c.automatic,
    commands.c.status,
    commands.c.created,
    commands.c.started,
    commands.c.finished,
    commands.c.exit_code,
    commands.c.failure,
    commands.c.run,
    commands.c.lost,
).where(commands.c.stack == _STACK)
_UNFINISHED = _COMMANDS.where(UNFINISHED).order_by(commands.c.id)
_COMMAND = _COMMANDS.where(commands.c.id == bindparam("number"))
_BATCH = _COMMANDS.where(commands.c.batch == bindparam("wanted")).order_by(commands.c.id)
_JOURNAL = select(
    journal.c.id,
    journal.c.at,
    journal.c.kind,
    journal.c.actor,
    journal.c.instance,
    journal.c.run,
    journal.c.text,
    journal.c.data,
).where(journal.c.stack == _STACK)
_LOG = (
    select(log.c.command, log.c.at, log.c.task, log.c.status, log.c.seconds, log.c.text)
    .where(log.c.command == bindparam("number"))
    .order_by(log.c.id)
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
_ROLLOUTS = select(
    rollouts.c.id,
    rollouts.c.app,
    rollouts.c.kind,
    rollouts.c.release,
    rollouts.c.revision,
    rollouts.c.before_release,
    rollouts.c.before_revision,
    rollouts.c.status,
    rollouts.c.actor,
    rollouts.c.reason,
    rollouts.c.host,
    rollouts.c.process,
    rollouts.c.process_started,
    rollouts.c.started,
    rollouts.c.batch,
    rollouts.c.finished,
    rollouts.c.failure,
    rollouts.c.migrated,
    rollouts.c.results,
).where(rollouts.c.stack == _STACK)
_LIVED = (
    select(rollouts.c.app, rollouts.c.release, rollouts.c.revision, rollouts.c.started, rollouts.c.finished)
    .where(
        rollouts.c.stack == _STACK,
        rollouts.c.app == bindparam("of_app", type_=Text),
        rollouts.c.status == RolloutStatus.SUCCESSFUL,
        rollouts.c.release != "",
    )
    .order_by(rollouts.c.id.desc())
    .limit(bindparam("most", type_=Integer))
)
_UNFINISHED_ROLLOUTS = _ROLLOUTS.where(
    rollouts.c.status.in_([status for status in RolloutStatus if not status.finished])
).order_by(rollouts.c.id)

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
        commands=tuple(Command(*row) for row in connection.execute(_UNFINISHED, of).all()),
        deployments={deployment.app: deployment for deployment in live},
        definition=row.definition,
        maintenance={row.instance: Maintenance(*row) for row in connection.execute(_MAINTENANCE, of).all()},
        rollouts={
            row.batch: _rollout(row)
            for row in connection.execute(_UNFINISHED_ROLLOUTS, of).all()
            if row.batch is not None
        },
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


def read_command(connection: Connection, stack: str, number: int) -> Command | None:
    """One command of the stack, finished or not."""
    row = connection.execute(_COMMAND, {"stack": stack, "number": number}).one_or_none()
    return None if row is None else Command(*row)


def read_commands(connection: Connection, stack: str, instance: str | None, limit: int) -> tuple[Command, ...]:
    """The newest commands, newest first, of one instance or of all."""
    wanted = _COMMANDS if instance is None else _COMMANDS.where(commands.c.instance == instance)
    rows = connection.execute(wanted.order_by(commands.c.id.desc()).limit(limit), {"stack": stack})
    return tuple(Command(*row) for row in rows)


def read_batch(connection: Connection, stack: str, batch: int) -> tuple[Command, ...]:
    """All commands of a batch, in the order in which they were asked for."""
    return tuple(Command(*row) for row in connection.execute(_BATCH, {"stack": stack, "wanted": batch}))


def read_rollouts(
    connection: Connection, stack: str, app: str | None, limit: int, numbers: Collection[int] | None = None
) -> tuple[Rollout, ...]:
    """The newest rollouts, newest first, of one app or of all; with `numbers` of these only."""
    wanted = _ROLLOUTS if app is None else _ROLLOUTS.where(rollouts.c.app == app)
    if numbers is not None:
        wanted = wanted.where(rollouts.c.id.in_(numbers))
    rows = connection.execute(wanted.order_by(rollouts.c.id.desc()).limit(limit), {"stack": stack})
    return tuple(_rollout(row) for row in rows)


def read_lived(connection: Connection, stack: str, app: str, limit: int) -> tuple[Deployment, ...]:
    """The releases of an app's newest rollouts that succeeded, newest first."""
    rows = connection.execute(_LIVED, {"stack": stack, "of_app": app, "most": limit})
    return tuple(Deployment(row.app, row.release, row.revision, row.finished or row.started) for row in rows)


def read_log(connection: Connection, command: int) -> tuple[LogLine, ...]:
    """A command's log, in the order in which it was written."""
    return tuple(LogLine(*row) for row in connection.execute(_LOG, {"number": command}))


def read_journal(
    connection: Connection,
    stack: str,
    *,
    instance: str | None,
    kinds: tuple[str, ...],
    after: int,
    limit: int,
    newest: bool,
    run: int | None = None,
) -> tuple[JournalEntry, ...]:
    """At most `limit` entries with a number above `after`, oldest first: the newest of them, or the oldest."""
    wanted = _JOURNAL.where(journal.c.id > after)
    if instance is not None:
        wanted = wanted.where(journal.c.instance == instance)
    if run is not None:
        wanted = wanted.where(journal.c.run == run)
    if kinds:
        wanted = wanted.where(journal.c.kind.in_(kinds))
    # Of few entries among many: sorting those few costs less than going through all in the order of their numbers.
    order = journal.c.id + 0 if kinds and (instance is not None or run is not None) else journal.c.id
    wanted = wanted.order_by(order.desc() if newest else order).limit(limit)
    entries = [JournalEntry(*row) for row in connection.execute(wanted, {"stack": stack})]
    return tuple(reversed(entries) if newest else entries)


def read_histories(
    connection: Connection, stack: str, instances: Iterable[str], kinds: tuple[str, ...], limit: int
) -> dict[str, tuple[JournalEntry, ...]]:
    """The newest entries of these kinds of each instance, oldest first."""
    return {
        name: read_journal(connection, stack, instance=name, kinds=kinds, after=0, limit=limit, newest=True)
        for name in instances
    }


def _deployment(row: Any) -> Deployment:
    """An older state says nothing of whether the app runs: it does."""
    return Deployment(row.app, row.release, row.revision, row.at, row.running is not False)


def _rollout(row: Any) -> Rollout:
    return replace(Rollout(*row), results={name: HostResult(**result) for name, result in row.results.items()})


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
