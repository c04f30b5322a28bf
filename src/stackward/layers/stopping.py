"""How what runs on an instance ends in Shutdown."""

from __future__ import annotations

from stackward.layers.resources import Run


def stopped(name: str, *units: str) -> Run:
    """Return that these systemd units do not run. They stay enabled, so that they run after the next boot."""
    return Run(
        name=name,
        command=("systemctl", "stop", *units),
        unless=("sh", "-c", '! systemctl is-active --quiet "$@"', "units", *units),
    )
