"""A valid file loads, and nothing of it is lost or put in another order."""

from __future__ import annotations

import string
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from stackward.definition import document, json_schema
from stackward.definition.host_pattern import parse
from stackward.definition.loader import load_text
from stackward.errors import DefinitionError
from tests.property.definition.test_any_input import CLOUD, VALID, part_paths, replaced, structures

layer_names = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)
instance_names = st.from_regex(r"[a-z][a-z0-9-]{0,20}[a-z0-9]", fullmatch=True).map(lambda name: f"i-{name}")
app_names = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(), inside, max_size=3),
    max_leaves=10,
)
attributes = st.dictionaries(st.text(), json_values, max_size=3)


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    """The data of a valid stack file: every layer has instances, every instance and app layers, every app a domain."""
    names = draw(st.lists(layer_names, min_size=1, max_size=5, unique=True))
    layers = {
        name: {
            **draw(st.fixed_dictionaries({}, optional={"uses": st.sampled_from(["python_app", "static_web"])})),
            **draw(st.fixed_dictionaries({}, optional={"drain": st.booleans(), "attributes": attributes})),
        }
        for name in names
    }
    sites = [layer for layer in layers.values() if layer.get("uses") == "static_web"]
    for layer in sites[:1]:
        layer["port"] = 9000
    # An instance can have one of them, and there is one that has all layers.
    for layer in sites[1:]:
        layer["uses"] = "python_app"
    some = st.lists(st.sampled_from(names), min_size=1, unique=True)
    keys = draw(st.lists(instance_names, min_size=1, max_size=6, unique=True))
    instances: dict[str, Any] = {key: {"layers": draw(some), "attributes": draw(attributes)} for key in keys}
    instances[f"p-[1:{draw(st.integers(1, 30))}]"] = {"layers": names}
    apps = {
        name: {
            "layers": draw(some),
            "source": {"type": "git", "url": "https://git.example.com/x.git"},
            "domains": [f"app{place}.example.com"],
        }
        for place, name in enumerate(draw(st.lists(app_names, max_size=3, unique=True)))
    }
    return {
        "plugin": "stackward.ops.stack",
        "name": "the-stack",
        "provider": {"type": "container"},
        "layers": layers,
        "instances": instances,
        "apps": apps,
        "attributes": draw(attributes),
    }


@given(files(), st.booleans())
def test_a_valid_file_loads_with_its_names_in_order(data: dict[str, Any], flow: bool) -> None:
    text = yaml.safe_dump(data, sort_keys=False, default_flow_style=flow)
    stack = load_text(text, "shop.stack.yml", environment={})
    assert list(stack.layers) == list(data["layers"])
    assert list(stack.apps) == list(data["apps"])
    assert list(stack.instances) == [name for key in data["instances"] for name in parse(key).names()]
    assert stack.attributes == data["attributes"]
    for key, written in data["instances"].items():
        for name in parse(key).names():
            instance = stack.instances[name]
            assert set(instance.layers) == set(written["layers"])
            assert [layer.name for layer in stack.layers_of(instance)] == list(instance.layers)
            assert instance.attributes == written.get("attributes", {})


@given(files())
def test_a_valid_file_fits_the_published_schema(data: dict[str, Any]) -> None:
    assert VALIDATOR.is_valid(data)


def _validator() -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json_schema.schema())


VALIDATOR = _validator()


@pytest.mark.parametrize("example", [VALID, CLOUD])
@given(data=st.data())
def test_what_the_loader_takes_of_a_changed_file_fits_the_published_schema(example: str, data: st.DataObject) -> None:
    whole = document.read(example.replace("!vault ", "")).data
    path = data.draw(st.sampled_from(part_paths(whole)))
    text = yaml.safe_dump(replaced(whole, path, data.draw(structures)), sort_keys=False)
    try:
        load_text(text, "shop.stack.yml", environment={})
    except DefinitionError:
        return
    assert VALIDATOR.is_valid(document.read(text).data)


@given(json_values)
def test_plain_data_is_read_as_it_was_written(data: Any) -> None:
    assert document.read(yaml.safe_dump(data)).data == data


numbers = st.integers(0, 500)


@given(numbers, st.integers(0, 60), st.integers(1, 9), st.integers(0, 4))
def test_a_range_of_numbers_is_pythons_range_with_both_ends(first: int, count: int, step: int, width: int) -> None:
    last = first + count
    start, end = str(first).zfill(width), str(last).zfill(width)
    if len(start) > 1 and start[0] == "0" and len(start) != len(end):
        return
    pattern = parse(f"web[{start}:{end}:{step}]")
    padding = len(start) if len(start) > 1 and start[0] == "0" else 0
    expected = [f"web{str(number).zfill(padding)}" for number in range(first, last + 1, step)]
    assert list(pattern.names()) == expected
    assert pattern.count == len(expected)


@given(st.lists(st.sampled_from(["[1:3]", "[a:c]", "x", "[08:11:2]", "-y"]), min_size=1, max_size=4))
def test_a_pattern_makes_as_many_different_names_as_it_says(parts: list[str]) -> None:
    pattern = parse("w" + "".join(parts))
    names = list(pattern.names())
    assert len(names) == pattern.count
    allowed = set(string.ascii_lowercase + string.digits + "-")
    assert all(set(name) <= allowed for name in names)
