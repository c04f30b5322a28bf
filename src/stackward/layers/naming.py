"""The name that a machine gives itself: that of its instance, as nobody but a provider can say it at the first boot."""

from __future__ import annotations

from stackward.layers.context import LayerContext
from stackward.layers.resources import Run

_SET = (
    'set -e; printf "%s\\n" "$1" > /etc/hostname; hostname "$1" || hostnamectl set-hostname "$1"; '
    # sudo looks its own host up, and complains where nobody knows it.
    'getent hosts "$1" > /dev/null || printf "127.0.1.1\\t%s\\n" "$1" >> /etc/hosts'
)


def own_name(context: LayerContext) -> tuple[Run, ...]:
    """Return what gives the machine its name. One that somebody owns keeps the name that its owner gave it."""
    name = context.instance.name
    if context.stack.provider_of(name).owned:
        return ()
    command = ("sh", "-c", _SET, "sh", name)
    return (Run(name="host name", command=command, unless=("uname", "-n"), unless_output=f"{name}\n"),)
