"""The options of providers whose form is known here; any other provider checks its own when it is loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from stackward.definition import ec2_values, form_errors, raw
from stackward.definition.container_form import ContainerForm
from stackward.definition.ec2_form import Ec2Form, Ec2PartForm
from stackward.definition.form import Form
from stackward.definition.mistake import Finding, Mistake, Path

FORMS: Mapping[str, type[Form]] = {"container": ContainerForm, "ec2": Ec2Form}
_PARTS: Mapping[str, type[Form]] = {"container": ContainerForm, "ec2": Ec2PartForm}

_DEFAULTS: Mapping[str, Mapping[str, Any]] = {"ec2": {"user": "stackward"}}
"""Options that others than the provider go by."""

_JOINED = frozenset({"security_groups"})
"""Options that a layer or instance adds to, and does not replace."""


def complete(kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a provider as it gets them: as read, with what others go by filled in.

    They need not be whole, as those of the stack are not where every layer or instance adds the rest.
    """
    form = _PARTS.get(kind)
    if form is None:
        return dict(options)
    read = form.model_validate(options).model_dump(exclude_unset=True)
    return {**_DEFAULTS.get(kind, {}), **read}


def merged(levels: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the options of several levels as one: a later one wins, and security groups are those of all."""
    found: dict[str, Any] = {}
    for level in levels:
        for key, value in level.items():
            joined = key in _JOINED and key in found
            found[key] = list(dict.fromkeys([*_listed(found[key]), *_listed(value)])) if joined else value
    return found


def findings(data: Any) -> Iterator[Finding]:
    """What is wrong with the options of providers, each at the place where it is written."""
    kind = raw.text(data, "provider", "type") or ""
    for name in raw.mapping(data, "layers"):
        if "type" in raw.mapping(data, "layers", name, "provider"):
            right = "remove it, and give instances a provider of their own where they need one"
            yield ("layers", name, "provider", "type"), Mistake("a layer has no provider of its own", right)
    wrong = {level.place: tuple(_wrong(level)) for level in _levels(data, kind)}
    for place, mistakes in wrong.items():
        yield from ((((*place, *path), mistake)) for path, mistake in mistakes)
    for key in raw.mapping(data, "instances"):
        levels = _levels_of(data, key, kind)
        if levels and not any(wrong.get(level.place) for level in levels):
            yield from _together(levels)


@dataclass(frozen=True, slots=True)
class _Level:
    """Options of one kind of provider, and where they are written."""

    place: Path
    kind: str
    options: Mapping[str, Any]


def _level(data: Any, kind: str, *place: str) -> _Level:
    options = {key: value for key, value in raw.mapping(data, *place).items() if key != "type"}
    return _Level(place, kind, options)


def _levels(data: Any, kind: str) -> Iterator[_Level]:
    """Yield every level of the file: the stack's, those of layers, those of instances."""
    yield _level(data, kind, "provider")
    for layer in raw.mapping(data, "layers"):
        yield _level(data, kind, "layers", layer, "provider")
    for key in raw.mapping(data, "instances"):
        yield _level(data, raw.text(data, "instances", key, "provider", "type") or kind, "instances", key, "provider")


def _levels_of(data: Any, key: str, kind: str) -> list[_Level]:
    """Return the levels that an instance's machine is made by; none for one that you own."""
    instance = raw.mapping(data, "instances", key)
    if "address" in instance:
        return []
    its = raw.text(instance, "provider", "type") or kind
    levels: list[_Level] = []
    if its == kind:
        levels = [_level(data, kind, "provider")]
        levels += [_level(data, kind, "layers", layer, "provider") for _, layer in raw.texts(instance, "layers")]
    return [*levels, _level(data, its, "instances", key, "provider")]


def _wrong(level: _Level) -> Iterator[Finding]:
    """Yield what is wrong with the options of a level, whatever the others add."""
    for path, mistake in _checked(level.kind, level.options):
        if path and path[0] in level.options:
            yield path, mistake
    for key in ("root", "volumes") if level.kind == "ec2" else ():
        for part, mistake in ec2_values.disk(raw.mapping(level.options, key), boots=key == "root"):
            yield (key, part), mistake
    if level.kind == "ec2" and level.place[0] == "instances" and "ssh_from" in level.options:
        right = "write ssh_from to the provider of the stack or of a layer"
        yield ("ssh_from",), Mistake("a layer has a security group, and an instance has none of its own", right)


def _together(levels: Sequence[_Level]) -> Iterator[Finding]:
    """Yield what is missing in all levels of an instance, and what does not go together in them."""
    kind, options = levels[-1].kind, merged([level.options for level in levels])
    for path, mistake in _checked(kind, options):
        # What is missing everywhere belongs to the first level that there is.
        yield (*levels[0].place, *path), mistake
    if kind == "ec2":
        latest = {key: position for position, level in enumerate(levels) for key in level.options}
        for path, mistake in _contradictions(options, latest):
            yield (*levels[latest[str(path[0])]].place, *path), mistake


def _checked(kind: str, options: Mapping[str, Any]) -> Iterator[Finding]:
    form = FORMS.get(kind)
    if form is None:
        return
    try:
        form.model_validate(options)
    except ValidationError as error:
        yield from form_errors.findings(error, form, options)


def _contradictions(options: Mapping[str, Any], latest: Mapping[str, int]) -> Iterator[Finding]:
    """Yield what does not go together; `latest` is the last level that writes an option.

    What a later level has no use for is no mistake of the earlier one that is for others too.
    """
    place: Path = ("zones",)
    if options.get("zones") and options.get("subnets"):
        yield place, Mistake("a subnet is in a zone already", "keep subnets, or zones")
    zones = options.get("zones")
    region = options.get("region")
    if isinstance(zones, list) and isinstance(region, str):
        for position, zone in enumerate(zones):
            if not zone.startswith(region):
                yield (*place, position), Mistake(f"{zone} is not in {region}", f"name zones such as {region}a")
    if options.get("connection") == "ssm" and not options.get("ssm_bucket"):
        right = "name the bucket of S3 through which files are passed: ssm_bucket: …"
        yield ("connection",), Mistake("Ansible's connection by Systems Manager needs a bucket", right)
    without = latest.get("connection", -1) <= latest.get("ssm_bucket", -1)
    if options.get("ssm_bucket") and options.get("connection") != "ssm" and without:
        yield ("ssm_bucket",), Mistake("is for connections by Systems Manager", "write connection: ssm, or remove it")
    without = latest.get("market", -1) <= latest.get("spot_price", -1)
    if options.get("spot_price") is not None and "spot" not in _listed(options.get("market", [])) and without:
        yield ("spot_price",), Mistake("nothing is bought as spot", "write market: spot, or remove spot_price")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
