"""The wire protocols of AWS, read and written by botocore's own description of them, so that they cannot be others."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

import botocore.session


@functools.cache
def model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def read(service: str, action: str, form: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of a call as boto3 was given them."""
    shape = model(service).operation_model(action).input_shape
    return {} if shape is None else _structure(shape, form, "", plain=service == "ec2")


def _structure(shape: Any, form: Mapping[str, str], prefix: str, *, plain: bool) -> dict[str, Any]:
    found = {}
    for name, member in shape.members.items():
        value = _value(member, form, prefix + _parameter(name, member, plain=plain), plain=plain)
        if value is not None:
            found[name] = value
    return found


def _parameter(name: str, member: Any, *, plain: bool) -> str:
    """EC2 begins every parameter with a capital, and its lists have no name for their items."""
    if not plain:
        return str(member.serialization.get("name", name))
    written = member.serialization.get("queryName")
    if written:
        return str(written)
    location = str(member.serialization.get("name", name))
    return location[0].upper() + location[1:]


def _value(shape: Any, form: Mapping[str, str], name: str, *, plain: bool) -> Any:
    if shape.type_name == "structure":
        return _structure(shape, form, f"{name}.", plain=plain) or None
    if shape.type_name == "list":
        items: list[Any] = []
        each = name if plain else f"{name}.{shape.member.serialization.get('name', 'member')}"
        while (item := _value(shape.member, form, f"{each}.{len(items) + 1}", plain=plain)) is not None:
            items.append(item)
        return items or None
    text = form.get(name)
    if text is None:
        return None
    if shape.type_name == "boolean":
        return text == "true"
    if shape.type_name in ("integer", "long"):
        return int(text)
    return text


def answer(service: str, action: str, values: Mapping[str, Any]) -> str:
    """An answer to a call."""
    shape = model(service).operation_model(action).output_shape
    body = _members(shape, values) if shape is not None else ""
    if service == "ec2":
        return f"<{action}Response><requestId>stand-in</requestId>{body}</{action}Response>"
    return f"<{action}Response><{action}Result>{body}</{action}Result></{action}Response>"


def _members(shape: Any, values: Mapping[str, Any]) -> str:
    unknown = values.keys() - shape.members.keys()
    assert not unknown, f"{shape.name} has no {sorted(unknown)}"
    return "".join(
        _element(shape.members[name], str(shape.members[name].serialization.get("name", name)), value)
        for name, value in values.items()
        if value is not None
    )


def _element(shape: Any, name: str, value: Any) -> str:
    if shape.type_name == "structure":
        return f"<{name}>{_members(shape, value)}</{name}>"
    if shape.type_name == "list":
        item = str(shape.member.serialization.get("name", "member"))
        return f"<{name}>{''.join(_element(shape.member, item, each) for each in value)}</{name}>"
    if isinstance(value, bool):
        return f"<{name}>{str(value).lower()}</{name}>"
    if isinstance(value, datetime):
        return f"<{name}>{value.isoformat()}</{name}>"
    return f"<{name}>{escape(str(value))}</{name}>"


def error(service: str, code: str, message: str) -> tuple[str, str]:
    """The kind and text of an answer that is an error."""
    if service == "ssm":
        return "application/x-amz-json-1.1", json.dumps({"__type": code, "message": message})
    said = f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
    if service == "ec2":
        return "text/xml", f"<Response><Errors>{said}</Errors><RequestID>stand-in</RequestID></Response>"
    return "text/xml", f"<ErrorResponse>{said}<RequestId>stand-in</RequestId></ErrorResponse>"
