"""Finds the source of measurements that a stack file names: built in, or a file of the project's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from stackward import plugin_files
from stackward.definition.metrics_form import BUILT_IN, CloudWatchForm, PrometheusForm, SshForm
from stackward.definition.model import SourceChoice, Stack
from stackward.errors import MetricsError
from stackward.observe.metrics.base import Source
from stackward.plugin_files import PluginKind

_KIND = PluginKind("metrics", "source", "source of measurements", MetricsError)


def load(choice: SourceChoice, *, stack: Stack) -> Source:
    """The source for the choice. Raises MetricsError where there is none, or where it does not take its options."""
    if choice.type in _MAKERS:
        form = BUILT_IN[choice.type].model_validate(dict(choice.options))
        return _MAKERS[choice.type](form, choice.name, stack)
    places = plugin_files.folders(_KIND.folder, str(Path(stack.path).parent), os.environ, str(Path.cwd()))
    file, factory = plugin_files.own(_KIND, choice.type, places, _MAKERS)
    return cast("Source", plugin_files.whole(_KIND, file, factory(choice.options, stack.name, stack.data), ("ask",)))


def _ssh(form: Any, name: str, stack: Stack) -> Source:
    from stackward.observe.metrics.over_ssh import SshSource

    its: SshForm = form
    return SshSource(stack.data, name, None if its.layers is None else tuple(its.layers))


def _prometheus(form: Any, name: str, stack: Stack) -> Source:
    from stackward.observe.metrics.prometheus import PORT, Layer, PrometheusSource

    its: PrometheusForm = form
    place: str | Layer = its.url or ""
    if its.layer is not None:
        place = Layer(its.layer, stack.layers[its.layer].settings.get("port", PORT))
    return PrometheusSource(place, name, its.queries)


def _cloudwatch(form: Any, name: str, _stack: Stack) -> Source:
    from stackward.observe.metrics.cloudwatch import CloudWatchMetric, CloudWatchSource, client

    its: CloudWatchForm = form
    return CloudWatchSource(
        client(its.region, its.endpoint),
        name,
        {
            metric: CloudWatchMetric(
                item.namespace, item.name, item.dimensions, item.statistic, of_each_instance=item.of_each_instance
            )
            for metric, item in its.metrics.items()
        },
    )


_MAKERS: Mapping[str, Callable[[Any, str, Stack], Source]] = {
    "ssh": _ssh,
    "prometheus": _prometheus,
    "cloudwatch": _cloudwatch,
}
