"""Decisions ask no clock, no disk, no chance and no environment: what they need is given to them."""

import ast

import pytest

from tests.architecture.sources import COLLECTION, PACKAGE, called, imported, modules, place

PURE = modules(
    PACKAGE / "attributes.py",
    PACKAGE / "blast_radius.py",
    PACKAGE / "definition",
    PACKAGE / "errors.py",
    PACKAGE / "healing",
    PACKAGE / "known_resource.py",
    PACKAGE / "layers",
    PACKAGE / "lifecycle",
    PACKAGE / "metrics",
    PACKAGE / "planner",
    PACKAGE / "provider_choice.py",
    PACKAGE / "resources",
    PACKAGE / "presentation",
    PACKAGE / "rollout",
    PACKAGE / "scaling",
    PACKAGE / "state" / "records",
)
READS_THE_STACK_FILE = {
    PACKAGE / "definition" / name for name in ("loader.py", "places.py", "plugin_types.py", "role_places.py")
}

CLOCK = {"now", "utcnow", "today", "monotonic", "perf_counter", "sleep"}
DISK = {
    *("open", "exists", "is_file", "is_dir", "iterdir", "glob", "rglob", "stat", "lstat", "resolve", "listdir"),
    *("read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "unlink", "touch", "rename", "replace_file"),
}
OUTSIDE = {"getenv", "input", "print", "system", "popen", "urandom", "uuid1", "uuid4", "gethostname", "getpid"}
CHANCE = {"random", "secrets", "uuid"}


def calls(names, *, but=frozenset()):
    return [
        f"{place(path, line)} calls {name}"
        for path in PURE
        if path not in but
        for line, name in called(path)
        if name.rpartition(".")[2] in names
    ]


def test_pure_code_asks_no_clock():
    assert calls(CLOCK) == []


def test_pure_code_reads_no_file_but_the_stack_file():
    assert calls(DISK, but=READS_THE_STACK_FILE) == []


def test_pure_code_asks_nothing_of_the_process_and_prints_nothing():
    assert calls(OUTSIDE) == []


def test_pure_code_leaves_nothing_to_chance():
    found = [
        f"{place(path, line)} imports {name}"
        for path in PURE
        for line, name in imported(path)
        if name.split(".")[0] in CHANCE
    ]
    assert found == []


@pytest.mark.parametrize(
    "path",
    modules(
        COLLECTION / "plugins" / "module_utils",
        PACKAGE / "agent" / "program.py",
        COLLECTION / "plugins" / "modules" / "ensure.py",
        COLLECTION / "plugins" / "modules" / "haproxy_server.py",
        COLLECTION / "plugins" / "modules" / "holder.py",
    ),
    ids=lambda path: path.name,
)
def test_what_runs_on_hosts_is_written_for_python_3_9(path):
    ast.parse(path.read_text(encoding="utf-8"), str(path), feature_version=(3, 9))
