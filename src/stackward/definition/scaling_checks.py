"""Whether the scaling of each layer can work: with its own numbers, with the layer's instances, with each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stackward.definition import host_pattern, raw, scaling_values
from stackward.definition.form_errors import keys_of
from stackward.definition.load_scaling import DOWN, MEASURED, PERCENT, UP
from stackward.definition.mistake import Finding, Mistake, closest, shown
from stackward.definition.model import InstanceType
from stackward.definition.scaling_form import DownForm, MetricsForm, TargetForm, UpForm

_SIDES: Mapping[str, type[MetricsForm]] = {"up": UpForm, "down": DownForm, "target": TargetForm}
_FLAPS = "the layer would flap"


@dataclass(frozen=True, slots=True)
class _Numbers:
    """How many instances of a layer there are by type; `sure` unless a name or type of one of them is wrong."""

    every: int
    always: int
    load: int
    sure: bool


def findings(data: Any) -> Iterator[Finding]:
    """Every mistake in the file's data that concerns scaling and is none of form."""
    layers = raw.mapping(data, "layers")
    scaled = {name for name in layers if "load" in raw.mapping(layers, name, "scaling")}
    for name in layers:
        if name in scaled:
            load = raw.mapping(layers, name, "scaling", "load")
            for path, mistake in _load(load, name, _numbers(data, name)):
                yield ("layers", name, "scaling", "load", *path), mistake
    for key in raw.mapping(data, "instances"):
        theirs = [layer for _, layer in raw.texts(data, "instances", key, "layers")]
        known = bool(theirs) and all(name in layers for name in theirs)
        if "schedule" in raw.mapping(data, "instances", key):
            continue  # `schedules` says what is wrong with it.
        if _type(data, key) is InstanceType.LOAD and known and not scaled.intersection(theirs):
            yield (
                ("instances", key, "type"),
                Mistake(
                    f"none of its layers scales by load ({', '.join(theirs)})",
                    "write scaling: {load: {}} in one of them, or leave the type out",
                ),
            )


def _load(load: Mapping[str, Any], layer: str, numbers: _Numbers) -> Iterator[Finding]:
    own = [name for _, name in raw.texts(load, "metrics")]
    yield from _names(load, own)
    yield from _unknown(load, own)
    yield from _flapping(load)
    yield from _alarms(load)
    if load.get("target") == {}:
        yield ("target",), Mistake("names no metric", "write a value to keep, such as {cpu: 55}")
    for name in _given(load, "target"):
        for side in ("up", "down"):
            if name in _given(load, side):
                yield (
                    ("target", name),
                    Mistake(
                        f"{side} has a threshold for {name} too, and both would move the layer",
                        f"keep target.{name} or {side}.{name}",
                    ),
                )
    if numbers.sure:
        yield from _bounds(load, layer, numbers)
        if not numbers.load:
            yield (
                (),
                Mistake(
                    f"no instance of layer {shown(layer)} is of type load, so there is nothing to start or stop",
                    "write type: load for some of its instances, or remove scaling",
                ),
            )


def _names(load: Mapping[str, Any], own: list[str]) -> Iterator[Finding]:
    taken = {key for form in _SIDES.values() for key in keys_of(form)}
    for position, name in raw.texts(load, "metrics"):
        if name in MEASURED:
            yield ("metrics", position), Mistake(f"every instance has the metric {shown(name)}", "remove it here")
        elif name in taken:
            yield ("metrics", position), Mistake(f"{shown(name)} is a key of up, down or target", "choose another name")
        elif name in own[:position]:
            yield ("metrics", position), Mistake(f"{shown(name)} is listed twice", "list each metric once")


def _unknown(load: Mapping[str, Any], own: list[str]) -> Iterator[Finding]:
    for side, form in _SIDES.items():
        known = (*keys_of(form), *own)
        for key in raw.mapping(load, side):
            if key not in known:
                meant = closest(key, known)
                right = f"did you mean {shown(meant)}?" if meant else f"add {shown(key)} to metrics if it is your own"
                yield (side, key), Mistake(f"there is no metric {shown(key)}", right)


