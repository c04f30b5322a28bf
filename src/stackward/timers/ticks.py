"""What is done regularly, and the texts that have cron or systemd do it. Pure: nothing here is written anywhere."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

MARK = "# Written by `stackward install-timers`; changes made here are lost."
"""The first line of every file. A file without it is somebody else's."""

EVERY: Mapping[str, int] = {"scale": 1, "heal": 1, "converge": 5}
"""The commands, and every how many minutes each is given."""

_WHAT = {"scale": "measure and scale", "heal": "look at and heal", "converge": "carry out what is due in"}


@dataclass(frozen=True, slots=True)
class Ticks:
    """The commands that are given regularly for a stack, by whom, where and with which program (absolute paths)."""

    stack: str
    file: str
    folder: str
    program: str
    user: str
    commands: Sequence[str] = tuple(EVERY)

    def command(self, name: str) -> tuple[str, ...]:
        """Return one of the commands, in words."""
        return (self.program, name, "--inventory", self.file, "--output", "json")


def cron(ticks: Ticks) -> dict[str, str]:
    """Return the file for /etc/cron.d, by its name."""
    lines = [MARK, "SHELL=/bin/sh", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", ""]
    for name in ticks.commands:
        minutes = "*" if EVERY[name] == 1 else f"*/{EVERY[name]}"
        command = f"cd {shlex.quote(ticks.folder)} && {shlex.join(ticks.command(name))} > /dev/null"
        # In a crontab a bare percent sign ends the command.
        lines.append(f"{minutes} * * * * {ticks.user} {command.replace('%', chr(92) + '%')}")
    return {f"stackward-{ticks.stack}": "\n".join(lines) + "\n"}


def systemd(ticks: Ticks, *, of_user: bool) -> dict[str, str]:
    """Return the units, by name; `of_user` are those of a person's own service manager.

    Each tick starts a unit of its own, so that one that takes long (a start, for example) keeps none after it waiting.
    """
    found = {}
    for name in ticks.commands:
        unit = f"stackward-{ticks.stack}-{name}"
        whose = ("--user",) if of_user else (f"--property=User={ticks.user}",)
        words = (
            *("/usr/bin/systemd-run", "--quiet", "--no-block", "--collect", *whose),
            *(f"--property=WorkingDirectory={ticks.folder}", f"--description=Stackward: {name} of {ticks.stack}"),
            *("--", *ticks.command(name)),
        )
        about = f"Stackward: {_WHAT[name]} the stack {ticks.stack}"
        found[f"{unit}.service"] = "\n".join(
            (
                MARK,
                "[Unit]",
                f"Description={about}",
                "",
                "[Service]",
                "Type=oneshot",
                f"ExecStart={' '.join(map(_quoted, words))}",
                "",
            )
        )
        found[f"{unit}.timer"] = "\n".join(
            (
                MARK,
                "[Unit]",
                f"Description={about}, every {EVERY[name]} min",
                "",
                "[Timer]",
                f"OnCalendar=*:0/{EVERY[name]}",
                "AccuracySec=1s",
                "",
                "[Install]",
                "WantedBy=timers.target",
                "",
            )
        )
    return found


def _quoted(word: str) -> str:
    """Return a word for ExecStart: percent signs and dollars mean something there."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return escaped if escaped and not any(letter in escaped for letter in " \t'\";") else f'"{escaped}"'


def timers_of(units: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the timers among units."""
    return tuple(name for name in units if PurePosixPath(name).suffix == ".timer")
