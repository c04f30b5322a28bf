"""The controller service as a whole: one event loop with the intake and the ticks of every stack."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import uvicorn

from stackward.agent.program import notify
from stackward.controller.batching import Batcher
from stackward.controller.bounded import most_connections, protocol
from stackward.controller.counting import Counts
from stackward.controller.due import LOOKING, Due
from stackward.controller.intake import Desk, application
from stackward.controller.playing import Ended, Order, Player
from stackward.controller.surprises import in_words, log_origin
from stackward.controller.ticking import Ticks
from stackward.definition.model import Stack
from stackward.errors import StackwardError
from stackward.healing.hearing import LISTENER_SAYS_EVERY, listening_since
from stackward.state.records import Listener
from stackward.state.store import Store, open_store

LOG = logging.getLogger("stackward")

KEEP_ALIVE_SECONDS = 600
"""How long a connection may be idle: longer than any heartbeat takes, as a new one costs more than the heartbeat."""


REREAD_SECONDS = 10.0
"""How often the stack files are read anew."""

MOST_LOOKS = 128
"""Looks that go on at once. They have threads of their own: looks that hang must hold up nothing else."""

BACKLOG = 2048
"""Connections that may wait to be taken: a whole fleet comes back at once after an outage."""


@dataclass(frozen=True, slots=True)
class Served:
    """A stack, and what its runs of Ansible are given."""

    stack: Stack
    inventory: tuple[str, ...]
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Settings:
    """How the service is run. `ticks` says for each playbook how often it looks whether something is due, in seconds.

    `grace` is how many seconds a run may take to end when the service stops. `certificate` and `key` are files (PEM),
    which `renew` makes anew where the certificate ends soon; others may replace them too.
    """

    address: str
    port: int
    ticks: Mapping[str, float]
    grace: float = 60.0
    certificate: Path | None = None
    key: Path | None = None
    renew: Callable[[], object] | None = None


class Service:
    """The service while it runs. `read` reads the stack files anew; it raises StackwardError where one is wrong."""

    def __init__(self, settings: Settings, read: Callable[[], Sequence[Served]]) -> None:
        self._settings = settings
        self._read = read
        self._counts = Counts()
        self._player = Player()
        self._lookers = ThreadPoolExecutor(MOST_LOOKS, thread_name_prefix="looks")
        self._served: dict[str, Served] = {}
        self._stores: dict[str, Store] = {}
        self._batchers: dict[str, Batcher] = {}
        self._desks: dict[str, Desk] = {}
        self._ticks: dict[str, Ticks] = {}
        self._trouble = ""
        self._server = self._made_server()
        self._certified = _written(settings)
        self._stopping = asyncio.Event()
        self._name = f"{socket.gethostname()}:{settings.port}"

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT. Raises StackwardError where it cannot begin."""
        found = await asyncio.to_thread(self._load)
        # One that cannot listen, as another one does already, must not act either.
        place = _bound(self._settings.address, self._settings.port)
        self._apply(found)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        serving = asyncio.create_task(self._server.serve(sockets=[place]))
        minding = [asyncio.create_task(self._mind()), asyncio.create_task(self._say_that_we_listen())]
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait([serving, stopping, *minding], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        notify("STOPPING=1")
        LOG.info("stopping")
        failed = [task for task in (serving, *minding) if task.done() and task.exception() is not None]
        await self._end(serving, minding)
        for task in failed:
            task.result()

    def _made_server(self) -> uvicorn.Server:
        settings = self._settings
        server = uvicorn.Server(
            uvicorn.Config(
                application(self._desks, self._counts, self._health),
                http=protocol(most_connections()),
                ssl_certfile=settings.certificate,
                ssl_keyfile=settings.key,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=5,
                access_log=False,
                log_config=None,
                lifespan="off",
                server_header=False,
                # Whoever asks is asked for a token; where from makes no difference.
                proxy_headers=False,
            )
        )
        # Signals are the service's: it has more to end than the server.
        server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
        return server

    async def _end(self, serving: asyncio.Task[None], minding: list[asyncio.Task[None]]) -> None:
        for task in minding:
            task.cancel()
        for ticks in self._ticks.values():
            ticks.stop()
        await self._player.end(self._settings.grace)
        self._server.should_exit = True
        await asyncio.gather(serving, *minding, return_exceptions=True)
        for name in self._desks:
            store = self._store(self._served[name].stack)
            with contextlib.suppress(StackwardError), store.transaction(name) as transaction:
                transaction.stop_listening(self._name)
        self._lookers.shutdown(wait=False, cancel_futures=True)
        for batcher in self._batchers.values():
            await asyncio.to_thread(batcher.close)
        for store in self._stores.values():
            store.close()
        LOG.info("stopped")

    async def _mind(self) -> None:
        """Follow changes of the stack files, and keep systemd's watchdog quiet for as long as this loop turns."""
        notify("READY=1")
        LOG.info("serving %s at port %d", ", ".join(self._served), self._settings.port)
        while True:
            notify("WATCHDOG=1")
            await asyncio.sleep(REREAD_SECONDS)
            await asyncio.to_thread(self._renew)
            self._use_new_certificate()
            try:
                found = await asyncio.to_thread(self._load)
            except Exception as error:  # noqa: BLE001  whatever is wrong with a file, it changes nothing
                trouble = in_words(error)
                if trouble != self._trouble:
                    LOG.warning("the stacks are served as they were before: %s", trouble)
                    log_origin(error)
                self._trouble = trouble
            else:
                self._trouble = ""
                self._apply(found)

    def _renew(self) -> None:
        """Have the certificate made anew where it ends soon."""
        if self._settings.renew is not None:
            try:
                self._settings.renew()
            except (StackwardError, OSError) as error:
                LOG.warning("the certificate of the service cannot be renewed: %s", error)

    def _use_new_certificate(self) -> None:
        """Show a certificate that has been replaced to whoever connects from now on; connections that are open stay."""
        written = _written(self._settings)
        context, certificate, key = self._server.config.ssl, self._settings.certificate, self._settings.key
        if written == self._certified or context is None or certificate is None:
            return
        try:
            context.load_cert_chain(certificate, key)
        except (ssl.SSLError, OSError) as error:
            LOG.warning("the new certificate of the service cannot be used, the one before stays: %s", error)
        else:
            LOG.info("the service has a new certificate")
        self._certified = written

    def _load(self) -> Sequence[Served]:
        """Read the stack files, and open the states that are not open yet."""
        found = self._read()
        for served in found:
            self._store(served.stack)
        return found

    def _apply(self, found: Sequence[Served]) -> None:
        self._served = {item.stack.name: item for item in found}
        for name, served in self._served.items():
            stack = served.stack
            if stack.controller is None:
                self._desks.pop(name, None)
            else:
                if stack.state not in self._batchers:
                    self._batchers[stack.state] = Batcher(self._store(stack), _now, self._counts)
                self._desks[name] = Desk(self._batchers[stack.state], stack.controller.every)
            if name not in self._ticks:
                self._ticks[name] = Ticks(
                    name, self._settings.ticks, partial(self._look, name), partial(self._play, name), self._counts
                )
        for name in set(self._ticks) - set(self._served):
            LOG.info("%s: its stack file is gone", name)
            self._ticks.pop(name).stop()
            self._desks.pop(name, None)

    def _store(self, stack: Stack) -> Store:
        if stack.state not in self._stores:
            self._stores[stack.state] = open_store(stack.state)
        return self._stores[stack.state]

    async def _look(self, name: str, playbook: str) -> Due:
        stack = self._served[name].stack
        looking = LOOKING[playbook]
        return await asyncio.get_running_loop().run_in_executor(self._lookers, looking, self._store(stack), stack)

    async def _play(self, name: str, kind: str, due: Due) -> Ended:
        served = self._served[name]
        return await self._player.play(
            Order(
                stack=name,
                kind=kind,
                instances=due.instances,
                inventory=served.inventory,
                environment=served.environment,
                folder=Path(served.stack.data) / "runs",
                grace=self._settings.grace,
            )
        )

    async def _say_that_we_listen(self) -> None:
        """Write down again and again that heartbeats are taken: an agent is silent only for somebody who listens."""
        before: dict[str, Listener] = {}
        while True:
            for name in list(self._desks):
                # While the one before was written, the file of this one may have gone.
                if name not in self._desks:
                    continue
                store = self._store(self._served[name].stack)
                now = _now()
                known = before.get(name)
                unbroken = known is not None and listening_since([known], now) is not None
                listener = Listener(self._name, known.since if known is not None and unbroken else now, now)
                try:
                    await asyncio.to_thread(_note_listener, store, name, listener)
                except StackwardError as error:
                    LOG.warning("%s: %s", name, error)
                else:
                    before[name] = listener
            await asyncio.sleep(LISTENER_SAYS_EVERY.total_seconds())

    async def _health(self) -> tuple[bool, Mapping[str, object]]:
        stacks = {
            name: {"running": ticks.running(), "behind": ticks.behind(), "agents": name in self._desks}
            for name, ticks in self._ticks.items()
        }
        good = not any(ticks.behind() for ticks in self._ticks.values())
        return good, {"ok": good, "files": self._trouble or "ok", "stacks": stacks}


def _written(settings: Settings) -> tuple[int, ...]:
    """When certificate and key were written."""
    found = []
    for file in (settings.certificate, settings.key):
        with contextlib.suppress(OSError):
            found.append(file.stat().st_mtime_ns if file is not None else 0)
    return tuple(found)


def _note_listener(store: Store, stack: str, listener: Listener) -> None:
    with store.transaction(stack) as transaction:
        transaction.listen(listener)


def _bound(address: str, port: int) -> socket.socket:
    """Return a socket that listens. Raises StackwardError where the address is in use or not this machine's."""
    try:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return socket.create_server((address, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise StackwardError(
            f"Nobody can listen at {address} port {port}: {error.strerror or error}. "
            "Choose another place with --listen ADDRESS:PORT."
        ) from error


def _now() -> datetime:
    return datetime.now(UTC)
