"""Whatever answers at an address, it is a word about that instance, and never the end of the look at all others."""

import contextlib
import socket
import threading

import pytest

from stackward.definition.model import Check, CheckType
from stackward.observe import network


@contextlib.contextmanager
def answering(said: bytes):
    """Somebody who says the same to everybody, and goes."""
    with socket.create_server(("127.0.0.1", 0)) as place:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = place.accept()
                    with connection, contextlib.suppress(OSError):
                        if not said.startswith(b"SSH-"):
                            connection.recv(4096)
                        connection.sendall(said)

        threading.Thread(target=serve, daemon=True).start()
        yield place.getsockname()[1]
        place.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", ""),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "HTTP 503 Service Unavailable"),
        (b"", "it does not speak HTTP"),
        (b"\xff\xfe\n", "it does not speak HTTP"),
        (b"HTTP/1.1 " + b"9" * 5000 + b"\r\n", "it does not speak HTTP"),
        (b"x" * 200_000, "it does not speak HTTP"),
        (b"HTTP/1.1 \xb2\r\n", "it does not speak HTTP"),
    ],
    ids=["well", "unwell", "nothing", "rubbish", "endless status", "endless line", "a digit that is none"],
)
def test_a_check_judges_whatever_answers(said, why):
    with answering(said) as port, answering(b"HTTP/1.1 200 OK\r\n\r\n") as good:
        found = network.failing_checks(
            {
                "odd": ("127.0.0.1", Check(CheckType.HTTP, port=port, path="/")),
                "good": ("127.0.0.1", Check(CheckType.HTTP, port=good, path="/")),
            }
        )
    assert found == {"odd": why, "good": ""}


def test_an_address_that_is_none_is_silent_and_the_others_are_asked():
    with answering(b"SSH-2.0-OpenSSH_9.2\r\n") as port:
        found = network.silent_ssh({"odd": ("a" * 70 + ".example", port), "good": ("127.0.0.1", port)})
    assert found["odd"]
    assert found["good"] == ""
