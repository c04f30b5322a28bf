"""Real hosts behind the stand-in of EC2: each instance is a container with systemd and SSH at its private address."""

from __future__ import annotations

import dataclasses
import ipaddress
import json
import subprocess
import threading
import time
from functools import cached_property
from pathlib import Path

from psycopg import sql

from stackward.providers.base import Machine, MachineRequest, MachineState
from stackward.providers.container import elastic, networks
from stackward.providers.container.provider import ContainerProvider, ready_engine
from tests.endtoend.project import PATIENCE, engine
from tests.postgresql_server import PostgresqlServer

LOOK_SECONDS = 5.0
"""How old the last look may be, by which a host that went down by itself is noticed."""

REBOOT_SECONDS = 3.0
"""How long EC2 takes until a reboot that it has said yes to begins. Until then the host goes on answering."""


class HostsWithDisks(ContainerProvider):
    """Hosts that may use block devices of this machine: loop devices stand for volumes."""

    @cached_property
    def _ready(self):
        found, flags = ready_engine(None, lambda _said: None)
        return found, dataclasses.replace(flags, create=(*flags.create, "--device-cgroup-rule", "b 7:* rwm"))

    def give(self, machine_id: str, address: str) -> None:
        """Let a host be reached at one more address of the network."""
        elastic.add(self._ready[0], machine_id, address)

    def take(self, machine_id: str, address: str) -> None:
        """Take the address from it."""
        elastic.remove(self._ready[0], machine_id, address)

    def network(self, stack: str) -> ipaddress.IPv4Network:
        """The network that the hosts are in."""
        return ipaddress.IPv4Network(networks.ensure(self._ready[0], stack, None))


