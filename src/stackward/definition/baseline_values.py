"""How the values of users, packages, services and system settings are read: each returns the value or a Mistake."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from stackward.definition.mistake import Mistake, closest, described, shown

USER = r"[a-z_][a-z0-9_-]{0,31}"
GROUP = USER
SHELL = r"(?:/[A-Za-z0-9._+-]+)+"
PACKAGE = r"[a-z0-9][a-z0-9+.-]+"
UNIT = r"[A-Za-z0-9:_.@\\-]+"
HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.:-]*[A-Za-z0-9])?"
KERNEL_KEY = r"[a-z0-9_]+(?:[./][A-Za-z0-9_*:-]+)+"
FIRST_UID, LAST_UID = 1000, 59999
SERVICE_STATES = ("started", "stopped")

SYSTEM_ACCOUNTS = frozenset(
    {
        *("root", "daemon", "bin", "sys", "sync", "games", "man", "lp", "mail", "news", "uucp", "proxy", "www-data"),
        *("backup", "list", "irc", "gnats", "nobody", "messagebus", "sshd", "postgres", "haproxy", "nginx", "mysql"),
        *("redis", "memcache", "prometheus", "tomcat", "puppet", "_apt", "_chrony", "_rpc", "systemd-network"),
        *("systemd-resolve", "systemd-timesync", "stackward", "polkitd", "tcpdump", "sudo", "adm", "shadow"),
    }
)
"""Accounts and groups that the distribution or a built-in layer has."""

_KEY_TYPES = (
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
)
_KEY = re.compile(
    r"(?:(?P<options>[a-zA-Z][^\n]*?)[ \t]+)?"
    rf"(?P<type>{'|'.join(map(re.escape, _KEY_TYPES))})[ \t]+"
    r"(?P<data>[A-Za-z0-9+/]+=*)"
    r"(?:[ \t]+(?P<comment>[^\n\r]*))?"
)
_KEY_RIGHT = "write the line of a public key file, such as ssh-ed25519 AAAA… anna@example.com"


def user_name(value: Any) -> str:
    """Return the name of an account for a person."""
    right = "write lower-case letters, digits, hyphens and underscores, a letter first, such as anna"
    if not isinstance(value, str) or not re.fullmatch(USER, value, re.ASCII):
        raise Mistake(f"{shown(value)} cannot be the name of a user", right)
    if value in SYSTEM_ACCOUNTS:
        raise Mistake(f"{shown(value)} is an account of the system", "choose another name")
    return value


def ssh_key(value: Any) -> str:
    """Return one line of authorized_keys, with the data of the key checked."""
    if not isinstance(value, str):
        raise Mistake(f"is {described(value)}", _KEY_RIGHT)
    if "PRIVATE KEY" in value:
        raise Mistake(
            "this is a private key", "write the public one (of the file that ends in .pub), and make a new pair"
        )
    text = value.strip()
    match = _KEY.fullmatch(text)
    if match is None:
        raise Mistake(f"{shown(value)} is not a public SSH key", _KEY_RIGHT)
    try:
        data = base64.b64decode(match["data"], validate=True)
    except binascii.Error:
        data = b""
    length = int.from_bytes(data[:4], "big")
    if len(data) <= 4 + length or data[4 : 4 + length] != match["type"].encode():
        raise Mistake(
            f"the data of this {match['type']} key is cut off or damaged", "copy the whole line of the key's file"
        )
    return text


def uid(value: Any) -> int:
    """Return the number of an account."""
    if not isinstance(value, int) or isinstance(value, bool) or not FIRST_UID <= value <= LAST_UID:
        raise Mistake(f"{shown(value)} is no number for a user", f"write a whole number from {FIRST_UID} to {LAST_UID}")
    return value


def service_state(value: Any) -> bool:
    """Whether a unit runs."""
    if value not in SERVICE_STATES or not isinstance(value, str):
        meant = closest(value, SERVICE_STATES) if isinstance(value, str) else None
        raise Mistake(
            f"{shown(value)} is no state of a service",
            f"did you mean {shown(meant)}?" if meant else "write started or stopped",
        )
    return value == SERVICE_STATES[0]


def one_line(value: Any) -> str:
    """Return a command or comment of one line."""
    if not isinstance(value, str) or not value.strip() or any(character in value for character in "\0\n\r"):
        raise Mistake(
            f"is {described(value)}" if not isinstance(value, str) else f"{shown(value)} is not one line",
            "write a text of one line",
        )
    return value.strip()


def comment(value: Any) -> str:
    """Return what /etc/passwd says of a person."""
    text = one_line(value)
    if ":" in text:
        raise Mistake(f"{shown(value)} has a colon, which separates fields in /etc/passwd", "leave it out")
    return text


def time_servers(value: Any) -> tuple[str, ...] | None:
    """Return the time servers of a layer: None for false, none in particular for true."""
    right = "write true for the distribution's servers, false, or a list such as [time.example.com]"
    if isinstance(value, bool):
        return () if value else None
    if not isinstance(value, list) or not value:
        raise Mistake(f"is {described(value)}", right)
    for item in value:
        if not isinstance(item, str) or not re.fullmatch(HOST, item, re.ASCII):
            raise Mistake(f"{shown(item)} is not the name or address of a server", right)
    return tuple(value)


def kernel_value(value: Any) -> str:
    """Return the value of a kernel parameter as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise Mistake(f"is {described(value)}", 'write a number or a text, such as 1024 or "4096 87380 6291456"')
    return " ".join(one_line(value).split())


