"""How the load balancers in front of a layer are read, and what may be wrong with several of them together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackward.definition import raw
from stackward.definition.mistake import Finding, Mistake, shown
from stackward.definition.values import matching

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?"
ARN = r"arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:targetgroup/[A-Za-z0-9-]+/[0-9a-f]+"
TARGET_GROUP = f"{_NAME}|{ARN}"
CLASSIC = _NAME


def target_group(value: Any) -> str:
    """Return the name or ARN of a target group."""
    return matching(value, TARGET_GROUP, "is not a target group", "write its name, such as shop-web, or its ARN")


def classic(value: Any) -> str:
    """Return the name of a classic load balancer."""
    return matching(value, CLASSIC, "is not the name of a classic load balancer", "write its name, such as shop")


def findings(data: Any) -> Iterator[Finding]:
    """What is wrong with the load balancers of layers beyond the single values."""
    for layer in raw.mapping(data, "layers"):
        seen: dict[tuple[str, str], int] = {}
        for position, item in raw.items(data, "layers", layer, "load_balancers"):
            place = ("layers", layer, "load_balancers", position)
            kinds = [kind for kind in ("target_group", "classic") if raw.text(item, kind) is not None]
            named = [kind for kind in ("target_group", "classic") if isinstance(item, dict) and kind in item]
            if isinstance(item, dict) and len(named) != 1 and item.keys() <= {"target_group", "classic", "port"}:
                wrong = "is two load balancers" if named else "does not say which load balancer"
                yield place, Mistake(wrong, "write {target_group: NAME} or {classic: NAME}")
            elif "classic" in kinds and "port" in item:
                right = "remove port; the listeners of a classic load balancer say it"
                yield (*place, "port"), Mistake("a classic load balancer knows no port of an instance", right)
            elif kinds:
                name = (kinds[0], str(raw.text(item, kinds[0])))
                # One target group with two ports is two members of an instance; twice the same is a slip.
                key = (name[0], f"{name[1]} {item.get('port')}")
                if key in seen:
                    yield place, Mistake(f"{shown(name[1])} is listed twice", "list each load balancer once")
                seen[key] = position
