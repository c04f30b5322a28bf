# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""System accounts."""

from __future__ import annotations

import pwd

from .commands import must
from .outcome import UNCHANGED, Outcome


def apply_user(resource, host):
    """Make a system account with a group of its own, or give it this home and shell."""
    name, wanted = resource["user"], (resource["home"], resource["shell"])
    try:
        account = pwd.getpwnam(name)
    except KeyError:
        account = None
    if account is not None and (account.pw_dir, account.pw_shell) == wanted:
        return UNCHANGED
    if not host.check:
        host.changing(resource)
        options = ["--home-dir" if account is None else "--home", resource["home"], "--shell", resource["shell"]]
        first = ["useradd", "--system", "--user-group", "--no-create-home"] if account is None else ["usermod"]
        must([*first, *options, name], f"{first[0]} failed for {name}")
    return Outcome(True, "created" if account is None else "new home or shell")