LIMIT_ITEMS = (
    *("core", "data", "fsize", "memlock", "nofile", "rss", "stack", "cpu", "nproc", "as", "maxlogins"),
    *("maxsyslogins", "priority", "locks", "sigpending", "msgqueue", "nice", "rtprio"),
)
LIMIT_DOMAIN = r"\*|@?[a-z_][a-z0-9_-]{0,31}"
_LIMIT_RIGHT = "write a number, unlimited, or {soft: …, hard: …}"


def limit_item(value: Any) -> str:
    """Return what a limit is about."""
    if not isinstance(value, str) or value not in LIMIT_ITEMS:
        meant = closest(value, LIMIT_ITEMS) if isinstance(value, str) else None
        raise Mistake(
            f"there is no limit {shown(value)}",
            f"did you mean {shown(meant)}?" if meant else f"the limits are: {', '.join(LIMIT_ITEMS)}",
        )
    return value


def limit(value: Any) -> tuple[str, str]:
    """Return the soft and the hard limit. Whether they fit what is limited, `limit_checks` says."""
    if not isinstance(value, dict):
        both = _limit(value)
        return both, both
    if value.keys() != {"soft", "hard"}:
        raise Mistake(
            f"has the keys {', '.join(map(shown, value)) or '(none)'}",
            "write {soft: …, hard: …}, or one value for both",
        )
    return _limit(value["soft"]), _limit(value["hard"])


def _limit(value: Any) -> str:
    if value == "unlimited":
        return "unlimited"
    if not isinstance(value, int) or isinstance(value, bool) or not -20 <= value < 2**63:
        raise Mistake(f"{shown(value)} is no limit", _LIMIT_RIGHT)
    return str(value)


def log_paths(value: Any) -> tuple[str, ...]:
    """Return the log files of a rotation: absolute paths, which may hold * and ?."""
    right = "write the absolute path of a log file, such as /var/log/app/*.log, or a list of them"
    items = value if isinstance(value, list) else [value]
    if not items:
        raise Mistake("is an empty list", right)
    for item in items:
        if not isinstance(item, str) or not re.fullmatch(r"/[^\s\x00-\x1f\"'{}]+", item):
            raise Mistake(f"{shown(item)} is not the path of a log file", right)
    return tuple(items)
