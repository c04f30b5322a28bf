"""Units that layers say run, or do not."""

from __future__ import annotations

from collections.abc import Sequence

from stackward.layers.context import LayerContext
from stackward.layers.resources import ChosenServices, Resource


def services(contexts: Sequence[LayerContext]) -> tuple[Resource, ...]:
    """Return the services of an instance."""
    chosen = {unit: running for context in contexts for unit, running in context.layer.baseline.services.items()}
    return (ChosenServices(name="services", services=dict(sorted(chosen.items()))),)
