"""The options of providers whose form is known here; any other provider checks its own when it is loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from stackward.definition import form_errors, raw
from stackward.definition.container_form import ContainerForm
from stackward.definition.ec2_form import Ec2Form
from stackward.definition.form import Form
from stackward.definition.mistake import Finding, Mistake, Path

FORMS: Mapping[str, type[Form]] = {"container": ContainerForm, "ec2": Ec2Form}

_DEFAULTS: Mapping[str, Mapping[str, Any]] = {"ec2": {"user": "stackward"}}
"""Options that others than the provider go by."""

_JOINED = frozenset({"security_groups"})
"""Options that a layer or instance adds to, and does not replace."""


def complete(kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a provider as it gets them: as read, with what others go by filled in."""
    form = FORMS.get(kind)
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
    for key in raw.mapping(data, "instances"):
        instance = raw.mapping(data, "instances", key)
        if "address" in instance:
            continue
        its = raw.text(instance, "provider", "type") or kind
        levels: list[tuple[Path, dict[str, Any]]] = []
        if its == kind:
            levels = [(("provider",), _options(raw.mapping(data, "provider")))]
            for _, layer in raw.texts(instance, "layers"):
                levels.append((("layers", layer, "provider"), _options(raw.mapping(data, "layers", layer, "provider"))))
        levels.append((("instances", key, "provider"), _options(raw.mapping(instance, "provider"))))
        for path, mistake in _wrong(its, merged([options for _, options in levels])):
            written = [place for place, options in levels if path and path[0] in options]
            # What is missing everywhere belongs to the first level that there is.
            yield (*(written[-1] if written else levels[0][0]), *path), mistake


def _options(provider: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in provider.items() if key != "type"}


def _wrong(kind: str, options: dict[str, Any]) -> Iterator[Finding]:
    form = FORMS.get(kind)
    if form is None:
        return
    try:
        form.model_validate(options)
    except ValidationError as error:
        yield from form_errors.findings(error, form, options)
    if form is Ec2Form:
        yield from _contradictions(options)


def _contradictions(options: Mapping[str, Any]) -> Iterator[Finding]:
    place: Path = ("zones",)
    if options.get("zones") and options.get("subnets"):
        yield place, Mistake("a subnet is in a zone already", "keep subnets, or zones")
    zones = options.get("zones")
    region = options.get("region")
    if isinstance(zones, list) and isinstance(region, str):
        for position, zone in enumerate(zones):
            if isinstance(zone, str) and not zone.startswith(region):
                yield (*place, position), Mistake(f"{zone} is not in {region}", f"name zones such as {region}a")
    if options.get("connection") == "ssm" and not options.get("ssm_bucket"):
        right = "name the bucket of S3 through which files are passed: ssm_bucket: …"
        yield ("connection",), Mistake("Ansible's connection by Systems Manager needs a bucket", right)
    if options.get("ssm_bucket") and options.get("connection") != "ssm":
        yield ("ssm_bucket",), Mistake("is for connections by Systems Manager", "write connection: ssm, or remove it")
    if options.get("spot_price") is not None and "spot" not in _listed(options.get("market", [])):
        yield ("spot_price",), Mistake("nothing is bought as spot", "write market: spot, or remove spot_price")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