class RealHosts:
    """Boots, stops and removes hosts, and does on them what cloud-init does with user data."""

    slow = True

    def __init__(self, name: str, data: Path) -> None:
        self.name = name
        self.provider = HostsWithDisks({}, name, str(data))
        self.data = data
        self.ids: dict[str, str] = {}
        self.loops: dict[str, str] = {}
        self.attached: dict[str, tuple[str, str]] = {}
        self.public: dict[str, str] = {}
        self.databases: dict[str, PostgresqlServer] = {}
        self.seen: dict[str, Machine] = {}
        self.looked = 0.0
        self.starts = 0
        self.lock = threading.Lock()

    def launch(self, instance_id: str, user_data: str) -> str:
        request = MachineRequest(self.name, instance_id, f"{self.name}-{instance_id}", "ssh-ed25519 AAAA nobody")
        made = self.provider.create(request)
        self.ids[instance_id] = made.id
        first, _, told = user_data.partition("\n")
        assert first == "#cloud-config"
        for account in json.loads(told)["users"]:
            if isinstance(account, dict):
                self._admit(instance_id, account)
        assert made.address is not None
        return made.address

    def _admit(self, instance_id: str, account: dict) -> None:
        name, folder = account["name"], f"/home/{account['name']}/.ssh"
        self.inside(instance_id, "useradd", "--create-home", "--shell", account["shell"], name)
        self.inside(instance_id, "install", "-d", "-o", name, "-m", "700", folder)
        self._write(instance_id, f"{folder}/authorized_keys", "\n".join(account["ssh_authorized_keys"]) + "\n")
        self.inside(instance_id, "chown", name, f"{folder}/authorized_keys")
        self._write(instance_id, "/etc/sudoers.d/90-cloud-init-users", f"{name} {account['sudo']}\n")

    def start(self, instance_id: str) -> None:
        self.provider.start(self.ids[instance_id])
        # A machine of EC2 takes its own word for its name, containers take their engine's.
        self.inside(instance_id, "hostname", "--file", "/etc/hostname")
        for volume_id, (owner, device) in self.attached.items():
            if owner == instance_id:
                self.attach(instance_id, volume_id, device)
        for address, owner in self.public.items():
            if owner == instance_id:
                self.provider.give(self.ids[instance_id], address)
        with self.lock:
            self.starts += 1
            self.looked = 0.0

    def attach(self, instance_id: str, volume_id: str, device: str) -> None:
        if volume_id not in self.loops:
            image = self.data / volume_id
            with image.open("wb") as file:
                file.truncate(1024**3)
            command = ["losetup", "--find", "--show", str(image)]
            self.loops[volume_id] = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        number = self.loops[volume_id].removeprefix("/dev/loop")
        self.attached[volume_id] = (instance_id, device)
        # Hosts may not make device nodes themselves; this machine makes one in their view of /dev.
        shown = [*engine(), "inspect", "--format", "{{.State.Pid}}", self.ids[instance_id]]
        process = subprocess.run(shown, capture_output=True, text=True, check=True).stdout.strip()
        node = ["mknod", device.replace("/dev/sd", "/dev/xvd"), "b", "7", number]
        subprocess.run(["nsenter", "--target", process, "--mount", *node], check=True, timeout=PATIENCE)

    def detach(self, volume_id: str) -> None:
        self.attached.pop(volume_id, None)
        if volume_id in self.loops:
            subprocess.run(["losetup", "--detach", self.loops.pop(volume_id)], check=True)

    def remove(self) -> None:
        """Take every host and disk away."""
        for identifier in list(self.databases):
            self.drop_database(identifier)
        self.provider.remove_stack(self.name)
        for volume_id in list(self.loops):
            self.detach(volume_id)

    def stop(self, instance_id: str) -> None:
        self.provider.stop(self.ids[instance_id])

    def reboot(self, instance_id: str) -> None:
        time.sleep(REBOOT_SECONDS)
        self.provider.stop(self.ids[instance_id])
        self.start(instance_id)

    def terminate(self, instance_id: str) -> None:
        self.provider.terminate(self.ids[instance_id])

    def runs(self, instance_id: str) -> bool:
        if time.monotonic() - self.looked > LOOK_SECONDS:
            starts = self.starts
            self.seen = dict(self.provider.describe(self.name))
            with self.lock:
                # A look during which a host was started may have seen it as it was before.
                self.looked = time.monotonic() if starts == self.starts else 0.0
        found = self.seen.get(self.ids[instance_id])
        return found is None or found.state is not MachineState.STOPPED

    def managed(self, instance_id: str) -> bool:
        """Whether an agent of Systems Manager answers."""
        return False

    def console(self, instance_id: str) -> str:
        key = self.inside(instance_id, "cat", "/etc/ssh/ssh_host_ed25519_key.pub")
        return f"-----BEGIN SSH HOST KEY KEYS-----\n{key}-----END SSH HOST KEY KEYS-----\n"

    def elastic(self, number: int) -> str:
        """The elastic addresses are the last ones of the network: whoever reaches the hosts reaches them."""
        return str(self.provider.network(self.name)[-1 - number])

    def associate(self, instance_id: str, address: str) -> None:
        self.public[address] = instance_id
        self.provider.give(self.ids[instance_id], address)

    def disassociate(self, instance_id: str, address: str) -> None:
        del self.public[address]
        self.provider.take(self.ids[instance_id], address)

    def make_database(self, identifier: str, database: str, user: str, password: str) -> tuple[str, int]:
        """A PostgreSQL of its own, where the hosts reach it: at their gateway."""
        server = self.databases[identifier] = PostgresqlServer(str(self.provider.network(self.name)[1]))
        with server.connect("postgres") as connection:
            owner = sql.Identifier(user)
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(owner, sql.Literal(password)))
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database), owner))
        return server.address, server.port

    def drop_database(self, identifier: str) -> None:
        self.databases.pop(identifier).close()

    def inside(self, instance_id: str, *command: str, stdin: str = "") -> str:
        """Run a command on a host, through the container engine."""
        done = subprocess.run(
            [*engine(), "exec", "-i", self.ids[instance_id], *command],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _write(self, instance_id: str, path: str, text: str) -> None:
        self.inside(instance_id, "sh", "-c", f"umask 077; cat > {path}", stdin=text)
