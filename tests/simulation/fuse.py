"""Kills a run at a chosen point: before or after any write, provider call or event on a host."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from stackward.definition.model import Stack
from stackward.engine import deployments, rollouts
from stackward.engine.compiling import Begun
from stackward.engine.process import Owner, owner
from stackward.engine.reach import Reach
from stackward.simulator.conductor import Conductor
from stackward.simulator.provider import Call, SimulatedProvider
from stackward.state.store import Store, open_store
from stackward.state.transaction import StackTransaction


class Killed(BaseException):
    """The process is gone: nothing may catch this."""


@dataclass
class Fuse:
    """Counts the points that a run passes, and kills it at `burns_at`."""

    burns_at: int | None = None
    points: list[str] = field(default_factory=list)

    def point(self, label: str) -> None:
        self.points.append(label)
        if self.burns_at is not None and len(self.points) > self.burns_at:
            raise Killed(label)


class FusedStore:
    """A store whose every write transaction is two points: just before it is saved, and just after."""

    def __init__(self, store: Store, fuse: Fuse) -> None:
        self._store = store
        self._fuse = fuse

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    @contextmanager
    def transaction(self, stack: str) -> Iterator[StackTransaction]:
        with self._store.transaction(stack) as transaction:
            yield transaction
            self._fuse.point("before a write")
        self._fuse.point("after a write")


@dataclass
class Fleet:
    """A stack's store, its machines and what its hosts have seen; all of it outlives a killed run."""

    folder: Path
    provider: SimulatedProvider = field(default_factory=SimulatedProvider)
    seen: list[tuple[str, Begun]] = field(default_factory=list)
    releases: dict[str, dict[str, str]] = field(default_factory=dict)
    """What is on each host, by app."""
    undo: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    """What each host remembers of the time before a rollout."""
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        self.store = open_store(f"sqlite:///{self.folder}/state.db")

    def run(self, act: Callable[[Conductor], object], now: datetime, fuse: Fuse | None = None) -> None:
        """One process's life: `act`, until it ends or the fuse burns."""
        fuse = fuse or Fuse()

        def hook(when: str) -> Callable[[Call], None]:
            return lambda call: fuse.point(f"{when} {call.operation}")

        def on_host(instance: str, begun: Begun) -> None:
            fuse.point(f"before {begun.event} on {instance}")
            self.seen.append((instance, begun))
            self._apply(instance, begun)
            fuse.point(f"after {begun.event} on {instance}")

        def take_back(instance: str) -> None:
            fuse.point(f"before taking back on {instance}")
            if instance in self.undo:
                self.releases[instance] = self.undo.pop(instance)[1]
            fuse.point(f"after taking back on {instance}")

        self.provider.before, self.provider.after = hook("before"), hook("after")
        store: Store = FusedStore(self.store, fuse)  # type: ignore[assignment]
        conductor = Conductor(store, self.provider, REACH, dead_owner(), on_host, lambda: now, take_back)
        try:
            act(conductor)
        finally:
            self.provider.before = self.provider.after = lambda _call: None

    def _apply(self, instance: str, begun: Begun) -> None:
        there = self.releases.setdefault(instance, {})
        if begun.undo and self.undo.get(instance, ("",))[0] != begun.undo:
            self.undo[instance] = (begun.undo, dict(there))
        for release in begun.releases:
            if begun.event == "deploy":
                there[release.app] = release.release
            elif begun.event == "undeploy":
                there.pop(release.app, None)

    def document_of(self, instance: str, event: str) -> Begun:
        """The last document that an instance saw in an event."""
        return [begun for name, begun in self.seen if name == instance and begun.event == event][-1]


REACH = Reach(
    public_key=lambda: "ssh-ed25519 key",
    pin=lambda _address, _port, _keys: None,
    unpin=lambda _address, _port: None,
    wait=lambda _name, _address, _port, _within: None,
)


def dead_owner() -> Owner:
    """A process of this machine that is gone for whoever comes later."""
    here = owner(1)
    return Owner(here.host, 2**22 + 1, 1.0, "test")


def deploy(conductor: Conductor, stack: Stack, names: list[str], now: datetime) -> None:
    """Ask for what the source holds now."""
    app = stack.apps["storefront"]
    release = deployments.wanted(conductor.store, stack, conductor.store.snapshot(stack.name), app, now)
    wanted = rollouts.Wanted(release, kind="deploy", reason="asked", asker=rollouts.Asker("test", dead_owner()))
    rollouts.request_rollout(conductor.store, stack, app, names, wanted, now)


def stack_with_source(stack: Stack, folder: Path) -> Stack:
    """The stack with its data and its app's code in real folders."""
    code = folder / "code"
    code.mkdir(exist_ok=True)
    (code / "app.py").write_text("application = None\n")
    apps = {
        # Its database is a layer of the user's own, which no app can have.
        name: replace(app, source=replace(app.source, location=str(code)), database=None)
        for name, app in stack.apps.items()
    }
    return replace(stack, data=str(folder / "data"), apps=apps)
