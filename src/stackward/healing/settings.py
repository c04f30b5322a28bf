"""How an instance of several layers is healed."""

from __future__ import annotations

from stackward.definition.model import Healing, Instance, Stack


def healing_of(stack: Stack, instance: Instance) -> Healing:
    """The settings of an instance: those of its first layer in the file, and the longest silence of all."""
    layers = stack.layers_of(instance)
    first = layers[0].healing
    check = next((layer.healing for layer in layers if layer.healing.check is not None), first)
    return Healing(
        enabled=all(layer.healing.enabled for layer in layers),
        after=max(layer.healing.after for layer in layers),
        remedies=min((layer.healing.remedies for layer in layers), key=len),
        back_off=max(layer.healing.back_off for layer in layers),
        tries=min(layer.healing.tries for layer in layers),
        share=first.share,
        check=check.check,
        for_check=check.for_check,
        for_stop=all(layer.healing.for_stop for layer in layers),
    )
