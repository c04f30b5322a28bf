"""Makes a twin of an instance, breaks it again and again, lets healing bring it back, and removes it."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from stackward import providers
from stackward.cli import running
from stackward.cli.carrying_out import environment_of
from stackward.cli.opening import Known
from stackward.cli.output_file import errors
from stackward.definition import twin
from stackward.definition.loader import STATE_VARIABLE, load, load_text
from stackward.definition.model import Stack
from stackward.errors import DefinitionError, StackwardError
from stackward.healing.settings import healing_of
from stackward.lifecycle.health import Remedy
from stackward.provider_choice import choice
from stackward.providers.container.engine import EngineName, find
from stackward.state.store import open_store

MOST_LOOKS = 5
"""Looks in which healing has to see that the twin is silent, and to ask for a remedy."""

START = "start"
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Rung:
    """One remedy, how many seconds passed from the decision until the twin was online again; or why it was not."""

    remedy: str
    seconds: float | None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """The twin of an instance, what of the instance it lacks, and how each remedy went."""

    instance: str
    twin: str
    left_out: tuple[str, ...]
    rungs: tuple[Rung, ...]


def tried(known: Known, name: str, environment: Mapping[str, str], say: Callable[[str], None]) -> Trial:
    """Carry the rehearsal out. The twin is gone afterwards, also where it is stopped by Ctrl-C.

    Raises StackwardError where no twin can be made.
    """
    stack = known.stack
    record = known.state().instances.get(name)
    its = choice(stack, name, record.machine if record else None)
    if its.type != "container":
        raise StackwardError(f"{name} is with the provider {its.type}; a twin is only made of hosts in containers.")
    remedies = healing_of(stack, stack.instances[name]).remedies
    with _ending_by_exception():
        made = _written(stack, name, remedies, environment)
        with _place(stack, made) as place:
            say(f"{made.stack} is made like {name}, broken and healed; {name} itself is not touched")
            for app in made.left_out:
                say(f"not on it: {app}")
            return Trial(
                name, made.stack, made.left_out, tuple(_Ladder(place, name, environment, say).climbed(remedies))
            )


def _written(stack: Stack, name: str, remedies: tuple[Remedy, ...], environment: Mapping[str, str]) -> twin.Twin:
    text = Path(stack.path).read_text(encoding="utf-8")
    breaking = [remedy for remedy in remedies if remedy is not Remedy.CONFIGURE] or [Remedy.REBOOT]
    made = twin.twin(text, stack, stack.instances[name], breaking)
    try:
        load_text(made.text, str(_file(stack)), environment=_own(environment))
    except DefinitionError as error:
        raise StackwardError(f"{name} cannot stand alone, so it has no twin: {error}") from error
    return made


def _file(stack: Stack) -> Path:
    """Beside the stack file, so that whatever it names is found; hidden, so that it is in nobody's inventory."""
    return Path(stack.path).with_name(f".{twin.name_of(stack.name)}.stack.yml")


def _own(environment: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in environment.items() if key != STATE_VARIABLE}


@contextmanager
def _place(stack: Stack, made: twin.Twin) -> Iterator[Stack]:
    """The twin's stack, without anything that a rehearsal that was killed has left; gone at the end."""
    file = _file(stack)
    try:
        descriptor = os.open(file, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise StackwardError(f"The twin's stack file {file} cannot be written: {error.strerror}.") from error
    with os.fdopen(descriptor, "r+", encoding="utf-8") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackwardError(f"Another rehearsal of {stack.name} is under way; wait for its end.") from None
        held.truncate()
        held.write(made.text)
        held.flush()
        its = load(str(file), environment={})
        try:
            _remove(its)
            yield its
        finally:
            # Whoever is in a hurry now would leave hosts behind.
            for number in _ENDING:
                signal.signal(number, signal.SIG_IGN)
            try:
                _remove(its)
            finally:
                file.unlink(missing_ok=True)


def _remove(its: Stack) -> None:
    providers.load(its.provider, stack=its).remove_stack(its.name)
    shutil.rmtree(its.data, ignore_errors=True)


@contextmanager
def _ending_by_exception() -> Iterator[None]:
    """Let every signal that ends this process be a KeyboardInterrupt, so that the twin is removed."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Ladder:
    """The remedies on a twin, one after the other."""

    def __init__(self, place: Stack, name: str, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
        self._place, self._name, self._say = place, name, say
        self._environment = _own({**environment_of(place), **environment})
        self._said: tuple[str, ...] = ()

    def climbed(self, remedies: tuple[Remedy, ...]) -> Iterator[Rung]:
        """Start the twin, then break it before each remedy."""
        yield self._told(START, self._seconds("start"))
        for remedy in remedies:
            if remedy is Remedy.CONFIGURE:
                yield self._told(remedy.value, self._seconds("configure", instance=self._name))
            else:
                yield self._healed(remedy)

    def _told(self, remedy: str, seconds: float) -> Rung:
        self._say(f"  {remedy:<10} {seconds:6.1f} s")
        return Rung(remedy, seconds)

    def _healed(self, remedy: Remedy) -> Rung:
        self._break()
        with open_store(self._place.state) as store:
            since = store.journal(self._place.name, limit=1)[-1].id
            for _ in range(MOST_LOOKS):
                code = self._play("heal")
                entries = store.journal(self._place.name, instance=self._name, kinds=("heal", "state"), after=since)
                decided = [entry for entry in entries if entry.kind == "heal"]
                online = [entry for entry in entries if entry.data.get("to") == "online"]
                if decided and online and online[-1].id > decided[-1].id:
                    done = decided[-1].data["remedy"]
                    return self._told(done, (online[-1].at - decided[-1].at).total_seconds())
                if code:
                    break
                time.sleep(1)
        trouble = f"the twin did not come back: {self._why()}"
        self._say(f"  {remedy.value:<10} {trouble}")
        return Rung(remedy.value, None, trouble)

    def _break(self) -> None:
        """Let the twin hang: it takes connections and answers none."""
        with open_store(self._place.state) as store:
            machine = store.snapshot(self._place.name).instances[self._name].machine
        option = self._place.provider_of(self._name).options.get("engine")
        if machine is not None and machine.id is not None:
            find(EngineName(option) if option else None).run("pause", machine.id, to=f"pause {self._name}'s twin")

    def _why(self) -> str:
        with open_store(self._place.state) as store:
            record = store.snapshot(self._place.name).instances.get(self._name)
        if record is not None and record.failure:
            return record.failure
        return " ".join(self._said) or ("it was not begun" if record is None else f"it is {record.state.value}")

    def _seconds(self, playbook: str, **variables: str) -> float:
        began = time.monotonic()
        if self._play(playbook, **variables):
            raise StackwardError(f"The twin could not {playbook}: {self._why()}. The same may happen to {self._name}.")
        return time.monotonic() - began

    def _play(self, playbook: str, **variables: str) -> int:
        command = [running.ansible_playbook(), f"stackward.ops.{playbook}", "-i", str(self._place.path)]
        command += [part for key, value in variables.items() for part in ("-e", f"{key}={value}")]
        log = running.log_file(Path(self._place.data) / "logs", f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{playbook}")
        ended = running.run(command, self._environment, log, lambda _process: None)
        if ended.stopped:
            raise KeyboardInterrupt
        self._said = tuple(errors(log.read_text(encoding="utf-8", errors="replace"))) if ended.code else ()
        return ended.code
