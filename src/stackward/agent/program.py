"""Tells the controller every half a minute that this instance lives, and how it does.

Runs on the instance itself, under systemd, with nothing but Python's standard library; few modules of it, because what
it imports is most of what it costs. It is told nothing and carries nothing out.

Nothing is kept for later: a heartbeat that cannot be delivered is dropped, and the next one comes at its own time. So
an outage of the controller costs no memory here, and no flood there afterwards.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time

VERSION = "1"
SETTINGS = "/etc/stackward/agent.conf"
DOCUMENT = "/etc/stackward/attributes.json"
APPS = "/srv"
PATIENCE = 10.0
"""Seconds for each step of a delivery."""

LONGEST_ANSWER = 4096
MOST_APPS = 20
LONGEST_NAME = 100
JITTER = 0.1
"""How much of the interval a heartbeat comes early or late, so that a fleet does not beat as one."""


class RefusedError(Exception):
    """The controller has answered, and does not take the heartbeat."""


def main() -> None:
    """Beat until told to stop."""
    signal.signal(signal.SIGTERM, _stop)
    path = sys.argv[1] if len(sys.argv) > 1 else SETTINGS
    agent = Agent(read_settings(path))
    notify("READY=1\nSTATUS=begins")
    time.sleep(min(5.0, agent.every) * chance())
    while True:
        notify(f"WATCHDOG=1\nSTATUS={agent.beat()}")
        time.sleep(agent.every * (1 - JITTER + 2 * JITTER * chance()))


def _stop(_number: int, _frame: object) -> None:
    notify("STOPPING=1")
    sys.exit(0)


def read_settings(path: str) -> dict[str, str]:
    """Read lines of "name = value"."""
    found = {}
    with open(path, encoding="utf-8") as file:  # noqa: PTH123  pathlib costs memory
        for line in file:
            name, equals, value = line.partition("=")
            if equals and not line.startswith("#"):
                found[name.strip()] = value.strip()
    return found


def chance() -> float:
    """Return a number from 0 to 1; the module random would cost a megabyte."""
    return int.from_bytes(os.urandom(4), "big") / 2**32


def notify(text: str) -> None:
    """Tell systemd how we are, where it has started us."""
    place = os.environ.get("NOTIFY_SOCKET", "")
    if not place:
        return
    if place[0] == "@":
        place = "\0" + place[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as speaker:
        try:
            speaker.sendto(text.encode("utf-8", "replace"), place)
        except OSError as error:
            say(f"systemd does not listen: {error}")


def say(text: str) -> None:
    """Log a line."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


