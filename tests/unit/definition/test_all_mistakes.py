"""All mistakes of a file at once, and files that cannot be read at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackward.definition.loader import LARGEST_FILE, load
from stackward.errors import DefinitionError

from .conftest import Load, Problems


def test_every_mistake_of_a_file_is_named_in_the_order_of_its_lines(valid: str, problems_of: Problems) -> None:
    text = (
        valid.replace("name: shop", "name: Shop")
        .replace("healthcheck: /healthz", "healthchek: /healthz")
        .replace("uses: database", "uses: databse")
        .replace("web[1:2]", "web[2:1]")
        .replace("db1: {layers: [db]}", "db1: {layers: [dbs], type: lod}")
        .replace("database: db", "database: web")
        .replace("LANGUAGE: de", "language: !vault de")
        + "timezone: Europe/Viena\n"
    )
    assert [problem.split(":")[:2] for problem in problems_of(text)] == [
        ["2", " name"],
        ["8", " layers.lb.healthchek"],
        ["14", " layers.db.uses"],
        ["18", ' instances."web[2'],
        ["19", " instances.db1.type"],
        ["19", " instances.db1.layers[0]"],
        ["24", " apps.storefront.database"],
        ["27", " apps.storefront.environment.language"],
        ["29", " timezone"],
    ]


def test_a_mistake_of_yaml_hides_no_other(valid: str, problems_of: Problems) -> None:
    text = valid.replace("  lb:\n    uses: balancer", "  lb:\n    uses: balanser\n    uses: balancer\n    [x]: 1")
    assert problems_of(text.replace("uses: server", "uses: sever\n    drain: !x 1")) == [
        '7: layers.lb.uses: there is no built-in layer "balanser"; did you mean "balancer"?',
        "8: layers.lb.uses: this key is here twice, first in line 7; keep one of them",
        "9: layers.lb: has a key that is not plain text; write a name before the colon",
        '12: layers.web.uses: there is no built-in layer "sever"; did you mean "server"?',
        '13: layers.web.drain: the tag "!x" is not known here; write plain values (only !vault is known)',
    ]


def test_a_folder_of_time_zones_is_no_time_zone(valid: str, problems_of: Problems) -> None:
    (problem,) = problems_of(f"{valid}timezone: Europe\n")
    assert problem.startswith('29: timezone: "Europe" is not a time zone; ')


def test_a_mistake_in_the_environment_of_the_process_names_the_variable(valid: str, problems_of: Problems) -> None:
    (problem,) = problems_of(valid, {"STACKWARD_STATE": "mysql://me:secret@db/shop"})
    assert problem == (
        '1: state: the environment variable STACKWARD_STATE wins over the file: "mysql" is not a kind of state store; '
        "write sqlite:///path of a file or postgresql://user@host/database"
    )


def test_no_message_shows_a_password_of_the_state(valid: str, problems_of: Problems) -> None:
    for address in ("postgresql://me:secret@db", "postgresql://me:secret@db:x/y", "postgresql://me:secret@db/a b"):
        assert "secret" not in " ".join(problems_of(f"{valid}state: {address}\n"))


def test_a_mistake_in_a_merged_mapping_is_named_where_it_is_written(valid: str, problems_of: Problems) -> None:
    text = valid.replace("  db1: {layers: [db]}", "  db1: &db\n    layers: [db]\n    typ: x\n  db2:\n    <<: *db")
    assert problems_of(text) == [
        '21: instances.db1.typ: unknown key; did you mean "type"?',
        '21: instances.db2.typ: unknown key; did you mean "type"?',
    ]


@pytest.mark.parametrize(
    ("content", "line", "wrong"),
    [
        (b"name: shop\nattributes: {a: \xff}\n", 2, "is not UTF-8 text"),
        ("name: shop\n".encode("utf-16"), 1, "is not UTF-8 text"),
        (b"#" * (LARGEST_FILE + 1), 1, f"has {LARGEST_FILE + 1:,} bytes"),
    ],
)
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, content: bytes, line: int, wrong: str) -> None:
    path = tmp_path / "shop.stack.yml"
    path.write_bytes(content)
    with pytest.raises(DefinitionError) as refusal:
        load(str(path), environment={})
    assert [problem.split(";")[0] for problem in refusal.value.problems] == [f"{path}:{line}: file: {wrong}"]


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        (".", "is a folder"),
        ("missing.yml", "cannot be read (No such file or directory)"),
        ("x" * 300, "cannot be read (File name too long)"),
        ("nul\0", "is not a path"),
        ("/dev/null", "is not a regular file"),
    ],
)
def test_what_is_no_file_is_refused(tmp_path: Path, name: str, wrong: str) -> None:
    path = f"{tmp_path}/{name}" if not name.startswith("/") else name
    with pytest.raises(DefinitionError) as refusal:
        load(path, environment={})
    assert refusal.value.problems == (f"{path}:1: file: {wrong}; name a stack file that you may read",)


def test_a_byte_order_mark_and_windows_line_ends_are_no_mistake(valid: str, load_stack: Load) -> None:
    assert load_stack("\ufeff" + valid.replace("\n", "\r\n")).name == "shop"
