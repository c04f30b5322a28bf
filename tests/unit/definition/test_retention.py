"""For how long the past is kept, as the stack file says it."""

import pytest

from stackward.definition.loader import load
from stackward.errors import DefinitionError

STACK = """\
plugin: stackward.ops.stack
name: shop
provider: {type: container}
layers: {web: {}}
instances: {web1: {layers: [web]}}
"""
DAY = 24 * 3600.0


def read(folder, line=""):
    path = folder / "shop.stack.yml"
    path.write_text(f"{STACK}{line}\n")
    return load(str(path), environment={}).retention


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("", 180 * DAY),
        ("retention: 7d", 7 * DAY),
        ("retention: 1w", 7 * DAY),
        ("retention: 2y", 730 * DAY),
        ("retention: 3650d", 3650 * DAY),
        ("retention: forever", None),
    ],
)
def test_the_past_is_kept_for_half_a_year_or_as_long_as_the_file_says(tmp_path, line, kept):
    assert read(tmp_path, line) == kept


@pytest.mark.parametrize(
    "value", ["6d", "0d", "1h", "180", "-7d", "1e3d", "null", "[7d]", "Forever", "10000d", "100y", "0w", "1m", "٧d"]
)
def test_anything_but_seven_days_or_more_is_refused_with_what_would_be_right(tmp_path, value):
    with pytest.raises(DefinitionError) as raised:
        read(tmp_path, f"retention: {value}")
    (problem,) = raised.value.problems
    assert "retention" in problem
    assert 'write 7d or more, such as "180d", "26w" or "2y", or forever' in problem
