"""Tells one boot of a machine from the next: whoever is told to reboot may go on answering for a while."""

from __future__ import annotations

import time
from collections.abc import Callable

from stackward.definition.model import Connection, ProviderChoice
from stackward.errors import ProviderError
from stackward.observe import over_ssh
from stackward.observe.over_ssh import Errand
from stackward.state.records import MachineRecord

BETWEEN_SECONDS = 1.0
"""Seconds between two questions."""

ASK_WINDOWS = "(Get-CimInstance Win32_OperatingSystem).LastBootUpTime.ToFileTimeUtc()"
"""What Windows is asked for its mark, in PowerShell."""

# The kernel's own mark is the same for all hosts in containers of one machine; when init was started is not.
ASK = 'echo "$(cat /proc/sys/kernel/random/boot_id) $(cut -d" " -f22 /proc/1/stat)"'
"""What a shell on Linux is asked for its mark."""


def mark(data: str, its: ProviderChoice, machine: MachineRecord) -> str:
    """What tells this boot from every other one of the machine, "" where the machine does not say it."""
    if its.connection is not Connection.SSH or machine.address is None:
        return ""
    errand = Errand(machine.address, machine.port, ASK, its.user, its.options.get("key"), as_root=True)
    code, said = over_ssh.run(data, {"": errand})[""]
    return said if code == 0 else ""


def wait_for_another(name: str, ask: Callable[[], str], before: str, within: float) -> None:
    """Wait until the machine says that it is in another boot than `before`.

    `ask` returns its mark, or "" while it says nothing. Raises ProviderError after `within` seconds.
    """
    deadline = time.monotonic() + within
    while ask() in ("", before):
        if time.monotonic() > deadline:
            raise ProviderError(
                f"{name} was told to reboot, and has not come back from it within {within:.0f} s. "
                "Look at the machine's console, then ask for a start."
            )
        time.sleep(BETWEEN_SECONDS)
