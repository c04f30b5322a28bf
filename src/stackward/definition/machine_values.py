"""How machines that somebody owns are read, and what contradicts itself in them."""

from __future__ import annotations

import ipaddress
import re
import shlex
from collections.abc import Iterator
from typing import Any

from stackward.definition import host_pattern, raw
from stackward.definition.mistake import Finding, Mistake, described, shown
from stackward.definition.model import OWNED, InstanceType
from stackward.definition.values import DOMAIN

USER = r"[A-Za-z_][A-Za-z0-9_.-]{0,31}"
ZONE = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
HOST_KEY = r"(?:ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/]{40,}={0,3}"

_ADDRESS_RIGHT = "write an IP address or a host name, such as 192.0.2.10"
_WITH_ADDRESS = ("port", "user", "key", "host_keys", "power", "zone", "platform", "connection")
_NOT_ON_WINDOWS = (
    *("uses", "volumes", "users", "packages", "updates", "services", "cron", "ntp", "sysctl", "limits", "logrotate"),
)


def address(value: Any) -> str:
    """Return where a machine is: an IP address or a host name."""
    if not isinstance(value, str):
        raise Mistake(f"is {described(value)}", _ADDRESS_RIGHT)
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        pass
    # What looks like an IP address and is none would be looked up as a name, and not be found.
    if not re.fullmatch(DOMAIN, value, re.ASCII) or re.fullmatch(r"[0-9.]+", value):
        raise Mistake(f"{shown(value)} is neither an IP address nor a host name", _ADDRESS_RIGHT)
    return value.lower()


def port(value: Any) -> int:
    """Return the port of an SSH server."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 65535:
        raise Mistake(f"{shown(value)} is not a port", "write a whole number from 1 to 65535, such as 22")
    return value


def user(value: Any) -> str:
    """Return the name of an account on a machine."""
    if not isinstance(value, str) or not re.fullmatch(USER, value, re.ASCII):
        raise Mistake(f"{shown(value)} is not the name of an account", "write who logs in, such as admin")
    return value


def zone(value: Any) -> str:
    """Return the name of what machines share that can be lost together."""
    if not isinstance(value, str) or not re.fullmatch(ZONE, value, re.ASCII):
        right = "write a name of letters, digits, dots and hyphens, such as rack-1"
        raise Mistake(f"{shown(value)} is not the name of a zone", right)
    return value


def host_key(value: Any) -> str:
    """Return a public SSH host key without its comment."""
    right = 'write a line of /etc/ssh/ssh_host_ed25519_key.pub, such as "ssh-ed25519 AAAA…"'
    if not isinstance(value, str):
        raise Mistake(f"is {described(value)}", right)
    words = value.split()
    if len(words) < 2 or not re.fullmatch(HOST_KEY, " ".join(words[:2]), re.ASCII):
        raise Mistake(f"{shown(value)} is not a public host key", right)
    return " ".join(words[:2])


def command(value: Any) -> tuple[str, ...]:
    """Return the words of a command that is run without a shell."""
    right = "write a command of one line, such as wakeonlan 52:54:00:12:34:56"
    if isinstance(value, list) and value and all(isinstance(word, str) and word for word in value):
        words = list(value)
    elif isinstance(value, str):
        try:
            words = shlex.split(value)
        except ValueError as error:
            raise Mistake(f"{shown(value)} cannot be split into words ({error})", "close the quotes") from None
    else:
        raise Mistake(f"is {described(value)}", right)
    if not words or any("\0" in word or "\n" in word for word in words):
        raise Mistake(f"{shown(value)} is not a command of one line", right)
    return tuple(words)


def findings(data: Any) -> Iterator[Finding]:
    """What contradicts itself in machines that somebody owns."""
    everywhere = raw.text(data, "provider", "type")
    owners: dict[tuple[str, int], str] = {}
    for key in raw.mapping(data, "instances"):
        instance = raw.mapping(data, "instances", key)
        place = ("instances", key)
        if "address" not in instance:
            yield from _without_address(instance, place, everywhere)
            continue
        yield from _owned(instance, place, key)
        yield from _on_windows(data, instance, place)
        where = _where(instance)
        if where is not None:
            owner = owners.setdefault(where, key)
            if owner != key:
                wrong = f"{shown(owner)} is at {where[0]} port {where[1]} already"
                yield (*place, "address"), Mistake(wrong, "give each machine to one instance")


def _without_address(instance: Any, place: tuple[str, ...], everywhere: str | None) -> Iterator[Finding]:
    if instance.get("layers") == []:
        wrong = "names no layer, and only a machine that you own may be in none"
        yield (*place, "layers"), Mistake(wrong, "name at least one layer, such as [web]")
    chosen = raw.text(instance, "provider", "type") or everywhere
    if chosen == OWNED:
        yield (
            place,
            Mistake("has no address, and its provider is static", "write where the machine is: address: 192.0.2.10"),
        )
        return
    for key in _WITH_ADDRESS:
        if key in instance:
            right = f"add the machine's address, or remove {key}"
            yield (*place, key), Mistake("is for machines that you own, which have an address", right)


def _owned(instance: Any, place: tuple[str, ...], key: str) -> Iterator[Finding]:
    chosen = raw.text(instance, "provider", "type")
    if chosen not in (None, OWNED):
        wrong = f"a machine of the provider {shown(chosen)} gets its address from it"
        yield (*place, "address"), Mistake(wrong, "remove address, or the instance's provider")
    if instance.get("layers") == [] and instance.get("type", InstanceType.ALWAYS.value) != InstanceType.ALWAYS.value:
        wrong = "a machine that is in no layer takes no part, so nothing starts it"
        yield (*place, "type"), Mistake(wrong, "remove type, or name a layer")
    if instance.get("elastic_ip") is True:
        wrong = "a machine that you own keeps its address, and gets no other one"
        yield (*place, "elastic_ip"), Mistake(wrong, "remove elastic_ip")
    try:
        count = host_pattern.parse(key).count
    except Mistake:
        return
    if count > 1:
        wrong = f"this stands for {count} instances, and an address is that of one machine"
        yield (*place, "address"), Mistake(wrong, "write one key for each machine")


def _on_windows(data: Any, instance: Any, place: tuple[str, ...]) -> Iterator[Finding]:
    windows = instance.get("platform") == "windows"
    connection = instance.get("connection")
    if windows and connection == "ssh":
        yield (*place, "connection"), Mistake("Windows machines are not reached over SSH", "write psrp or winrm")
    if not windows and connection in ("psrp", "winrm"):
        right = "add platform: windows, or remove connection"
        yield (*place, "connection"), Mistake(f"{connection} is for Windows machines", right)
    if not windows:
        return
    if "user" not in instance:
        yield place, Mistake("does not say who logs in to Windows", "write user: Administrator, or another one")
    for key in ("key", "host_keys"):
        if key in instance:
            yield (*place, key), Mistake("is for SSH, and Windows machines are not reached over it", f"remove {key}")
    for position, layer in raw.texts(instance, "layers"):
        its = raw.mapping(data, "layers", layer)
        given = [key for key in _NOT_ON_WINDOWS if its.get(key)]
        if given:
            wrong = f"layer {shown(layer)} has {', '.join(given)}, which is for Linux; on Windows only recipes run"
            right = "give the machine layers of your own that have nothing but recipes"
            yield (*place, "layers", position), Mistake(wrong, right)


def _where(instance: Any) -> tuple[str, int] | None:
    try:
        return address(instance["address"]), port(instance.get("port", 22))
    except Mistake:
        return None
