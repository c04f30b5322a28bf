"""How the options of the provider `ec2` are read: each function takes what YAML gives and returns it or a Mistake."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stackward.definition.mistake import Mistake, described, shown
from stackward.definition.values import matching

REGION = r"[a-z]{2,4}(?:-[a-z]+)+-[0-9]{1,2}"
ZONE = REGION + r"[a-z](?:-[a-z0-9-]+)?"
IMAGE = r"ami-[0-9a-f]{8,17}"
TYPE = r"[a-z][a-z0-9-]*\.[a-z0-9-]+"
SUBNET = r"subnet-[0-9a-f]{8,17}"
PARAMETER = r"[A-Za-z0-9_./:-]{1,1011}"
GROUP = r"[^\x00-\x1f]{1,255}"
MARKETS = ("on-demand", "spot")
ARCHITECTURES = ("x86_64", "arm64")

_IMAGE_RIGHT = 'write ami-…, {ssm: /aws/service/…} or {owner: "136693071363", name: debian-12-amd64-*}'

MOST_TAGS = 45

_TAKEN: Mapping[str, tuple[str, ...]] = {
    "gp3": ("iops", "throughput"),
    "io1": ("iops",),
    "io2": ("iops",),
    **dict.fromkeys(("gp2", "st1", "sc1", "standard"), ()),
}
"""What can be said of the speed of a disk, by its type."""

_PROVISIONED = ("io1", "io2")
_SLOW = ("st1", "sc1")
_LEAST_OF_GP3 = 3000


def region(value: Any) -> str:
    """Return the name of a region."""
    return matching(value, REGION, "is not a region", "write one such as eu-central-1")


def image(value: Any) -> Any:
    """Return what says which image is meant."""
    if isinstance(value, str):
        return matching(value, IMAGE, "is not the id of an image", _IMAGE_RIGHT)
    if not isinstance(value, dict) or not value:
        raise Mistake(f"is {described(value)}", _IMAGE_RIGHT)
    keys = {"ssm"} if "ssm" in value else {"owner", "name", "architecture"}
    if unknown := [key for key in value if key not in keys]:
        raise Mistake(f"{shown(unknown[0])} does not say which image", _IMAGE_RIGHT)
    if missing := [key for key in ("owner", "name") if "ssm" not in value and key not in value]:
        raise Mistake(f"has no {missing[0]}", _IMAGE_RIGHT)
    if wrong := [key for key, item in value.items() if not isinstance(item, str) or not item]:
        raise Mistake(f"{wrong[0]} is {described(value[wrong[0]])}", f"{_IMAGE_RIGHT}; numbers want quotes")
    if "ssm" in value:
        matching(value["ssm"], PARAMETER, "is not the name of a parameter of Systems Manager", _IMAGE_RIGHT)
    if value.get("architecture", "x86_64") not in ARCHITECTURES:
        raise Mistake(f"{shown(value['architecture'])} is no architecture", f"write {' or '.join(ARCHITECTURES)}")
    return value


def types(value: Any) -> list[str]:
    """Return types of instances."""
    return _several(value, TYPE, "is not a type of instance", "write one or more such as [m6i.large, m5.large]")


def subnets(value: Any) -> list[str]:
    """Return ids of subnets."""
    return _several(value, SUBNET, "is not the id of a subnet", "write one or more such as [subnet-0123456789abcdef0]")


def zones(value: Any) -> list[str]:
    """Return names of availability zones."""
    return _several(value, ZONE, "is not an availability zone", "write one or more such as [eu-central-1a]")


def groups(value: Any) -> list[str]:
    """Return ids or names of security groups."""
    return _several(value, GROUP, "is not a security group", "write ids or names, such as [web]")


def networks(value: Any) -> list[str]:
    """Return IPv4 networks as AWS writes them, a single address as a network of one."""
    right = "write one or more such as [192.0.2.0/24]"
    found = _several(value, r"[0-9./]+", "is not a network", right)
    return [_network(item, right) for item in found]


def _network(text: str, right: str) -> str:
    try:
        return str(ipaddress.IPv4Network(text))
    except ValueError:
        raise Mistake(f"{shown(text)} is not a network", right) from None


def markets(value: Any) -> list[str]:
    """Return the markets in which instances are bought, in order."""
    return _several(value, "|".join(MARKETS), "is not a market", "write on-demand, spot or [spot, on-demand]")


def price(value: Any) -> str:
    """Return dollars an hour as AWS takes them."""
    right = 'write dollars an hour, such as "0.05"'
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Mistake(f"is {described(value)}", right)
    return matching(str(value), r"[0-9]+(\.[0-9]{1,5})?", "is not a price", right)


def tags(value: Any) -> dict[str, str]:
    """Return tags of the user's own."""
    right = "write a mapping of texts, such as {team: shop}"
    if not isinstance(value, dict):
        raise Mistake(f"is {described(value)}", right)
    if len(value) > MOST_TAGS:
        raise Mistake(f"are {len(value)}", f"keep {MOST_TAGS} at most: AWS takes 50, and 5 are written by Stackward")
    for key, item in value.items():
        if not isinstance(item, str):
            raise Mistake(f"the tag {shown(key)} is {described(item)}", right)
        if key.lower().startswith(("aws:", "stackward:")) or key == "Name" or not 0 < len(key) <= 128:
            raise Mistake(f"the tag {shown(key)} is not free", "take another name; aws:, stackward: and Name are taken")
        if len(item) > 256:
            raise Mistake(f"the tag {shown(key)} is longer than 256 characters", "shorten it")
    return value


def disk(form: Mapping[str, Any], *, boots: bool) -> Iterator[tuple[str, Mistake]]:
    """Yield what AWS does not have of a disk that is otherwise well written, with the key; `boots`: a root disk."""
    kind = form.get("type", "gp3")
    if boots and kind in _SLOW:
        yield "type", Mistake(f"no machine boots from {kind}", "write type: gp3")
    if kind in _PROVISIONED and form.get("iops") is None:
        yield "iops", Mistake(f"is missing, and {kind} has no speed of its own", "write iops: 3000, or type: gp3")
    for key in ("iops", "throughput"):
        if form.get(key) is not None and key not in _TAKEN.get(str(kind), (key,)):
            yield key, Mistake(f"{kind} takes none", f"remove {key}, or write type: gp3")
    iops = form.get("iops")
    if kind == "gp3" and isinstance(iops, int) and 100 <= iops < _LEAST_OF_GP3:
        yield "iops", Mistake(f"gp3 has {_LEAST_OF_GP3} at least", "write more, or remove iops")
    if form.get("kms_key") is not None and form.get("encrypted") is False:
        yield "kms_key", Mistake("a disk that is not encrypted has no key", "remove kms_key, or encrypted: false")


def _several(value: Any, pattern: str, wrong: str, right: str) -> list[str]:
    items: Sequence[Any] = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not items:
        raise Mistake(f"is {described(value)}", right)
    found = [matching(item, pattern, wrong, right) for item in items]
    if len(set(found)) != len(found):
        raise Mistake("names one twice", "name each once, the first choice first")
    return found
