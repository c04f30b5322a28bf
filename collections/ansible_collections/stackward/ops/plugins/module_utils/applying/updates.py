# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Updates of the distribution's packages, and whether the host must be rebooted for them."""

from __future__ import annotations

import os
import re

from .commands import call, must, tail
from .outcome import UNCHANGED, Failed, Outcome
from .packages import APT_ENVIRONMENT, APT_OPTIONS, update_lists

REBOOT_WANTED = "/run/stackward-reboot-wanted"
"""Is there from an update that needs a reboot until the host boots."""
APT = "/usr/bin/apt-get"
_NEED_A_REBOOT = re.compile(r"linux-image-.*|kernel(-core)?|libc6|glibc|systemd|dbus(-daemon|-broker)?")


def apply_updates(resource, host):
    """Bring all packages up to date. Configuration files that somebody has changed stay as they are."""
    apt = os.path.exists(APT)
    if apt and not host.check:
        update_lists()
    outdated = _outdated_by_apt() if apt else _outdated_by_dnf()
    if not outdated:
        return UNCHANGED
    if not host.check:
        host.changing(resource)
        if any(_NEED_A_REBOOT.fullmatch(name) for name in outdated):
            _want_a_reboot()
        command = [APT, "upgrade", "--assume-yes", "--quiet=2", "--with-new-pkgs", *APT_OPTIONS]
        must(
            command if apt else ["dnf", "upgrade", "--assumeyes"],
            "The updates cannot be installed",
            environment=APT_ENVIRONMENT,
            timeout=3600,
        )
        host.forget_packages()
        if os.path.exists(REBOOT_WANTED):
            host.warn(
                "Updates of this host need a reboot: stackward reboot, or stackward update, which does it in turn."
            )
    names = ", ".join(outdated[:10]) + (f" and {len(outdated) - 10} more" if len(outdated) > 10 else "")
    return Outcome(True, f"{'would update' if host.check else 'updated'} {names}")


def _outdated_by_apt():
    command = [APT, "upgrade", "--simulate", "--quiet=2", "--with-new-pkgs"]
    problem = "apt-get does not tell which packages are outdated"
    done = must(command, problem, environment=APT_ENVIRONMENT, timeout=900)
    return re.findall(r"^Inst (\S+)", done.stdout, re.MULTILINE)


def _outdated_by_dnf():
    done = call(["dnf", "check-update", "--quiet"], timeout=900)
    if done.status not in (0, 100):
        raise Failed(f"dnf does not tell which packages are outdated:\n{tail(done.output)}")
    return re.findall(r"^(\S+)\.(?:noarch|x86_64|aarch64|i686)\s", done.stdout, re.MULTILINE)


def _want_a_reboot():
    with open(REBOOT_WANTED, "w", encoding="utf-8"):
        pass
