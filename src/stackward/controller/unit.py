"""The systemd unit of the controller service."""

from __future__ import annotations

from collections.abc import Sequence

NAME = "stackward.service"

_TEXT = """\
[Unit]
Description=Stackward's controller: heartbeats, healing, scaling
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
User={user}
WorkingDirectory={folder}
ExecStart={command}
Restart=always
RestartSec=5
# Runs of playbooks are asked to end by the service itself.
KillMode=mixed
TimeoutStopSec={patience}
WatchdogSec=120
# A connection is kept for each agent.
LimitNOFILE=65536
NoNewPrivileges={confined}

[Install]
WantedBy=multi-user.target
"""


def text(command: Sequence[str], *, user: str, folder: str, grace: float) -> str:
    """Return the unit of a service that runs a command as a user in a folder, and needs `grace` seconds to end."""
    return _TEXT.format(
        command=" ".join(_word(word) for word in command),
        user=user,
        folder=folder.replace("%", "%%"),
        patience=int(grace + 30),
        # A user who is not root may need sudo, to reach the container engine for instance.
        confined="true" if user == "root" else "false",
    )


def _word(word: str) -> str:
    plain = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{plain}"' if " " in plain or not plain else plain
