"""What makes an instance more than an entry, or does not."""

from __future__ import annotations

import itertools
from typing import Protocol

HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDummyDummyDummyDummyDummyDummyDummyDummyDum"


class Hypervisor(Protocol):
    """What makes an instance more than an entry: real hosts in end-to-end tests.

    One that is `slow` works beside the calls; until it is done, the state of the instance does not move on.
    """

    slow: bool

    def launch(self, instance_id: str, user_data: str) -> str: ...
    def start(self, instance_id: str) -> None: ...
    def stop(self, instance_id: str) -> None: ...
    def reboot(self, instance_id: str) -> None: ...
    def terminate(self, instance_id: str) -> None: ...
    def runs(self, instance_id: str) -> bool: ...
    def console(self, instance_id: str) -> str: ...
    def attach(self, instance_id: str, volume_id: str, device: str) -> None: ...
    def detach(self, volume_id: str) -> None: ...


class NoHypervisor:
    """Instances that are entries only, with addresses of the documentation."""

    slow = False

    def __init__(self) -> None:
        self.numbers = itertools.count(4)

    def launch(self, instance_id: str, user_data: str) -> str:
        return f"192.0.2.{next(self.numbers)}"

    def start(self, instance_id: str) -> None: ...
    def stop(self, instance_id: str) -> None: ...
    def reboot(self, instance_id: str) -> None: ...
    def terminate(self, instance_id: str) -> None: ...
    def attach(self, instance_id: str, volume_id: str, device: str) -> None: ...
    def detach(self, volume_id: str) -> None: ...

    def runs(self, instance_id: str) -> bool:
        return True

    def console(self, instance_id: str) -> str:
        return f"boot\n-----BEGIN SSH HOST KEY KEYS-----\n{HOST_KEY} root@ip\n-----END SSH HOST KEY KEYS-----\nlogin:"
