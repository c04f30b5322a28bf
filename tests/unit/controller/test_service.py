"""The service as a whole, without a stack."""

import asyncio
import contextlib
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest

from stackward.controller import bounded, service
from stackward.controller.due import Due
from stackward.controller.service import Served, Service, Settings
from stackward.definition.model import Controller
from stackward.engine import authority
from stackward.errors import StackwardError
from tests.held_port import held_port
from tests.stacks import small_stack

PATIENCE = 120
"""Seconds after which something is in vain, on a machine that has much else to do."""


async def shown(port: int, place) -> int:
    """The number of the certificate that the service shows."""
    context = ssl.create_default_context(cafile=str(place))
    context.check_hostname = False
    # What Python does by itself from 3.13 on, on instances too.
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    _reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    certificate = writer.get_extra_info("ssl_object").getpeercert()
    writer.close()
    with contextlib.suppress(OSError, ssl.SSLError):
        await writer.wait_closed()
    return int(certificate["serialNumber"], 16)


async def until(found) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await found():
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def running(settings, well):
    """A service, from when it answers well until its end."""
    service = Service(settings, tuple)
    task = asyncio.create_task(service.run())

    async def answers():
        try:
            return bool(await well())
        except OSError:
            return False

    await until(answers)
    try:
        yield
    finally:
        service._stopping.set()
        await task


@contextlib.asynccontextmanager
async def serving(place, port, renew=None):
    certificate, key = authority.server(place, ("127.0.0.1",), datetime.now(UTC))
    settings = Settings("127.0.0.1", port, {}, 1.0, certificate, key, renew)
    async with running(settings, lambda: shown(port, place)):
        yield


@pytest.fixture
def unused_port():
    with held_port() as port:
        yield port


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr(service, "REREAD_SECONDS", 0.05)


def test_a_certificate_that_is_replaced_is_shown_without_a_restart(tmp_path, unused_port):
    place = tmp_path / "authority.pem"

    async def story():
        async with serving(place, unused_port):
            first = await shown(unused_port, place)
            certificate, _key = authority.server(place, ("127.0.0.1",), datetime.now(UTC))
            certificate.unlink()
            authority.server(place, ("127.0.0.1",), datetime.now(UTC))

            async def another():
                return await shown(unused_port, place) != first

            await until(another)

    asyncio.run(story())


def test_one_that_cannot_be_used_is_said_and_the_one_before_stays(tmp_path, unused_port, caplog):
    place = tmp_path / "authority.pem"
    caplog.set_level("WARNING", "stackward")

    async def story():
        async with serving(place, unused_port):
            first = await shown(unused_port, place)
            certificate, _key = authority.server(place, ("127.0.0.1",), datetime.now(UTC))
            certificate.write_text("half of a cert")

            async def told():
                return "cannot be used, the one before stays" in caplog.text

            await until(told)
            assert await shown(unused_port, place) == first

    asyncio.run(story())


def test_it_has_its_own_made_anew_before_it_ends(tmp_path, unused_port):
    place, asked = tmp_path / "authority.pem", []

    async def story():
        async with serving(place, unused_port, renew=lambda: asked.append(1)):

            async def more():
                return len(asked) > 1

            await until(more)

    asyncio.run(story())


def stacks_with_agents(tmp_path, *names):
    controller = Controller("127.0.0.1", 8470, tls=False)
    return [
        Served(small_stack(name=name, state=f"sqlite:///{tmp_path}/state.db", controller=controller), (), {})
        for name in names
    ]


def test_a_stack_whose_file_goes_while_another_is_written_down_ends_nothing(tmp_path, monkeypatch):
    shop, blog = stacks_with_agents(tmp_path, "shop", "blog")
    noted = []

    async def story():
        running = Service(Settings("127.0.0.1", 0, {}, 1.0), tuple)
        running._apply([shop, blog])

        def note(_store, name, _listener):
            noted.append(name)
            running._apply([shop])

        monkeypatch.setattr(service, "_note_listener", note)
        monkeypatch.setattr(service, "LISTENER_SAYS_EVERY", timedelta(seconds=0.02))
        saying = asyncio.create_task(running._say_that_we_listen())

        async def again():
            return saying.done() or len(noted) > 2

        await until(again)
        assert not saying.done(), saying.exception()
        saying.cancel()

    asyncio.run(story())
    assert set(noted) == {"shop"}


def test_a_stack_file_that_cannot_even_be_read_changes_nothing(tmp_path, monkeypatch, caplog):
    caplog.set_level("WARNING", "stackward")
    (shop,) = stacks_with_agents(tmp_path, "shop")

    def read():
        raise RecursionError("too deep")

    async def story():
        running = Service(Settings("127.0.0.1", 0, {}, 1.0), read)
        running._apply([shop])
        running._server.config.load()
        minding = asyncio.create_task(running._mind())

        async def told():
            return minding.done() or "the stacks are served as they were before" in caplog.text

        await until(told)
        assert not minding.done(), minding.exception()
        minding.cancel()

    asyncio.run(story())
    assert "RecursionError: too deep" in caplog.text


