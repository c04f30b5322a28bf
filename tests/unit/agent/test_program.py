import json
import socket
import threading
from datetime import UTC, datetime

import pytest

from stackward.agent import program
from stackward.agent.program import Agent, Processor
from stackward.controller.heartbeat_form import LONGEST, read
from stackward.engine import authority

SAID = {"instance": "shop/web1", "number": 7, "agent": "1", "boot": "b"}
TAKEN = b"HTTP/1.1 204 No Content\r\n\r\n"


class Controller:
    """Answers each request on each connection with the next answer, and remembers what was said."""

    def __init__(self, *answers, context=None):
        self.answers = list(answers)
        self.bodies, self.heads, self.connections = [], [], 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._context = context
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def port(self):
        return self._socket.getsockname()[1]

    def _serve(self):
        while self.answers:
            plain, _ = self._socket.accept()
            self.connections += 1
            try:
                with self._context.wrap_socket(plain, server_side=True) if self._context else plain as connection:
                    self._talk(connection)
            except OSError:
                continue

    def _talk(self, connection):
        while self.answers:
            received = b""
            while b"\r\n\r\n" not in received:
                part = connection.recv(LONGEST)
                if not part:
                    return
                received += part
            head, _, body = received.partition(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            while len(body) < length:
                body += connection.recv(LONGEST)
            self.heads.append(head.decode())
            self.bodies.append(json.loads(body))
            answer = self.answers.pop(0)
            if answer is None:
                return
            connection.sendall(answer)


@pytest.fixture
def agent(tmp_path):
    def made(port, **changes):
        token = tmp_path / "token"
        token.write_text("secret-token-secret-token\n")
        given = {"instance": "shop/web1", "host": "127.0.0.1", "port": str(port), "path": "/heartbeat", "every": "30"}
        return Agent({**given, "token": str(token), "authority": "", **changes})

    return made


def test_a_heartbeat_is_one_that_the_controller_takes(agent):
    controller = Controller(TAKEN)
    assert agent(controller.port).beat().startswith("the last heartbeat was taken at ")
    said = read(json.dumps(controller.bodies[0]).encode())
    assert said is not None
    assert said.instance == "shop/web1"
    assert said.boot
    assert 0 <= said.memory <= 100
    assert "Authorization: Bearer secret-token-secret-token" in controller.heads[0]


def test_one_connection_serves_all_heartbeats_and_numbers_grow(agent):
    controller = Controller(TAKEN, TAKEN, TAKEN)
    one = agent(controller.port)
    for _ in range(3):
        one.beat()
    assert controller.connections == 1
    numbers = [body["number"] for body in controller.bodies]
    assert numbers == sorted(set(numbers))


def test_a_connection_that_was_closed_meanwhile_is_made_anew(agent):
    controller = Controller(TAKEN, None, TAKEN)
    one = agent(controller.port)
    one.beat()
    assert "taken" in one.beat()
    assert controller.connections == 2


def test_an_outage_is_logged_once_and_costs_nothing_afterwards(agent, capsys):
    one = agent(1)
    for _ in range(5):
        assert one.beat().startswith("no heartbeat: ")
    assert capsys.readouterr().err.count("no heartbeat") == 1
    controller = Controller(TAKEN, TAKEN)
    one._settings["port"] = str(controller.port)
    one.beat()
    assert len(controller.bodies) == 1
    assert capsys.readouterr().err == "heartbeats are taken again\n"


def test_a_clock_that_went_back_is_made_up_for(agent):
    ahead = 10**15
    answer = f"HTTP/1.1 409 Conflict\r\nstackward-number: {ahead}\r\nstackward-reason: old\r\n\r\n".encode()
    controller = Controller(answer, TAKEN)
    one = agent(controller.port)
    assert one.beat() == "no heartbeat: the controller answers 409 old"
    assert "taken" in one.beat()
    assert controller.bodies[1]["number"] == ahead + 1


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-OpenSSH\r\n\r\n", b"x" * 5000, b"HTTP/1.1 503 Service Unavailable\r\n\r\n"]
)
def test_whatever_answers_it_goes_on(agent, answer):
    controller = Controller(answer, answer, TAKEN)
    one = agent(controller.port)
    assert one.beat().startswith("no heartbeat")
    while controller.answers:
        last = one.beat()
    assert "taken" in last


