"""The stack's own key and its own known hosts; a person's are never touched."""

from __future__ import annotations

import socket
import stat
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from stackward import ssh
from stackward.errors import ProviderError
from tests.held_port import held_port


def test_the_key_pair_is_made_once_and_only_its_owner_reads_it(tmp_path):
    data = str(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: ssh.public_key(data), range(8)))
    assert len(keys) == 1
    assert keys.pop().startswith("ssh-ed25519 ")
    assert stat.S_IMODE(ssh.private_key(data).stat().st_mode) == 0o600


def test_only_the_last_keys_of_an_address_are_trusted(tmp_path):
    data = str(tmp_path)
    ssh.pin(data, "192.0.2.1", 22, ("ssh-ed25519 AAAA1 root@a",))
    ssh.pin(data, "192.0.2.2", 2222, ("ssh-ed25519 AAAA2",))
    ssh.pin(data, "192.0.2.1", 22, ("ssh-ed25519 AAAA3",))
    assert ssh.known_hosts(data).read_text().splitlines() == [
        "[192.0.2.2]:2222 ssh-ed25519 AAAA2",
        "192.0.2.1 ssh-ed25519 AAAA3",
    ]
    ssh.unpin(data, "192.0.2.1", 22)
    assert "192.0.2.1" not in ssh.known_hosts(data).read_text()


def test_waiting_ends_with_the_greeting():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            connection, _ = server.accept()
            connection.sendall(b"SSH-2.0-test\r\n")
            connection.close()

        thread = threading.Thread(target=greet)
        thread.start()
        ssh.wait_until_answering("web1", *server.getsockname(), 60)
        thread.join()


def test_waiting_says_what_it_saw_last():
    said = r"web1 did not answer over SSH at 127\.0\.0\.1 port {} .*refused"
    with held_port() as port, pytest.raises(ProviderError, match=said.format(port)):
        ssh.wait_until_answering("web1", "127.0.0.1", port, 0.3)
