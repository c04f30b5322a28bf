"""Patterns of instance names, as Ansible expands them."""

from __future__ import annotations

import pytest

from stackward.definition.host_pattern import parse
from stackward.definition.mistake import Mistake


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("web1", ["web1"]),
        ("web[3:6]", ["web3", "web4", "web5", "web6"]),
        ("web[:2]", ["web0", "web1", "web2"]),
        ("web[9:11]", ["web9", "web10", "web11"]),
        ("web[09:11]", ["web09", "web10", "web11"]),
        ("web[1:9:4]", ["web1", "web5", "web9"]),
        ("web[1:8:4]", ["web1", "web5"]),
        ("web-[a:c]", ["web-a", "web-b", "web-c"]),
        ("[a:b]", ["a", "b"]),
        ("[a:b]-[1:2]x", ["a-1x", "a-2x", "b-1x", "b-2x"]),
        ("web[a:e:2]", ["weba", "webc", "webe"]),
        ("web[7:7]", ["web7"]),
    ],
)
def test_a_pattern_stands_for_these_names(pattern: str, names: list[str]) -> None:
    assert list(parse(pattern).names()) == names
    assert parse(pattern).count == len(names)


@pytest.mark.parametrize(
    ("pattern", "wrong"),
    [
        ("web[1", '"web[1" has a "[" without a "]"'),
        ("web1]", '"web1]" has a "]" without a "["'),
        ("web[1:2]]", '"web[1:2]]" has a "]" without a "["'),
        ("web[]", "[] is not a range"),
        ("web[1]", "[1] is not a range"),
        ("web[1:]", "[1:] is not a range"),
        ("web[1:2:3:4]", "[1:2:3:4] is not a range"),
        ("web[5:1]", "[5:1] counts down"),
        ("web[c:a]", "[c:a] counts down"),
        ("web[1:c]", "[1:c] is not a range of numbers or of lower-case letters"),
        ("web[A:C]", "[A:C] is not a range of numbers or of lower-case letters"),
        ("web[1:9:0]", '[1:9:0] has the step "0"'),
        ("web[1:9:x]", '[1:9:x] has the step "x"'),
        ("web[01:100]", "[01:100] starts with 2 digits and ends with 3"),
        ("Web1", '"Web1" is not an instance name'),
        ("1web", '"1web" is not an instance name'),
        ("[1:2]web", '"[1:2]web" is not an instance name'),
        ("", '"" is not an instance name'),
        ("web_1", '"web_1" is not an instance name'),
        ("web-", '"web-" is not an instance name'),
        ("web1\n", '"web1\\n" is not an instance name'),
        ("w" * 64, f'"{"w" * 59}… makes a name of 64 characters'),
        ("w" * 62 + "[9:10]", f'"{"w" * 59}… makes a name of 64 characters'),
        ("web[1:100001]", '"web[1:100001]" stands for 100,001 instances'),
        ("w[1:999]-[1:999]", '"w[1:999]-[1:999]" stands for 998,001 instances'),
        ("w[1:999999999999999]", '"w[1:999999999999999]" stands for 999,999,999,999,999 instances'),
    ],
)
def test_a_wrong_pattern_is_refused(pattern: str, wrong: str) -> None:
    with pytest.raises(Mistake) as mistake:
        parse(pattern)
    assert mistake.value.wrong == wrong
    assert mistake.value.right


def test_a_name_may_have_63_characters() -> None:
    assert list(parse("w" * 62 + "[1:2]").names()) == ["w" * 62 + "1", "w" * 62 + "2"]
