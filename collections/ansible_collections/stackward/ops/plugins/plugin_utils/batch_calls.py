# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The calls of a batch as a user writes them: read, and refused with what would be right."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches

BUILTIN = "ansible.builtin."
_PREFIXES = (BUILTIN, "ansible.legacy.")
KEYWORDS = ("name", "when", "notify", "no_log", "changed_when")
POSSIBLE = frozenset(
    {
        *("apt", "apt_key", "apt_repository", "assemble", "blockinfile", "command", "copy", "cron"),
        *("deb822_repository", "debconf", "dnf5", "dpkg_selections", "expect", "file", "find", "get_url"),
        *("getent", "git", "group", "hostname", "iptables", "known_hosts", "lineinfile", "package", "ping", "pip"),
        *("replace", "rpm_key", "service", "shell", "slurp", "stat", "subversion", "systemd", "systemd_service"),
        *("sysvinit", "tempfile", "template", "unarchive", "uri", "user", "wait_for", "yum_repository"),
    }
)
"""The modules that do all of their work on the host, and those whose other part the batch does."""
_FREE_FORM = ("command", "shell")
_OPTION = re.compile(r"(?:^|\s)(chdir|creates|executable|expand_argument_vars|removes|stdin|stdin_add_newline)=")
"""What a task takes out of the text of a command, before it fills in templates. Here they are filled in already."""


class WrongCallError(Exception):
    """A call cannot be part of a batch. The message says which one, why, and what to do."""


@dataclass(frozen=True)
class Call:
    """One call: its place from 1, what the user calls it, and what is to be done."""

    place: int
    name: str
    module: str
    arguments: dict
    when: bool = True
    notify: tuple = ()
    no_log: bool = False
    changed_when: bool | None = None


def read(arguments):
    """Return the calls of a batch, from the arguments of its task. Raises WrongCallError."""
    unknown = [key for key in arguments if key != "calls"]
    if unknown:
        raise WrongCallError(f"A batch takes calls, and nothing else such as {unknown[0]}.")
    entries = arguments.get("calls")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise WrongCallError("A batch takes calls, a list of dictionaries with one module each.")
    return [_read(place, entry) for place, entry in enumerate(entries, 1)]


def _read(place, entry):
    written = [key for key in entry if key not in KEYWORDS]
    title = f"Call {place}" + (f', "{entry["name"]}",' if entry.get("name") else "")
    if len(written) != 1:
        found = ", ".join(written) or "none"
        raise WrongCallError(f"{title} needs exactly one module and has {found}. {_guess(written)}".rstrip())
    module = _module(written[0], title)
    return Call(
        place=place,
        name=str(entry.get("name") or BUILTIN + module),
        module=module,
        arguments=_arguments(module, entry[written[0]], title),
        when=_boolean(entry, "when", True, title),
        notify=_handlers(entry.get("notify"), title),
        no_log=_boolean(entry, "no_log", False, title),
        changed_when=_boolean(entry, "changed_when", None, title),
    )


def _guess(written):
    for key in written:
        meant = get_close_matches(key, KEYWORDS, n=1, cutoff=0.75)
        if meant:
            return f"Did you mean {meant[0]} by {key}?"
    return f"Beside the module a call can have {', '.join(KEYWORDS)}."


def _module(written, title):
    name = written
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    if name in POSSIBLE:
        return name
    if "." in name:
        raise WrongCallError(
            f"{title} calls {written}. Only modules of ansible.builtin can be part of a batch: make it a task."
        )
    meant = get_close_matches(name, POSSIBLE, n=1)
    right = f"Did you mean {meant[0]}?" if meant else "Make it a task of its own, or name another module."
    raise WrongCallError(f"{title} calls {written}, which cannot be part of a batch. {right}")


def _arguments(module, written, title):
    if isinstance(written, str) and module in _FREE_FORM:
        option = _OPTION.search(written)
        if option:
            raise WrongCallError(
                f"{title} has {option[1]}= in the text of its command: write "
                f"{{cmd: …, {option[1]}: …}}, or {{cmd: …}} alone if it is part of the command."
            )
        return {"_raw_params": written}
    if written is None:
        return {}
    if not isinstance(written, dict):
        raise WrongCallError(f"{title} gives {module} no dictionary of arguments: write one, as in a task.")
    arguments = dict(written)
    if module in _FREE_FORM and "cmd" not in arguments and "argv" not in arguments:
        raise WrongCallError(f"{title} does not say which command: write cmd or argv.")
    return arguments


def _boolean(entry, key, otherwise, title):
    value = entry.get(key, otherwise)
    if value is otherwise or isinstance(value, bool):
        return value
    raise WrongCallError(
        f"{title} has the value {value!r} of type {type(value).__name__} for {key}: write true, false, "
        'or a template that gives one of them, such as "{{ x == 1 }}".'
    )


def _handlers(value, title):
    handlers = [value] if isinstance(value, str) else value or []
    if not isinstance(handlers, list) or not all(isinstance(handler, str) for handler in handlers):
        raise WrongCallError(f"{title} notifies {value!r}: write the name of a handler, or a list of names.")
    return tuple(handlers)
