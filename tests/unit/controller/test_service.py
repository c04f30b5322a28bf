"""The service as a whole, without a stack."""

import asyncio
import contextlib
import socket
import ssl
from datetime import UTC, datetime

import pytest

from stackward.controller import service
from stackward.controller.service import Service, Settings
from stackward.engine import authority

PATIENCE = 30


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
async def serving(place, port, renew=None):
    certificate, key = authority.server(place, ("127.0.0.1",), datetime.now(UTC))
    running = Service(Settings("127.0.0.1", port, {}, 1.0, certificate, key, renew), tuple)
    task = asyncio.create_task(running.run())

    async def answers():
        try:
            return bool(await shown(port, place))
        except OSError:
            return False

    await until(answers)
    try:
        yield
    finally:
        running._stopping.set()
        await task


@pytest.fixture
def unused_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


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
