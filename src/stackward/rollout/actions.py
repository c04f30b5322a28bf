"""What may be done to an app without another release: it is restarted, stopped or started."""

from __future__ import annotations

from stackward.definition.model import App, Stack

ACTION = "action"
"""The argument of a command that says so."""

RESTART = "restart"
STOP = "stop"
START = "start"
ACTIONS = (RESTART, STOP, START)


def services_of(stack: Stack, app: App) -> tuple[str, ...]:
    """The layers in which the app is a service of its own, and not one site of a web server or the user's own."""
    return tuple(name for name in app.layers if stack.layers[name].uses not in (None, "static_web"))
