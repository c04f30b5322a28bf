"""How `ingress` of a layer is read, and whether its rules name layers that there are."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from typing import Any

from stackward.definition import raw
from stackward.definition.mistake import Finding, Mistake, described, shown, suggestion
from stackward.definition.resources import ALL, Ingress

DEFAULT = "default"
"""The rules that suit the stack: see `rules`."""

PROTOCOLS = ("tcp", "udp", "icmp", ALL)
EVERYWHERE = "everywhere"
_RIGHT = "write `default`, or a list of rules such as {ports: 8000, from: lb}"
_KEYS = ("ports", "protocol", "from")


def ingress(value: Any) -> Any:
    """Return `default`, or a list of rules as the file has them, checked one by one."""
    if value == DEFAULT:
        return value
    if not isinstance(value, list):
        raise Mistake(f"is {described(value)}", _RIGHT)
    for item in value:
        read(item)
    return value


def read(item: Any) -> tuple[str, int, int, tuple[str, ...]]:
    """Return protocol, first and last port, and sources of a rule. Raises Mistake."""
    if not isinstance(item, dict):
        raise Mistake(f"a rule is {described(item)}", "write {ports: 8000, from: lb}")
    if unknown := [key for key in item if key not in _KEYS]:
        raise Mistake(f"a rule has the key {shown(unknown[0])}", f"it knows {', '.join(_KEYS)}")
    protocol = item.get("protocol", "tcp")
    if protocol not in PROTOCOLS:
        raise Mistake(f"{shown(protocol)} is not a protocol", f"write one of {', '.join(PROTOCOLS)}")
    portless = protocol in (ALL, "icmp")
    if portless and "ports" in item:
        raise Mistake(f"{protocol} has no ports", "remove ports, or write protocol: tcp")
    first, last = (0, 0) if portless else _ports(item.get("ports"))
    return protocol, first, last, _sources(item.get("from"))


def rules(value: Any) -> tuple[Ingress, ...]:
    """Return the rules of a checked list, one for each source."""
    found = []
    for item in value:
        protocol, first, last, sources = read(item)
        for source in sources:
            network = "0.0.0.0/0" if source == EVERYWHERE else _network(source)
            found.append(Ingress(protocol, first, last, layer="" if network else source, network=network or ""))
    return tuple(dict.fromkeys(found))


def findings(data: Any) -> Iterator[Finding]:
    """Rules from layers that there are not, or that have no rules of their own and so no group to be named by."""
    layers = raw.mapping(data, "layers")
    for name, layer in layers.items():
        value = layer.get("ingress") if isinstance(layer, dict) else None
        for position, item in enumerate(value if isinstance(value, list) else ()):
            place = ("layers", name, "ingress", position, "from")
            for source in _listed(item.get("from") if isinstance(item, dict) else None):
                if not isinstance(source, str) or source == EVERYWHERE or {"/", "."} & set(source):
                    continue
                if source not in layers:
                    right = suggestion(source, list(layers), "layers of this stack")
                    yield place, Mistake(f"{shown(source)} is neither a layer nor a network", right)
                elif "ingress" not in raw.mapping(data, "layers", source):
                    right = f"write ingress for it too, such as layers.{source}.ingress: default"
                    yield place, Mistake(f"the layer {shown(source)} has no group that could be let in", right)


def _ports(value: Any) -> tuple[int, int]:
    right = 'write a port such as 8000, or several such as "8000-8010"'
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise Mistake(f"the ports of a rule are {described(value)}", right)
    found = re.fullmatch(r"([0-9]{1,5})(?:-([0-9]{1,5}))?", str(value), re.ASCII)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= first <= last <= 65535:
        raise Mistake(f"{shown(value)} are not ports", right)
    return first, last


def _sources(value: Any) -> tuple[str, ...]:
    sources = _listed(value)
    right = "write a layer, a network such as 192.0.2.0/24, everywhere, or a list of them"
    if not sources:
        raise Mistake("a rule does not say from where", right)
    for source in sources:
        if not isinstance(source, str) or not source:
            raise Mistake(f"the source of a rule is {described(source)}", right)
        if ("/" in source or "." in source) and _network(source) is None:
            raise Mistake(f"{shown(source)} is not an IPv4 network", "write one such as 192.0.2.0/24")
    return tuple(sources)


def _network(source: str) -> str | None:
    try:
        return str(ipaddress.IPv4Network(source))
    except ValueError:
        return None


def _listed(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    return value if isinstance(value, list) else [value]
