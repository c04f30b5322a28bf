"""Parameters of the kernel."""

from __future__ import annotations

from collections.abc import Sequence

from stackward.layers.context import LayerContext
from stackward.layers.resources import KernelParameters, Resource

SETTINGS = "/etc/sysctl.d/60-stackward.conf"


def sysctl(contexts: Sequence[LayerContext]) -> tuple[Resource, ...]:
    """Return the kernel's parameters on an instance."""
    chosen = {key: value for context in contexts for key, value in context.layer.baseline.sysctl.items()}
    return (KernelParameters(name="kernel parameters", path=SETTINGS, parameters=dict(sorted(chosen.items()))),)
