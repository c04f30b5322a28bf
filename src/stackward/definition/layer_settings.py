"""The keys of a layer beyond those of every layer: they belong to the built-in layer that it uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from stackward.definition import form_errors, raw
from stackward.definition.built_in import BuiltInLayer, BuiltInLayers
from stackward.definition.layer_form import LayerForm
from stackward.definition.mistake import Finding, Mistake, shown, suggestion

_COMMON = form_errors.keys_of(LayerForm)


def findings(data: Any, built_in: BuiltInLayers) -> Iterator[Finding]:
    """Unknown built-in layers, unknown keys of layers, and settings that their layer does not accept."""
    for name in raw.mapping(data, "layers"):
        layer = raw.mapping(data, "layers", name)
        uses = raw.text(layer, "uses")
        kind = built_in.get(uses) if uses is not None else None
        if uses is not None and kind is None:
            yield (
                ("layers", name, "uses"),
                Mistake(f"there is no built-in layer {shown(uses)}", suggestion(uses, built_in, "built-in layers")),
            )
        for path, mistake in _settings(own(layer), kind, sure=uses is None or kind is not None):
            yield ("layers", name, *path), mistake


def own(layer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings among the keys of a layer."""
    return {key: value for key, value in layer.items() if key not in _COMMON}


def _settings(settings: dict[str, Any], kind: BuiltInLayer | None, *, sure: bool) -> Iterator[Finding]:
    """Yield what is wrong with settings. Unless `sure` which built-in layer is meant, an unknown key may be right."""
    known = form_errors.keys_of(kind.settings) if kind is not None else ()
    for key in settings:
        if key not in known and (sure or key in LayerForm.later):
            yield (key,), form_errors.unknown_key(key, _COMMON + known, LayerForm.later)
    given = {key: value for key, value in settings.items() if key in known}
    if kind is None:
        return
    try:
        kind.settings.model_validate(_with_tuples(given), strict=True)
    except ValidationError as error:
        yield from form_errors.findings(error, kind.settings, given)


def _with_tuples(value: Any) -> Any:
    """Return a value with tuples for its lists, which settings have: a list is none where types must be exact."""
    if isinstance(value, dict):
        return {key: _with_tuples(item) for key, item in value.items()}
    return tuple(map(_with_tuples, value)) if isinstance(value, list) else value