def test_only_a_controller_by_the_pinned_authority_is_told_the_token(agent, tmp_path):
    import ssl

    now = datetime.now(UTC)
    pinned, other = tmp_path / "pinned" / "authority.pem", tmp_path / "other" / "authority.pem"
    authority.certificate(pinned)
    contexts = {}
    for path in (pinned, other):
        contexts[path] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        contexts[path].load_cert_chain(*authority.server(path, ("127.0.0.1",), now))
    liar = Controller(TAKEN, context=contexts[other])
    assert "certificate verify failed" in agent(liar.port, authority=str(pinned)).beat()
    assert liar.bodies == []
    right = Controller(TAKEN, TAKEN, context=contexts[pinned])
    one = agent(right.port, authority=str(pinned))
    assert "taken" in one.beat()
    assert "taken" in one.beat()
    assert right.connections == 1


def test_settings_are_read_as_they_are_written(tmp_path):
    path = tmp_path / "agent.conf"
    path.write_text("# a comment\nhost = [::1]\npath = /a=b\nempty =\n")
    assert program.read_settings(str(path)) == {"host": "[::1]", "path": "/a=b", "empty": ""}


@pytest.mark.parametrize("value", [None, 0, 1.5, "plain", 'quo"te\\', "line\nbreak\x07", "grüße", "\udcff", {"a": {}}])
def test_its_json_is_json(value):
    found = json.loads(program.text_of({"value": value}))["value"]
    safe = value if not isinstance(value, str) else "".join(sign if sign.isprintable() else "?" for sign in value)
    assert found == safe


def test_releases_are_those_that_links_lead_to(tmp_path, monkeypatch):
    for name in ("shop", "blog"):
        (tmp_path / name).mkdir()
    (tmp_path / "shop" / "current").symlink_to("releases/20260302-abc")
    monkeypatch.setattr(program, "APPS", str(tmp_path))
    assert program.releases() == {"shop": "20260302-abc"}


def test_systemd_is_told(tmp_path, monkeypatch):
    place = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(place)
        monkeypatch.setenv("NOTIFY_SOCKET", place)
        program.notify("READY=1")
        assert listener.recv(100) == b"READY=1"


def test_nobody_is_told_where_nobody_listens(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    program.notify("READY=1")


def test_the_processor_is_between_idle_and_busy():
    busy = Processor().busy()
    assert busy is None or 0 <= busy <= 100


def test_whatever_the_kernel_says_the_controller_takes_it(monkeypatch):
    """Counters of waiting for the disk go back, and what a container is told of its memory need not fit together."""
    times = iter([(1000, 900), (1100, 850)])
    monkeypatch.setattr(Processor, "_times", staticmethod(lambda: next(times)))
    said = {**SAID, "cpu": Processor().busy(), "memory": program.share(-5, 100), "disk": program.share(105, 100)}
    assert (said["cpu"], said["memory"], said["disk"]) == (100.0, 0.0, 100.0)
    assert read(program.text_of(said).encode()) is not None


@pytest.mark.parametrize(
    ("name", "target"),
    [("a" * 101, "1"), ("app", "r" * 101), ("\u5e97" * 60, "1"), ("app", "\u5e97" * 60)],
    ids=["long name", "long release", "name that is no app's", "release that is none"],
)
def test_a_folder_that_is_no_apps_does_not_silence_the_agent(tmp_path, monkeypatch, name, target):
    for number in range(25):
        folder = tmp_path / (f"a-{number}" if number else name)
        folder.mkdir()
        if not number:
            (folder / "current").symlink_to(target)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "current").symlink_to("releases/20260302")
    monkeypatch.setattr(program, "APPS", str(tmp_path))
    found = program.releases()
    assert found == {"shop": "20260302"}
    body = program.text_of({**SAID, "releases": found}).encode()
    assert read(body) is not None