class Agent:
    """One agent: where it reports to, and the connection that it keeps."""

    def __init__(self, settings: dict[str, str]) -> None:
        self.every = float(settings["every"])
        self._settings = settings
        self._number = time.time_ns() // 1_000_000
        self._cpu = Processor()
        self._connection: socket.socket | None = None
        self._trouble = ""

    def beat(self) -> str:
        """Deliver one heartbeat, or say once why that does not work. Returns how it went."""
        said = {"instance": self._settings["instance"], **vitals(self._cpu)}
        try:
            kept = self._connection is not None
            try:
                self._deliver(said)
            except OSError:
                # A connection that was kept may have been closed at the other end meanwhile: one new one is tried.
                if not kept:
                    raise
                self._deliver(said)
        except (OSError, RefusedError, ValueError) as error:
            self._close()
            trouble = str(error) or type(error).__name__
            if trouble != self._trouble:
                say(f"no heartbeat: {trouble}")
            self._trouble = trouble
            return f"no heartbeat: {trouble}"
        if self._trouble:
            say("heartbeats are taken again")
        self._trouble = ""
        return f"the last heartbeat was taken at {time.strftime('%Y-%m-%d %H:%M:%S %Z')}"

    def _deliver(self, said: dict[str, object]) -> None:
        settings = self._settings
        self._number += 1
        body = text_of({**said, "number": self._number}).encode()
        if self._connection is None:
            self._connection = connect(settings)
        with open(settings["token"], encoding="ascii") as file:  # noqa: PTH123
            token = file.read().strip()
        head = (
            f"POST {settings['path']} HTTP/1.1\r\nHost: {settings['host']}\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        try:
            self._connection.sendall(head.encode("ascii") + body)
            status, headers = self._answer()
        except OSError:
            self._close()
            raise
        if status == 409 and headers.get("stackward-number", "").isdecimal():
            # Our clock is behind what we said before: go on from there.
            self._number = max(self._number, int(headers["stackward-number"]))
        if status != 204:
            raise RefusedError(f"the controller answers {status} {headers.get('stackward-reason', '')}".strip())

    def _answer(self) -> tuple[int, dict[str, str]]:
        assert self._connection is not None  # noqa: S101
        received = b""
        while b"\r\n\r\n" not in received:
            part = self._connection.recv(LONGEST_ANSWER)
            if not part:
                raise ConnectionResetError("the controller has closed the connection")
            received += part
            if len(received) > LONGEST_ANSWER:
                raise ConnectionAbortedError("the controller's answer is too long")
        head, _, rest = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        words = first.split(" ")
        if len(words) < 2 or not words[0].startswith("HTTP/") or not words[1].isdecimal():
            raise ConnectionAbortedError("what answers does not speak HTTP")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if headers.get("connection") == "close" or int(headers.get("content-length") or 0) > len(rest):
            self._close()
        return int(words[1]), headers

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def connect(settings: dict[str, str]) -> socket.socket:
    """Connect to the controller; over TLS only to one whose certificate is by the pinned authority."""
    # Bytes, because Python would load its tables of international names for a text.
    host = settings["host"].strip("[]").encode("ascii")
    plain = socket.create_connection((host, int(settings["port"])), PATIENCE)  # type: ignore[arg-type]
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    authority = settings.get("authority", "")
    if not authority:
        return plain
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(authority)
        return context.wrap_socket(plain, server_hostname=host)
    except OSError:
        plain.close()
        raise


class Processor:
    """How busy the processor has been since the last look."""

    def __init__(self) -> None:
        self._before = self._times()

    def busy(self) -> float | None:
        """Return percent since the last call; None where nothing has passed."""
        now = self._times()
        whole, idle = now[0] - self._before[0], now[1] - self._before[1]
        self._before = now
        return share(whole - idle, whole) if whole > 0 else None

    @staticmethod
    def _times() -> tuple[int, int]:
        fields = [int(field) for field in first_line("/proc/stat").split()[1:9]]
        return sum(fields), fields[3] + fields[4]


def vitals(processor: Processor) -> dict[str, object]:
    """How this instance does right now: percent of processor, memory and disk, load by processor, boot, releases."""
    return {
        "agent": VERSION,
        "boot": first_line("/proc/sys/kernel/random/boot_id"),
        "cpu": processor.busy(),
        "memory": memory(),
        "load": round(float(first_line("/proc/loadavg").split()[0]) / (os.cpu_count() or 1), 2),
        "disk": disk("/"),
        "releases": releases(),
        "configured": modified(DOCUMENT),
    }


def first_line(path: str) -> str:
    """Return the first line of a file."""
    with open(path, encoding="ascii", errors="replace") as file:  # noqa: PTH123
        return file.readline().strip()


def memory() -> float | None:
    """Return how much of the memory is in use, in percent."""
    found = {}
    with open("/proc/meminfo", encoding="ascii") as file:  # noqa: PTH123
        for line in file:
            name, _, rest = line.partition(":")
            if name in ("MemTotal", "MemAvailable"):
                found[name] = int(rest.split()[0])
            if len(found) == 2:
                return share(found["MemTotal"] - found["MemAvailable"], found["MemTotal"])
    return None


def disk(path: str) -> float:
    """Return how much of a file system is in use, in percent, as df says it."""
    found = os.statvfs(path)
    used = found.f_blocks - found.f_bfree
    return share(used, max(1, used + found.f_bavail))


def share(part: int, whole: int) -> float:
    """Return percent. The kernel's numbers do not always fit together, and the controller takes nothing impossible."""
    return round(min(100.0, max(0.0, 100 * part / whole)), 1)


def releases() -> dict[str, str]:
    """Return the current release of each app."""
    found = {}
    try:
        names = sorted(os.listdir(APPS))  # noqa: PTH208
    except OSError:
        return {}
    for name in names:
        try:
            release = os.path.basename(os.readlink(f"{APPS}/{name}/current"))  # noqa: PTH115, PTH119
        except OSError:
            continue
        # Others keep things here too, and a heartbeat with something odd in it would be refused as a whole.
        if plain(name) and plain(release):
            found[name] = release
        if len(found) == MOST_APPS:
            break
    return found


def plain(text: str) -> bool:
    """Whether a text may be the name of an app or a release."""
    return text.isascii() and 0 < len(text) <= LONGEST_NAME


def modified(path: str) -> int | None:
    """Return when a file was written, in seconds since 1970; None where there is none."""
    try:
        return int(os.stat(path).st_mtime)  # noqa: PTH116
    except OSError:
        return None


def text_of(value: object) -> str:
    """Return JSON; the module json would cost a megabyte."""
    if value is None:
        return "null"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{text_of(str(key))}:{text_of(item)}" for key, item in value.items()) + "}"
    plain = "".join(sign if sign.isprintable() else "?" for sign in str(value))
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


if __name__ == "__main__":
    main()
