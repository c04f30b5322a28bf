"""Whether the options of the sources of measurements are right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from stackward.definition import form_errors, raw
from stackward.definition.metrics_form import BUILT_IN, PrometheusForm, own
from stackward.definition.mistake import Finding, Mistake, Path, shown, suggestion


def findings(data: Any) -> Iterator[Finding]:
    """Every mistake in the options of built-in sources, and each layer that they name in vain."""
    for name in raw.mapping(data, "metrics"):
        source = raw.mapping(data, "metrics", name)
        form = BUILT_IN.get(raw.text(source, "type") or "")
        if form is None:
            continue
        try:
            form.model_validate(own(source))
        except ValidationError as error:
            for path, mistake in form_errors.findings(error, form, own(source)):
                yield ("metrics", name, *path), mistake
        if form is PrometheusForm and (source.get("url") is None) == (source.get("layer") is None):
            yield ("metrics", name), Mistake("needs a url or a layer", "write one of them: where Prometheus answers")
        for path, mistake in _layers(source, list(raw.mapping(data, "layers"))):
            yield ("metrics", name, *path), mistake


def _layers(source: Any, layers: list[str]) -> Iterator[Finding]:
    """Yield the layers that a source names and the stack does not have."""
    named: list[tuple[Path, str | None]] = [(("layer",), raw.text(source, "layer"))]
    named += [(("layers", position), layer) for position, layer in raw.texts(source, "layers")]
    for path, layer in named:
        if layer is not None and layer not in layers:
            yield path, Mistake(f"there is no layer {shown(layer)}", suggestion(layer, layers, "layers of this stack"))
