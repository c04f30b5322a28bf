"""EC2's wire protocol, read and written by botocore's own description of it, so that it cannot be another one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

import botocore.session

MODEL = botocore.session.get_session().get_service_model("ec2")


def read(action: str, form: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of a call as boto3 was given them."""
    shape = MODEL.operation_model(action).input_shape
    return {} if shape is None else _structure(shape, form, "")


def _structure(shape: Any, form: Mapping[str, str], prefix: str) -> dict[str, Any]:
    found = {}
    for name, member in shape.members.items():
        value = _value(member, form, prefix + _parameter(name, member))
        if value is not None:
            found[name] = value
    return found


def _parameter(name: str, member: Any) -> str:
    written = member.serialization.get("queryName")
    if written:
        return str(written)
    location = str(member.serialization.get("name", name))
    return location[0].upper() + location[1:]


def _value(shape: Any, form: Mapping[str, str], name: str) -> Any:
    if shape.type_name == "structure":
        return _structure(shape, form, f"{name}.") or None
    if shape.type_name == "list":
        items = []
        while (item := _value(shape.member, form, f"{name}.{len(items) + 1}")) is not None:
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


def answer(action: str, values: Mapping[str, Any]) -> str:
    """An answer to a call."""
    shape = MODEL.operation_model(action).output_shape
    body = _members(shape, values) if shape is not None else ""
    return f"<{action}Response><requestId>stand-in</requestId>{body}</{action}Response>"


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
        item = str(shape.member.serialization.get("name", "item"))
        return f"<{name}>{''.join(_element(shape.member, item, each) for each in value)}</{name}>"
    if isinstance(value, bool):
        return f"<{name}>{str(value).lower()}</{name}>"
    if isinstance(value, datetime):
        return f"<{name}>{value.isoformat()}</{name}>"
    return f"<{name}>{escape(str(value))}</{name}>"


def error(code: str, message: str) -> str:
    """An answer that is an error."""
    return (
        f"<Response><Errors><Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error></Errors>"
        "<RequestID>stand-in</RequestID></Response>"
    )
