"""Packages that layers list, and those that other parts of the baseline need."""

from __future__ import annotations

from collections.abc import Sequence

from stackward.layers.context import LayerContext
from stackward.layers.resources import ChosenPackages, Resource


def packages(contexts: Sequence[LayerContext]) -> tuple[Resource, ...]:
    """Return the packages of an instance."""
    baselines = [context.layer.baseline for context in contexts]
    needed = {
        "chrony": any(item.time_servers is not None for item in baselines),
        "cron": any(item.cron for item in baselines),
        "logrotate": any(item.logrotate for item in baselines),
    }
    names = {name for item in baselines for name in item.packages} | {name for name, is_so in needed.items() if is_so}
    return (ChosenPackages(name="packages", packages=tuple(sorted(names))),)
