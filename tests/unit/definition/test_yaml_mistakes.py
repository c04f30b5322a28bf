"""Files that are not YAML, or not the YAML that a stack file may have."""

from __future__ import annotations

import pytest

from .conftest import Problems

PLAIN = "use it in an app's environment, or write it plainly"

MISTAKES = {
    "vault elsewhere": (
        "{motd: Shop}",
        "{motd: !vault x}",
        f"4: attributes.motd: a vault-encrypted value cannot be used here; {PLAIN}",
    ),
    "key twice": (
        "    uses: server\n",
        "    uses: server\n    uses: server\n",
        "11: layers.web.uses: this key is here twice, first in line 10; keep one of them",
    ),
    "key not text": (
        "{motd: Shop}",
        "{[a]: Shop}",
        "4: attributes: has a key that is not plain text; write a name before the colon",
    ),
    "tag": (
        "{motd: Shop}",
        "{motd: !!python/name:os.system x}",
        '4: attributes.motd: the tag "!!python/name:os.system" is not known here; '
        "write plain values (only !vault is known)",
    ),
    "tag that lies": (
        "{motd: Shop}",
        "{motd: !!int Shop}",
        '4: attributes.motd: "Shop" is not what its tag !!int says; write it without the tag',
    ),
    "not a number": (
        "{motd: Shop}",
        "{motd: .nan}",
        '4: attributes.motd: ".nan" is not a number that JSON knows; write a finite number',
    ),
    "big number": (
        "{motd: Shop}",
        f"{{motd: {10**30}}}",
        "4: attributes.motd: this number does not fit 64 bits; write it in quotes",
    ),
    "endless number": (
        "{motd: Shop}",
        f"{{motd: {'1' * 5000}}}",
        f'4: attributes.motd: "{"1" * 59}… is not what its tag !!int says; write it without the tag',
    ),
    "recursion": (
        "{motd: Shop}",
        "&a {motd: [*a]}",
        "4: file: attributes.motd[0] contains itself through an alias; write the values out",
    ),
    "merge of itself": (
        "{motd: Shop}",
        "&a {<<: *a}",
        '4: file: attributes."<<" contains itself through an alias; write the values out',
    ),
    "merge of a text": (
        "{motd: Shop}",
        "{<<: Shop}",
        '4: attributes."<<": merges something that is not a mapping; merge mappings: <<: *name',
    ),
}
"""By name: a text of the valid file, what stands there instead, and the one problem that this makes."""


@pytest.mark.parametrize("name", MISTAKES)
def test_unusual_yaml_is_refused_with_line_path_and_remedy(valid: str, problems_of: Problems, name: str) -> None:
    old, new, problem = MISTAKES[name]
    assert old in valid
    assert problems_of(valid.replace(old, new, 1)) == [problem]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1: file: is not a stack file; write a mapping: plugin: stackward.ops.stack …"),
        ("- a\n- b\n", "1: file: is not a stack file; write a mapping: plugin: stackward.ops.stack …"),
        (
            "$ANSIBLE_VAULT;1.1;AES256\n3334\n",
            "1: file: is encrypted as a whole; decrypt it (ansible-vault decrypt), and encrypt single values: "
            "ansible-vault encrypt_string",
        ),
        (
            "name: shop: x\n",
            "1: file: this is not YAML (mapping values are not allowed in this context, column 11); "
            'put a value that contains ": " in quotes, and check the indentation',
        ),
        (
            "a: 1\n\tb: 2\n",
            "2: file: this is not YAML (while scanning a plain scalar: found a tab character that violates "
            "indentation, column 1); indent with spaces, not tabs",
        ),
        (
            "a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> more\n",
            "2: file: both sides of a merge are here (<<<<<<<); keep what is right of them, and take out Git's marks",
        ),
        (
            "a: @b\n",
            "1: file: this is not YAML (while scanning for the next token: found character that cannot start any "
            "token, column 4); indent with spaces, not tabs, and put a value in quotes that starts with @, ` or %",
        ),
        (
            "a: 1\nb: [1\nc: 2\n",
            "3: file: this is not YAML (while parsing a flow sequence: did not find expected ',' or ']', column 2); "
            "check the indentation, the quotes and the brackets here and in the lines above",
        ),
        (
            "a: *b\n",
            "1: file: this is not YAML (found undefined alias, column 4); "
            "define the anchor (&name) above its alias (*name)",
        ),
        (
            "a: 1\n---\nb: 2\n",
            "2: file: this is not YAML (expected a single document in the stream: but found another document, "
            "column 1); "
            "write one document a file, without a second ---",
        ),
        (
            "a: 1\nb: \x01\n",
            "2: file: this is not YAML (control characters are not allowed); "
            "write plain text without control characters",
        ),
        ("a: \ud800\n", "1: file: has half a Unicode character; write the character itself"),
    ],
)
def test_what_is_not_a_yaml_mapping_is_refused(problems_of: Problems, text: str, problem: str) -> None:
    assert problems_of(text) == [problem]


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_deep_nesting_is_refused_without_exhausting_the_stack(problems_of: Problems, opening: str) -> None:
    (problem,) = problems_of(opening * 100_000)
    assert "more than 100 levels inside each other" in problem


def test_nesting_through_aliases_is_refused(valid: str, problems_of: Problems) -> None:
    levels = "".join(f", l{level}: &l{level} [[[*l{level - 1}]]]" for level in range(1, 50))
    assert problems_of(valid.replace("{motd: Shop}", "{l0: &l0 []" + levels + "}")) == [
        "4: file: more than 100 levels inside each other; write the file flatter"
    ]


def test_aliases_that_multiply_are_refused(valid: str, problems_of: Problems) -> None:
    levels = "".join(f", l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 9)}]" for level in range(1, 12))
    assert problems_of(valid.replace("{motd: Shop}", "{l0: &l0 [x]" + levels + "}")) == [
        "4: file: more than 1,000,000 values; use fewer aliases"
    ]
