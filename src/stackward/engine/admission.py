"""What somebody types on a machine so that it lets the controller in: the same that `register` does from afar."""

from __future__ import annotations

import shlex

_SCRIPT = """\
set -e
[ "$(id -u)" = 0 ] || {{ echo "Be root for this: put sudo in front." >&2; exit 1; }}
user={user}
key="{key}"
home=$(getent passwd "$user" | cut -d: -f6)
[ -n "$home" ] || {{ echo "There is no account $user on this machine." >&2; exit 1; }}
[ -d "$home/.ssh" ] || install -d -m 700 -o "$user" -g "$(id -g "$user")" "$home/.ssh"
keys="$home/.ssh/authorized_keys"
[ -e "$keys" ] || install -m 600 -o "$user" -g "$(id -g "$user")" /dev/null "$keys"
grep -qxF "$key" "$keys" || echo "$key" >> "$keys"
"""

_SUDO = """\
echo "$user ALL=(ALL:ALL) NOPASSWD: ALL" > /etc/sudoers.d/.stackward-controller
chmod 440 /etc/sudoers.d/.stackward-controller
visudo -cqf /etc/sudoers.d/.stackward-controller
mv /etc/sudoers.d/.stackward-controller /etc/sudoers.d/stackward-controller
"""

_END = """\
echo "This machine lets the controller in. Its host keys, for host_keys in the stack file:"
cut -d" " -f1,2 /etc/ssh/ssh_host_*_key.pub
"""


def command(user: str, public_key: str) -> str:
    """Return one command for a shell, which may be typed again. It ends with the machine's host keys."""
    script = _SCRIPT.format(user=shlex.quote(user), key=public_key)
    if user == "root":
        return f"sh -c {shlex.quote(script + _END)}"
    return f"sudo sh -c {shlex.quote(script + _SUDO + _END)}"