def _flapping(load: Mapping[str, Any]) -> Iterator[Finding]:
    up, down = _given(load, "up"), _given(load, "down")
    has_target = bool(raw.mapping(load, "target"))
    implied_up = not (up or raw.mapping(load, "up").get("alarms") or has_target)
    implied_down = not (down or raw.mapping(load, "down").get("alarms") or has_target)
    up = dict(UP.thresholds) if implied_up else up
    down = dict(DOWN.thresholds) if implied_down else down
    for name in up.keys() & down.keys():
        if up[name] > down[name]:
            continue
        unit = " %" if name in PERCENT else ""
        if implied_down:
            yield (
                ("up", name),
                Mistake(
                    f"{_number(up[name])}{unit} is not above what removes instances unless you write it "
                    f"({_number(down[name])}{unit}): {_FLAPS}",
                    f"write down: {{{name}: …}} with less than {_number(up[name])}, or more here",
                ),
            )
        else:
            default = " unless you write it" if implied_up else ""
            yield (
                ("down", name),
                Mistake(
                    f"{_number(down[name])}{unit} is not below what adds instances{default} "
                    f"({_number(up[name])}{unit}): {_FLAPS}",
                    f"write less than {_number(up[name])}",
                ),
            )


def _alarms(load: Mapping[str, Any]) -> Iterator[Finding]:
    owners: dict[str, str] = {}
    for side in ("up", "down"):
        for position, name in raw.texts(load, side, "alarms"):
            owner = owners.setdefault(name, side)
            if owner != side:
                wrong = f"the alarm {shown(name)} adds instances already: {_FLAPS}"
                yield (side, "alarms", position), Mistake(wrong, "let each alarm have one effect")
            elif [name for _, name in raw.texts(load, side, "alarms")].index(name) < position:
                yield (
                    (side, "alarms", position),
                    Mistake(f"{shown(name)} is listed twice", "list each alarm once"),
                )


def _bounds(load: Mapping[str, Any], layer: str, numbers: _Numbers) -> Iterator[Finding]:
    least, most = _whole(load.get("min")), _whole(load.get("max"))
    if least is not None and most is not None and least > most:
        yield ("min",), Mistake(f"{least} is more than max ({most})", f"write {most} at most")
    if least == 0 and not numbers.always and not raw.mapping(load, "up").get("alarms"):
        yield ("min",), Mistake("0 could leave nobody who can be measured, and nobody would start again", "write 1")
    has = f"layer {shown(layer)} has {numbers.every} instances"
    for key, bound in (("min", least), ("max", most)):
        if bound is not None and bound > numbers.every:
            yield (key,), Mistake(f"{bound} is too many: {has}", f"write {numbers.every} at most, or add instances")
    if most is not None and most < numbers.always:
        wrong = f"{most} is less than the {numbers.always} instances of layer {shown(layer)} that are 24/7"
        yield ("max",), Mistake(wrong, f"write {numbers.always} at least")


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _number(value: float) -> str:
    return f"{value:g}"


def _given(load: Mapping[str, Any], side: str) -> dict[str, float]:
    """Return the values that a side gives for metrics, without those that cannot be read."""
    keys = {key for key in keys_of(_SIDES[side]) if key not in MEASURED}
    found = {}
    for name, value in raw.mapping(load, side).items():
        if name not in keys:
            try:
                found[name] = (scaling_values.percent if name in PERCENT else scaling_values.threshold)(value)
            except Mistake:
                continue
    return found


def _type(data: Any, key: str) -> InstanceType | None:
    """Return the type of an instance, None where it is wrong."""
    value = raw.mapping(data, "instances", key).get("type", InstanceType.ALWAYS.value)
    return next((each for each in InstanceType if each.value == value), None)


def _numbers(data: Any, layer: str) -> _Numbers:
    every = always = load = 0
    sure = True
    for key in raw.mapping(data, "instances"):
        if layer not in (name for _, name in raw.texts(data, "instances", key, "layers")):
            continue
        try:
            count = host_pattern.parse(key).count
        except Mistake:
            count, sure = 1, False
        kind = _type(data, key)
        sure = sure and kind is not None
        every += count
        always += count if kind is InstanceType.ALWAYS else 0
        load += count if kind is InstanceType.LOAD else 0
    return _Numbers(every, always, load, sure and every > 0)
