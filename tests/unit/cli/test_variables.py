"""Extra variables reach Ansible as they were typed."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from stackward.cli.variables import extra_variables, mapping
from stackward.errors import StackwardError

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=20) | st.sampled_from(
    ["{{ x }}", "{% if %}", "a {# b", '"', "\\", "!unsafe", "- x: y"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)


class Reader(yaml.SafeLoader):
    """Reads as Ansible does, with `!unsafe` for texts that are no templates."""


class Unsafe(str):
    __slots__ = ()


Reader.add_constructor("!unsafe", lambda reader, node: Unsafe(reader.construct_scalar(node)))


@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_what_is_read_back_is_what_was_given(values):
    assert yaml.load(extra_variables(values), Reader) == values


@given(st.dictionaries(st.just("reason"), TEXT, min_size=1))
def test_a_text_with_template_marks_is_no_template(values):
    read = yaml.load(extra_variables(values), Reader)["reason"]
    assert isinstance(read, Unsafe) == any(mark in read for mark in ("{{", "{%", "{#"))


def test_without_template_marks_it_is_plain_json():
    values = {"instance": ["web1"], "reason": "Monday", "attributes": {"on": True, "size": 3}}
    assert json.loads(extra_variables(values)) == values


def test_attributes_in_json_in_yaml_and_in_a_file(tmp_path):
    file = tmp_path / "attributes.yml"
    file.write_text("motd: New\n")
    for text in ('{"motd": "New"}', "motd: New", "{motd: New}", f"@{file}"):
        assert mapping(text) == {"motd": "New"}


@pytest.mark.parametrize("text", ["[1, 2]", "just text", "{", "@/nowhere/at/all", ""])
def test_anything_but_a_mapping_is_refused(text):
    with pytest.raises(StackwardError, match="attributes"):
        mapping(text)
