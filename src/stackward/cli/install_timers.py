"""`stackward install-timers`: has cron or systemd scale, heal and converge regularly."""

from __future__ import annotations

import difflib
import getpass
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from stackward.cli import options
from stackward.cli.output import Form, console, print_json
from stackward.errors import StackwardError
from stackward.timers.ticks import EVERY, MARK, Ticks, cron, systemd, timers_of


class Means(Enum):
    """What gives the commands."""

    SYSTEMD = "systemd"
    CRON = "cron"


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one file: `before` and `after` are its text, None where it is not there."""

    file: str
    before: str | None
    after: str | None

    @property
    def needed(self) -> bool:
        """Whether there is something to do."""
        return self.before != self.after

    @property
    def what(self) -> str:
        """What is done, in a word."""
        if not self.needed:
            return "ok"
        return "remove" if self.after is None else "write" if self.before is None else "change"


def install_timers(
    means: Annotated[Means, typer.Option("--by", help="systemd units, or a file in /etc/cron.d.")] = Means.SYSTEMD,
    of_user: Annotated[bool, typer.Option("--user", help="In your own service manager, without root.")] = False,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME", help="scale, heal or converge; may be repeated.")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take them away again.")] = False,
    folder: Annotated[
        Path | None, typer.Option("--folder", metavar="FOLDER", help="Write the files there, and start nothing.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only show what would be done.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what changes in files.")] = False,
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    output: options.Output = Form.TEXT,
) -> None:
    """Have systemd or cron give scale and heal each minute, and converge every five.

    All of them may run several times at once, so a tick that takes long keeps no
    other waiting. Run it again after you have moved the project; what is right
    already is left alone. Where `stackward serve` runs, it is not needed.

    For example:
      stackward install-timers --check --diff
      stackward install-timers
      stackward install-timers --by cron --only scale
      stackward install-timers --user --stack shop
      stackward install-timers --remove
    """
    from stackward.cli.finding import find
    from stackward.cli.opening import read

    for name in only or ():
        if name not in EVERY:
            raise typer.BadParameter(f"--only {name}: there is nothing of this name; write {', '.join(EVERY)}.")
    if of_user and means is Means.CRON:
        raise typer.BadParameter("--user goes with systemd only; the file of cron is the machine's.")
    place = folder or _folder(means, of_user=of_user)
    files: dict[str, str] = {}
    for each in read(find(inventory or (), Path.cwd()), stack):
        ticks = _ticks(each.name, each.path, tuple(only or EVERY))
        files |= cron(ticks) if means is Means.CRON else systemd(ticks, of_user=of_user)
    changes = [_change(place / name, None if remove else text) for name, text in files.items()]
    if not check:
        _carry_out(changes, place)
        # Also where nothing has changed: an earlier run may not have come so far.
        news = not remove or any(change.needed for change in changes)
        if folder is None and means is Means.SYSTEMD and news:
            _tell_systemd(files, of_user=of_user, remove=remove)
    if output is Form.JSON:
        print_json({"check": check, "files": [{"file": item.file, "did": item.what} for item in changes]})
        return
    for change in changes:
        console().print(f"{change.what:<7} {change.file}", soft_wrap=True)
        if diff and change.needed:
            sys.stdout.writelines(_diff(change))


def _ticks(stack: str, file: str, commands: Sequence[str]) -> Ticks:
    program = Path(sys.argv[0]).absolute()
    if program.name != "stackward" or not os.access(program, os.X_OK):
        found = shutil.which("stackward", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
        if found is None:
            raise StackwardError(f"There is no program stackward beside {sys.executable}; install it there.")
        program = Path(found)
    from stackward.cli.finding import project

    folder = project(Path(file)) or Path(file).parent.parent
    return Ticks(stack, file, str(folder), str(program), getpass.getuser(), commands)


def _folder(means: Means, *, of_user: bool) -> Path:
    if means is Means.CRON:
        return Path("/etc/cron.d")
    if not of_user:
        return Path("/etc/systemd/system")
    home = os.environ.get("XDG_CONFIG_HOME") or str(Path("~/.config").expanduser())
    return Path(home) / "systemd" / "user"


def _change(file: Path, after: str | None) -> Change:
    """Raises StackwardError for a file that is somebody else's."""
    try:
        before = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        before = None
    except (OSError, UnicodeDecodeError) as error:
        raise StackwardError(f"{file} cannot be read: {error}.") from error
    if before is not None and not before.startswith(MARK):
        raise StackwardError(f"{file} was not written by Stackward, so it is left alone. Move it away and run again.")
    return Change(str(file), before, after)


def _carry_out(changes: Sequence[Change], place: Path) -> None:
    try:
        for change in (item for item in changes if item.needed):
            file = Path(change.file)
            if change.after is None:
                file.unlink(missing_ok=True)
                continue
            place.mkdir(parents=True, exist_ok=True)
            # A name that neither cron nor systemd would read, until the text is whole.
            new = file.with_name(f".{file.name}.new")
            new.write_text(change.after, encoding="utf-8")
            new.chmod(0o644)
            new.replace(file)
    except OSError as error:
        raise StackwardError(
            f"{error.filename or place} cannot be written: {error.strerror or error}. Run it as root, with --user, or "
            "with --folder and put the files in their place yourself."
        ) from error


def _tell_systemd(units: Mapping[str, str], *, of_user: bool, remove: bool) -> None:
    whose = ["--user"] if of_user else []
    timers = timers_of(units)
    if remove:
        # Their files are gone already, and with them what `disable` would go by.
        _systemctl([*whose, "stop", *timers], allowed=True)
        for timer in timers:
            (_folder(Means.SYSTEMD, of_user=of_user) / "timers.target.wants" / timer).unlink(missing_ok=True)
        _systemctl([*whose, "daemon-reload"])
        return
    _systemctl([*whose, "daemon-reload"])
    _systemctl([*whose, "enable", "--now", *timers])


def _systemctl(arguments: Sequence[str], *, allowed: bool = False) -> None:
    """Raises StackwardError where it fails, unless that is `allowed`."""
    program = shutil.which("systemctl")
    if program is None:
        raise StackwardError("There is no systemctl here. Use --by cron, or --folder to have the files alone.")
    done = subprocess.run(
        [program, *arguments], capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL
    )
    if done.returncode and not allowed:
        said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise StackwardError(
            f"The files are as they should be, but systemctl {' '.join(arguments)} failed: {said}. "
            "Run it again when systemd can."
        )


def _diff(change: Change) -> list[str]:
    before, after = (change.before or "").splitlines(keepends=True), (change.after or "").splitlines(keepends=True)
    return list(difflib.unified_diff(before, after, change.file, change.file))