def test_looks_that_hang_do_not_keep_the_watchdog_from_being_told(tmp_path, monkeypatch):
    """However many stacks hang in their looks: what hangs is for the health page to say, not for a restart to end."""
    told, gate = [], threading.Event()
    monkeypatch.setattr(service, "notify", told.append)
    monkeypatch.setattr(service, "LOOKING", {"heal": lambda _store, _stack: gate.wait(60)})
    served = stacks_with_agents(tmp_path, *(f"shop{number}" for number in range(40)))

    async def story():
        running = Service(Settings("127.0.0.1", 0, {"heal": 0.05}, 1.0), lambda: served)
        running._apply(served)
        await asyncio.sleep(0.2)
        running._server.config.load()
        minding = asyncio.create_task(running._mind())

        async def often():
            return minding.done() or told.count("WATCHDOG=1") > 3

        try:
            await until(often)
            assert not minding.done(), minding.exception()
        finally:
            gate.set()
            minding.cancel()
            for ticks in running._ticks.values():
                ticks.stop()

    asyncio.run(story())


async def said_to(port, *parts):
    """What is answered to what is said bit by bit, up to the end of the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    heard = b""
    with contextlib.suppress(ConnectionError):
        for part in parts:
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(PATIENCE):
            heard = await reader.read()
    writer.close()
    return heard


USUAL = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@contextlib.asynccontextmanager
async def answering(port):
    """A service without stacks, from when it answers."""

    async def well():
        return b" 200 " in await said_to(port, USUAL)

    async with running(Settings("127.0.0.1", port, {}, 1.0), well):
        yield


def test_headers_that_never_end_are_not_kept(unused_port):
    endless = (b"GET /healthz HTTP/1.1\r\nX: ", *[b"x" * 32_768] * 8)
    long = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 8_000 + b"\r\nConnection: close\r\n\r\n"

    async def story():
        async with answering(unused_port):
            return [await said_to(unused_port, *parts) for parts in (endless, (long,), (USUAL,))]

    refused, *answered = asyncio.run(story())
    assert refused == b""
    assert all(answer.startswith(b"HTTP/1.1 200 ") for answer in answered)


UNFINISHED = {
    "nothing": (),
    "half a head": (b"POST /heartbeat HTTP/1.1\r\nHost: x\r\n",),
    "half a body": (
        b"POST /heartbeat HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + b"a" * 40 + b"\r\n",
        b"Content-Length: 100\r\n\r\nab",
    ),
    "half of a second one": (USUAL.replace(b"Connection: close\r\n", b""), b"GET /healthz HTTP/1.1\r\nHost"),
}


@pytest.mark.parametrize("unfinished", UNFINISHED)
def test_whoever_does_not_finish_what_he_says_is_not_waited_for(unused_port, monkeypatch, unfinished):
    monkeypatch.setattr(bounded, "LONGEST_SAYING", 0.3)

    async def story():
        async with answering(unused_port):
            return await said_to(unused_port, *UNFINISHED[unfinished])

    assert b"HTTP/1.1 2" not in asyncio.run(story()).partition(b"\r\n\r\n")[2]


def test_a_connection_that_waits_for_its_next_heartbeat_stays(unused_port, monkeypatch):
    stays = USUAL.replace(b"Connection: close\r\n", b"")

    async def story():
        loop = asyncio.get_running_loop()
        clock = loop.time
        async with answering(unused_port):
            reader, writer = await asyncio.open_connection("127.0.0.1", unused_port)
            answers = []
            for _ in range(2):
                writer.write(stays)
                head = await reader.readuntil(b"\r\n\r\n")
                answers.append(head)
                await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))
                # Whatever would have been called by then is called.
                monkeypatch.setattr(loop, "time", lambda: clock() + 2 * bounded.LONGEST_SAYING)
                await asyncio.sleep(0.1)
            writer.close()
            return answers

    assert [b" 200 " in answer for answer in asyncio.run(story())] == [True, True]


def test_connections_leave_room_for_the_work_and_those_beyond_are_closed_at_once(unused_port, monkeypatch):
    monkeypatch.setattr(service, "most_connections", lambda: 3)

    async def story():
        async with answering(unused_port):
            kept = [await asyncio.open_connection("127.0.0.1", unused_port) for _ in range(3)]
            await asyncio.sleep(0.1)
            beyond = await said_to(unused_port, USUAL)
            kept[0][1].close()

            async def answers():
                with contextlib.suppress(OSError):
                    return b" 200 " in await said_to(unused_port, USUAL)

            await until(answers)
            for _reader, writer in kept:
                writer.close()
            return beyond

    assert asyncio.run(story()) == b""


@pytest.mark.parametrize(("files", "connections"), [(256, 128), (1024, 512), (65536, 64512)])
def test_half_of_the_open_files_are_for_the_work_a_thousand_at_most(monkeypatch, files, connections):
    monkeypatch.setattr(bounded.resource, "getrlimit", lambda _which: (files, files))
    assert bounded.most_connections() == connections


def test_one_that_cannot_listen_looks_at_nothing(tmp_path, monkeypatch, unused_port):
    looked = []
    monkeypatch.setattr(service, "LOOKING", {"scale": lambda _store, stack: looked.append(stack.name) or Due(False)})
    served = stacks_with_agents(tmp_path, "shop")

    async def story():
        with socket.create_server(("127.0.0.1", unused_port)):
            running = Service(Settings("127.0.0.1", unused_port, {"scale": 0.01}, 1.0), lambda: served)
            with pytest.raises(StackwardError, match="Nobody can listen"):
                await running.run()
            await asyncio.sleep(0.2)

    asyncio.run(story())
    assert looked == []
