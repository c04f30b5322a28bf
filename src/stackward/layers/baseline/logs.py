"""Log files that are rotated."""

from __future__ import annotations

from collections.abc import Sequence

from stackward.definition.baseline import LogRotation
from stackward.layers.context import LayerContext
from stackward.layers.resources import Absent, File, Resource

SETTINGS = "/etc/logrotate.d/stackward"


def logs(contexts: Sequence[LayerContext]) -> tuple[Resource, ...]:
    """Return which log files of an instance are rotated. Of layers that name the same files, the first one counts."""
    rotations: dict[tuple[str, ...], LogRotation] = {}
    for context in contexts:
        for rotation in context.layer.baseline.logrotate:
            rotations.setdefault(rotation.paths, rotation)
    if not rotations:
        return (Absent(name="rotation of logs", path=SETTINGS),)
    content = "\n".join(_section(rotation) for rotation in rotations.values())
    return (File(name="rotation of logs", path=SETTINGS, content=content, validate=("logrotate", "--debug", "%s")),)


def _section(rotation: LogRotation) -> str:
    options = [rotation.every, f"rotate {rotation.keep}", "missingok", "notifempty", "sharedscripts"]
    if rotation.largest is not None:
        options.append(f"maxsize {rotation.largest}")
    if rotation.compress:
        options += ["compress", "delaycompress"]
    if rotation.afterwards is not None:
        options += ["postrotate", f"    {rotation.afterwards}", "endscript"]
    paths = " ".join(rotation.paths)
    return f"# {rotation.name}\n{paths} {{\n" + "".join(f"    {option}\n" for option in options) + "}\n"
