"""The options of providers whose form is known here; any other provider checks its own when it is loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from stackward.definition import form_errors, raw
from stackward.definition.ec2_form import Ec2Form
from stackward.definition.form import Form
from stackward.definition.mistake import Finding, Mistake, Path

FORMS: Mapping[str, type[Form]] = {"ec2": Ec2Form}

_DEFAULTS: Mapping[str, Mapping[str, Any]] = {"ec2": {"user": "stackward"}}
"""Options that others than the provider go by."""


def complete(kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a provider as it gets them: as read, with what others go by filled in."""
    form = FORMS.get(kind)
    if form is None:
        return dict(options)
    read = form.model_validate(options).model_dump(exclude_unset=True)
    return {**_DEFAULTS.get(kind, {}), **read}


def findings(data: Any) -> Iterator[Finding]:
    """What is wrong with the options of the stack's provider, and of instances that have their own."""
    stack = raw.mapping(data, "provider")
    kind = raw.text(data, "provider", "type") or ""
    used = False
    for key in raw.mapping(data, "instances"):
        instance = raw.mapping(data, "instances", key)
        own = raw.mapping(instance, "provider")
        if "address" in instance:
            continue
        its = raw.text(own, "type") or kind
        used = used or its == kind
        if not own:
            continue
        inherited = _options(stack) if its == kind else {}
        merged = {**inherited, **_options(own)}
        for path, mistake in _wrong(its, merged):
            # What comes from the stack's options is said there, once.
            if not path or path[0] in own or path[0] not in inherited:
                missing = bool(path) and path[0] not in merged
                if not (missing and its == kind):
                    yield ("instances", key, "provider", *path), mistake
    if used:
        for path, mistake in _wrong(kind, _options(stack)):
            yield ("provider", *path), mistake


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
    if options.get("spot_price") is not None and "spot" not in _listed(options.get("market", [])):
        yield ("spot_price",), Mistake("nothing is bought as spot", "write market: spot, or remove spot_price")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
