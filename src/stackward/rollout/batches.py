"""In which batches a release reaches the instances of an app."""

from __future__ import annotations

from collections.abc import Sequence

from stackward.definition.model import App, Batch, Stack


def batches(stack: Stack, app: App, names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The instances, each once, in the batches in which they are deployed to; both in the order of the file.

    Each layer has its own size of a batch, and the layers go side by side: the first batch holds the first ones of
    each. Where a migration comes first, one instance goes alone before all others.
    """
    if app.deploy.migrate is not None and len(names) > 1:
        return (tuple(names[:1]), *batches_of_layers(stack, app, names[1:]))
    return batches_of_layers(stack, app, names)


def batches_of_layers(stack: Stack, app: App, names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """As `batches`, whatever the app migrates."""
    by_layer: dict[str, list[str]] = {}
    for name in names:
        by_layer.setdefault(_layer(stack, app, name), []).append(name)
    found: list[list[str]] = []
    for layer, its in by_layer.items():
        step = size(app.deploy.batches.get(layer, app.deploy.batch), len(its))
        for place, start in enumerate(range(0, len(its), step)):
            if place == len(found):
                found.append([])
            found[place].extend(its[start : start + step])
    order = {name: place for place, name in enumerate(names)}
    return tuple(tuple(sorted(batch, key=order.__getitem__)) for batch in found)


def size(batch: Batch, count: int) -> int:
    """How many of `count` instances go at a time: a part is rounded down, and at least one goes."""
    return batch.count if batch.count is not None else max(1, int(count * batch.share + 1e-9))


def _layer(stack: Stack, app: App, name: str) -> str:
    """The first layer of the instance that runs the app."""
    return next(layer for layer in app.layers if layer in stack.instances[name].layers)
