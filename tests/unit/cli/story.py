"""What has happened in a stack, written to its state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from stackward.engine.process import owner
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.state.records import AppRelease, CommandStatus, Deployment, LogLine, MachineRecord, Request
from stackward.state.store import Store

NOW = datetime.now(UTC)
"""Moments of the story are counted back from here, as what is shown is relative to now."""

ACTOR = "anna on ctl"


def before(**span: float) -> datetime:
    """A moment that long before now."""
    return NOW - timedelta(**span)


def bring_online(store: Store, name: str, layers: tuple[str, ...], address: str, elastic: str | None = None) -> None:
    """An instance that was started an hour ago and is online, with Setup and Configure successful."""
    with store.transaction("shop") as write:
        write.put_instance(name, layers, before(hours=2))
        run = write.begin_run("start", owner(1).host, 1, 0.0, "anna", before(hours=1))
        epoch = write.claim(name, run, f"start#{run} on ctl", before(hours=1), before(minutes=30)).epoch
        machine = MachineRecord("token", 1, {}, f"machine-{name}", address, 22, elastic)
        write.set_machine(name, epoch, machine)
        for state in (State.REQUESTED, State.PENDING, State.BOOTING, State.RUNNING_SETUP):
            write.advance(name, epoch, state, before(hours=1), actor=f"start#{run} on ctl", run=run)
        ask(write, name, "setup", epoch, run)
        write.advance(name, epoch, State.ONLINE, before(hours=1), actor=f"start#{run} on ctl", text="set up", run=run)
        write.release(name, epoch)
        write.end_run(run, before(minutes=50))


def ask(write, name, event, epoch, run, status=CommandStatus.SUCCESSFUL, failure="", arguments=None):
    """A command that came to an end."""
    command = write.ask(
        name, event, arguments or {}, batch=None, initiator=Initiator.USER, reason=f"{event} by anna",
        automatic=False, now=before(minutes=55),
    )  # fmt: skip
    write.begin_command(command.id, epoch, run, before(minutes=55))
    write.finish_command(command.id, epoch, status, before(minutes=54), exit_code=int(bool(failure)), failure=failure)
    return command.id


def configure_all(store: Store) -> None:
    """Every instance has had its Configure for the stack's generation."""
    with store.transaction("shop") as write:
        for name, record in write.state.instances.items():
            write.configured(name, record.epoch, write.state.generation)


def tell(store: Store) -> None:
    """lb1 and web1 online, web2 waiting for a start that anna asked for, web3 failed in Setup, db1 never started.

    A run that lives works on lb1.
    """
    bring_online(store, "lb1", ("lb",), "192.0.2.10", "192.0.2.100")
    bring_online(store, "web1", ("web",), "192.0.2.11")
    configure_all(store)
    with store.transaction("shop") as write:
        epoch = write.state.instances["web1"].epoch
        write.set_release("web1", epoch, AppRelease("storefront", "20260302T120000Z-0123456789", "0123456789abcdef"))
        write.set_deployment(
            Deployment("storefront", "20260302T120000Z-0123456789", "0123456789abcdef", before(hours=1))
        )
        write.put_instance("web2", ("web",), before(hours=2))
        write.request("web2", Request(Desired.ONLINE, Initiator.USER, "Monday morning", before(minutes=3)))
        write.note(
            "request", "to be online: Monday morning", actor=ACTOR, now=before(minutes=3), instance="web2",
            data={"desired": "online", "initiated_by": "user"},
        )  # fmt: skip
        write.put_instance("web3", ("web",), before(hours=2))
        run = write.begin_run("start", owner(1).host, 1, 0.0, "anna", before(hours=1))
        epoch = write.claim("web3", run, f"start#{run} on ctl", before(hours=1), before(minutes=30)).epoch
        for state in (State.REQUESTED, State.PENDING, State.BOOTING, State.RUNNING_SETUP):
            write.advance("web3", epoch, state, before(hours=1), actor=f"start#{run} on ctl", run=run)
        write.note(
            "decision", "start: started by anna", actor=f"start#{run} on ctl", now=before(hours=1), instance="web3",
            run=run, data={"action": "start", "state": "stopped", "initiated_by": "user", "generation": 2},
        )  # fmt: skip
        number = ask(write, "web3", "setup", epoch, run, CommandStatus.FAILED, "Install packages: no such package")
        write.advance(
            "web3", epoch, State.SETUP_FAILED, before(minutes=54), failure="Install packages: no such package",
            actor=f"start#{run} on ctl", run=run,
        )  # fmt: skip
        write.release("web3", epoch)
        write.end_run(run, before(minutes=54))
    store.append_log(
        [
            LogLine(number, before(minutes=54), "stackward.ops.lifecycle : Begin setup", "ok", 1.5),
            LogLine(number, before(minutes=54), "hardening : Install packages", "failed", 2.5, "no such package"),
        ]
    )
    hold(store, "lb1", "configure")


def hold(store: Store, name: str, kind: str) -> int:
    """A run of another machine works on the instance since two minutes."""
    with store.transaction("shop") as write:
        run = write.begin_run(kind, "ctl/other", 1, 1.0, "anna", before(minutes=2))
        write.claim(name, run, f"{kind}#{run} on ctl", NOW - timedelta(seconds=134), NOW + timedelta(hours=1))
    store.renew("shop", run, NOW + timedelta(hours=1), {name: "stackward.ops.lifecycle : Install packages"})
    return run
