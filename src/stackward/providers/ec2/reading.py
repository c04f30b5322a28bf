"""Reads answers of which only texts are wanted in one pass: botocore would sort all that AWS says beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from botocore.model import Shape
from botocore.parsers import ResponseParser, ResponseParserFactory

from stackward.providers.ec2 import narrowing

Reader = Callable[[Element], Any]


class Parsers(ResponseParserFactory):  # type: ignore[misc]
    """Parsers for a session; what was not narrowed is left to botocore's own."""

    def create_parser(self, protocol_name: str) -> Any:
        """The parser of a protocol."""
        own = super().create_parser(protocol_name)
        return Parser(own) if protocol_name == "ec2" else own


class Parser:
    """Takes the place of botocore's parser for the protocol of EC2."""

    def __init__(self, own: ResponseParser) -> None:
        """Remember botocore's own."""
        self._own = own
        self._readers: dict[tuple[str, str], Reader] = {}

    def parse(self, response: dict[str, Any], shape: Shape | None) -> Any:
        """The answer as botocore's parser gives it."""
        if shape is None or not narrowing.is_part(shape.name) or response["status_code"] != _OK:
            return self._own.parse(response, shape)
        try:
            root = ElementTree.fromstring(response["body"])  # noqa: S314  expat expands nothing of AWS's that harms
        except ElementTree.ParseError:
            return self._own.parse(response, shape)
        namespace = root.tag.rpartition("}")[0]
        prefix = f"{namespace}}}" if namespace else ""
        key = shape.name, prefix
        if key not in self._readers:
            self._readers[key] = reader(shape, prefix)
        told = root.findtext(f"{prefix}requestId")
        return {
            **self._readers[key](root),
            "ResponseMetadata": {
                **({} if told is None else {"RequestId": told}),
                "HTTPStatusCode": response["status_code"],
                "HTTPHeaders": {name.lower(): value for name, value in response["headers"].items()},
            },
        }


_OK = 200


def reader(shape: Shape, prefix: str) -> Reader:
    """What reads an element of the shape. The names of all elements have the prefix. Raises KeyError for no text."""
    return _OF_TYPE[shape.type_name](shape, prefix)


def _structure(shape: Shape, prefix: str) -> Reader:
    members = {
        prefix + member.serialization.get("name", name): (name, reader(member, prefix))
        for name, member in shape.members.items()
    }
    wanted = members.get

    def read(element: Element) -> dict[str, Any]:
        found = {}
        for child in element:
            known = wanted(child.tag)
            if known is not None:
                found[known[0]] = known[1](child)
        return found

    return read


def _list(shape: Shape, prefix: str) -> Reader:
    item = reader(shape.member, prefix)
    return lambda element: [item(child) for child in element]


def _text(_shape: Shape, _prefix: str) -> Reader:
    return lambda element: element.text or ""


_OF_TYPE: dict[str, Callable[[Shape, str], Reader]] = {"structure": _structure, "list": _list, "string": _text}
