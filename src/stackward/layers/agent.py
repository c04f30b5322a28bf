"""The agent on an instance: its program, its settings, its token, its unit."""

from __future__ import annotations

from stackward.definition.model import Controller
from stackward.layers.context import LayerContext
from stackward.layers.rendering import rendered
from stackward.layers.resources import Absent, Directory, File, Resource, Service

UNIT = "stackward-agent.service"
PROGRAM = "/usr/local/lib/stackward/agent.py"
SETTINGS = "/etc/stackward/agent.conf"
TOKEN = "/etc/stackward/agent.token"  # noqa: S105  where it is, not what it is
AUTHORITY = "/etc/stackward/agent-authority.pem"
_UNIT_FILE = f"/etc/systemd/system/{UNIT}"
_AGAIN = (f"restart:{UNIT}",)
_DELIVERY_SECONDS = 60
"""More than the agent takes to give up one delivery."""


def agent(context: LayerContext) -> tuple[Resource, ...]:
    """Return what there must be of the agent, or that nothing of it may be left."""
    wanted = context.agent
    if wanted is None:
        return ()
    if wanted.controller is None:
        return agent_gone()
    resources: list[Resource] = [
        Directory(name="agent: folder", path="/usr/local/lib/stackward"),
        File(name="agent: program", path=PROGRAM, content=wanted.program, notify=_AGAIN),
        File(
            name="agent: settings",
            path=SETTINGS,
            content=_settings(wanted.controller, f"{context.stack.name}/{context.instance.name}"),
            notify=_AGAIN,
        ),
    ]
    if wanted.authority:
        resources.append(File(name="agent: authority", path=AUTHORITY, content=wanted.authority, notify=_AGAIN))
    if wanted.token is not None:
        resources.append(
            File(
                name="agent: token",
                path=TOKEN,
                content=f"{wanted.token}\n",
                mode="0600",
                secret=True,
                notify=_AGAIN,
            )
        )
    return (
        *resources,
        File(
            name="agent: unit",
            path=_UNIT_FILE,
            content=rendered(
                "stackward-agent.service.j2",
                program=PROGRAM,
                settings=SETTINGS,
                watchdog=int(wanted.controller.every * 2 + _DELIVERY_SECONDS),
            ),
            notify=("daemon-reload", *_AGAIN),
        ),
        Service(name="agent", unit=UNIT),
    )


def _settings(controller: Controller, name: str) -> str:
    lines = {
        "instance": name,
        "host": f"[{controller.host}]" if ":" in controller.host else controller.host,
        "port": controller.port,
        "path": f"{controller.path}/heartbeat",
        "every": f"{controller.every:g}",
        "token": TOKEN,
        "authority": AUTHORITY if controller.tls else "",
    }
    return "".join(f"{key} = {value}\n" for key, value in lines.items())


def agent_gone() -> tuple[Resource, ...]:
    """Return that nothing of the agent may be left."""
    return (
        Service(name="agent", unit=UNIT, running=False),
        *(
            Absent(name=f"agent: {path}", path=path, notify=("daemon-reload",) if path == _UNIT_FILE else ())
            for path in (_UNIT_FILE, PROGRAM, SETTINGS, TOKEN, AUTHORITY)
        ),
    )
