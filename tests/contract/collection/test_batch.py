"""A batch does to a host what the same calls do as tasks, and says of each what the task would say."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import ansible.modules
import pytest
import yaml
from ansible_collections.stackward.ops.plugins.plugin_utils.batch_calls import POSSIBLE

pytestmark = pytest.mark.ansible

REPOSITORY = Path(__file__).parents[3]
CARRIED = REPOSITORY / "collections/ansible_collections/stackward/ops/plugins/module_utils/batching/carried.py"
SECRET = "correct-horse-battery"
TEMPLATE = "# {{ ansible_managed }}\n{% for word in words %}\n  {{ word }}\n{% endfor %}\n{% include 'part.j2' %}\n\n"
CALLS = [
    {"name": "folder", "ansible.builtin.file": {"path": "{{ out }}/a/b", "state": "directory", "mode": "0750"}},
    {"template": {"src": "page.j2", "dest": "{{ out }}/a/page", "mode": "0640"}, "notify": "Say page"},
    {"template": {"src": "page.j2", "dest": "{{ out }}/a/b"}},
    {"template": {"src": "odd.j2", "dest": "{{ out }}/a/odd", "block_start_string": "<%", "block_end_string": "%>"}},
    {"copy": {"content": "{{ words | join(', ') }}", "dest": "{{ out }}/a/words"}},
    {"copy": {"content": {"key": [1, True, None]}, "dest": "{{ out }}/a/data.json", "mode": "u=rw,g=r,o="}},
    {"copy": {"src": "binary", "dest": "{{ out }}/a/binary", "mode": "preserve"}},
    {"copy": {"src": "{{ out }}/a/binary", "dest": "{{ out }}/a/again", "remote_src": True}},
    {"name": "secret", "copy": {"content": SECRET, "dest": "{{ out }}/a/secret", "mode": "0600"}, "no_log": True},
    {"lineinfile": {"path": "{{ out }}/a/page", "line": "one line more"}, "notify": ["Say line", "Say page"]},
    {"blockinfile": {"path": "{{ out }}/a/page", "block": "a\nblock"}},
    {"file": {"src": "{{ out }}/a/page", "dest": "{{ out }}/link", "state": "link"}},
    {"command": "cat {{ out }}/a/words", "changed_when": False},
    {"shell": {"cmd": "echo $PLACE | tr a-z A-Z", "chdir": "{{ out }}"}, "changed_when": False},
    {"command": {"argv": ["touch", "{{ out }}/made"], "creates": "{{ out }}/made"}},
    {"stat": {"path": "{{ out }}/a/words"}},
    {"copy": {"content": "x", "dest": "{{ out }}/never"}, "when": "{{ words | length > 9 }}", "notify": "Say never"},
]
HANDLERS = [
    {"name": f"Say {word}", "ansible.builtin.debug": {"msg": f"handler {word}"}} for word in ("page", "line", "never")
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/page.j2").write_text(TEMPLATE)
    (tmp_path / "templates/odd.j2").write_text("<% if words %>\n{{ template_destpath | basename }}\n<% endif %>\n")
    (tmp_path / "templates/part.j2").write_text("included for {{ words[0] }}\n")
    (tmp_path / "files").mkdir()
    (tmp_path / "files/binary").write_bytes(bytes(range(256)))
    (tmp_path / "files/binary").chmod(0o751)
    return tmp_path


def play(folder: Path, tasks: list[dict], *options: str, out: str = "out") -> tuple[dict, str]:
    """Run tasks on this machine; return what they have registered as `r`, and what was printed."""
    (folder / out).mkdir(exist_ok=True)
    save = {"ansible.builtin.copy": {"content": "{{ r | to_json }}", "dest": str(folder / "r.json")}}
    book = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "environment": {"PLACE": "here"},
        "vars": {"out": str(folder / out), "words": ["hello", "wörld"]},
        "handlers": HANDLERS,
        "tasks": [*tasks, {**save, "diff": False, "check_mode": False, "no_log": True}],
    }
    (folder / "book.yml").write_text(yaml.safe_dump([book], sort_keys=False))
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "book.yml", *options],
        cwd=folder,
        env={**kept, "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / "collections"), "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=600,
    )
    printed = done.stdout + done.stderr
    assert "Traceback" not in printed, printed
    assert done.returncode == 0, printed
    return json.loads((folder / "r.json").read_text()), printed


def batch(calls: list[dict], **keywords: object) -> list[dict]:
    return [{"name": "Batch", "stackward.ops.batch": {"calls": calls}, "register": "r", **keywords}]


def as_tasks(calls: list[dict]) -> list[dict]:
    """The same as ordinary tasks, with their results gathered in `r`."""
    tasks: list[dict] = []
    for place, call in enumerate(calls):
        tasks.append({"name": f"Task {place}", **call, "register": f"r{place}"})
    everything = "{{ [" + ", ".join(f"r{place}" for place in range(len(calls))) + "] }}"
    return [*tasks, {"ansible.builtin.set_fact": {"r": {"results": everything}}}]


def tree(folder: Path) -> dict[str, tuple]:
    """Everything below a folder: kind, mode and content, with the folder's own name left out."""
    found = {}
    for path in sorted(folder.rglob("*")):
        mode = oct(path.lstat().st_mode)
        content = b""
        if path.is_symlink():
            content = str(path.readlink()).encode()
        elif path.is_file():
            content = path.read_bytes()
        found[str(path.relative_to(folder))] = (mode, content.replace(str(folder).encode(), b""))
    return found


def test_a_batch_leaves_what_the_same_tasks_leave_and_says_the_same(folder):
    ours, printed = play(folder, batch(CALLS), out="ours")
    theirs, _ = play(folder, as_tasks(CALLS), out="theirs")
    assert tree(folder / "ours") == tree(folder / "theirs")
    assert len(tree(folder / "ours")) > 8
    for mine, other in zip(ours["results"], theirs["results"], strict=True):
        assert mine["changed"] == other["changed"], mine
        for key in ("stdout", "stdout_lines", "rc", "dest", "mode", "checksum", "state", "skipped", "cmd"):
            expected = other.get(key)
            if isinstance(expected, str):
                expected = expected.replace("/theirs", "/ours")
            elif key == "cmd" and expected:
                expected = [word.replace("/theirs", "/ours") for word in expected]
            if mine["name"] != "secret" and key in mine:
                assert mine[key] == expected, (key, mine)
    assert "handler page" in printed
    assert "handler line" in printed
    assert "handler never" not in printed

    again, printed = play(folder, batch(CALLS), out="ours")
    # The page is made anew and then added to, twice.
    assert [place for place, item in enumerate(again["results"]) if item["changed"]] == [1, 9, 10]


def test_nothing_secret_is_printed_or_kept(folder):
    calls = [*CALLS[:1], CALLS[8], {**CALLS[8], "copy": {"content": SECRET, "dest": "/nowhere/at/all"}}]
    result, printed = play(folder, batch(calls, ignore_errors=True), "--diff", "-vv")
    assert SECRET not in printed
    assert SECRET not in json.dumps(result)
    assert result["results"][-1]["censored"]
    assert "what it said is hidden" in result["msg"]


def test_the_first_failure_ends_a_batch_and_names_the_call(folder):
    calls = [
        {"command": "true"},
        {"name": "Ask for too much", "command": "ls /there/is/nothing"},
        {"copy": {"content": "x", "dest": "{{ out }}/after"}},
    ]
    result, printed = play(folder, batch(calls, ignore_errors=True))
    assert result["failed"]
    assert result["msg"].startswith('Call 2 of 3, "Ask for too much" (ansible.builtin.command), failed: ')
    assert "non-zero return code" in result["msg"]
    assert "/there/is/nothing" in result["msg"]
    assert result["changed"] is True
    assert [item["failed"] for item in result["results"]] == [False, True]
    assert result["results"][1]["rc"] != 0
    assert not (folder / "out/after").exists()
    assert "Ask for too much" in printed


def test_check_mode_changes_nothing_and_tells_all(folder):
    result, printed = play(folder, batch([*CALLS[:7], CALLS[8]]), "--check", "--diff")
    assert list((folder / "out").iterdir()) == []
    assert [item["changed"] for item in result["results"][:5]] == [True] * 5
    assert printed.index('"state": "directory"') < printed.index("+  hello") < printed.index("+hello, wörld")
    assert SECRET not in printed


def test_check_mode_finds_a_file_that_is_named_by_the_home_of_its_owner(folder):
    calls = [{"copy": {"content": "x", "dest": "~/kept"}}]
    home = {"environment": {"HOME": str(folder)}}
    play(folder, batch(calls, **home))
    assert (folder / "kept").read_text() == "x"
    result, _ = play(folder, batch(calls, **home), "--check", "--diff")
    assert not result["changed"]


WRONG = {
    "no module": ([{"name": "x"}], 'Call 1, "x", needs exactly one module and has none.'),
    "two modules": ([{"ping": None, "command": "x"}], "Call 1 needs exactly one module and has ping, command."),
    "keyword": ([{"ping": None, "notfy": "x"}], "Did you mean notify by notfy?"),
    "unknown": ([{"aptt": {}}], "Call 1 calls aptt, which cannot be part of a batch. Did you mean apt?"),
    "controller": ([{"set_fact": {"a": 1}}], "calls set_fact, which cannot be part of a batch."),
    "collection": (
        [{"a.b.c": {}}],
        "calls a.b.c. Only modules of ansible.builtin can be part of a batch: make it a task.",
    ),
    "arguments": ([{"apt": "name=x"}], "Call 1 gives apt no dictionary of arguments: write one, as in a task."),
    "when": ([{"ping": None, "when": "x == 1"}], "has the value 'x == 1' of type"),
    "template": ([{"template": {"dest": "/x"}}], 'Call 1, "ansible.builtin.template" (template): src is missing.'),
    "destination": ([{"copy": {"content": "x"}}], "dest is missing."),
    "folder": ([{"copy": {"src": "sub", "dest": "/x"}}], "sub is a folder: make it a task."),
    "newline": (
        [{"template": {"src": "page.j2", "dest": "/x", "newline_sequence": "x"}}],
        "newline_sequence needs to be one of",
    ),
    "keyword of tasks": ([{"ping": None, "failed_when": False}], "Beside the module a call can have name, when, "),
    "option in a command": (
        [{"command": "touch x creates=x"}],
        "Call 1 has creates= in the text of its command: write {cmd: …, creates: …}",
    ),
    "no content": ([{"copy": {"content": None, "dest": "/x"}}], "src is missing."),
    "missing template": (
        [{"name": "Page", "template": {"src": "gone.j2", "dest": "/x"}}],
        "Call 1 of 2, \"Page\" (ansible.builtin.template), failed: Could not find or access 'gone.j2'",
    ),
    "template with a mistake": (
        [{"name": "Page", "template": {"src": "undefined.j2", "dest": "/x"}}],
        "Call 1 of 2, \"Page\" (ansible.builtin.template), failed: 'nobody' is undefined",
    ),
    "secret template with a mistake": (
        [{"name": "Page", "no_log": True, "template": {"src": "undefined.j2", "dest": "/x"}}],
        'Call 1 of 2, "Page" (ansible.builtin.template), failed; what it said is hidden, as it has no_log.',
    ),
    "missing file": (
        [{"copy": {"src": "gone", "dest": "/x"}}],
        'Call 1 of 2, "ansible.builtin.copy" (ansible.builtin.copy), failed: Could not find or access',
    ),
    "upload": ([{"unarchive": {"src": "a", "dest": "/x"}}], "it takes a file of the controller: set remote_src"),
}


def test_calls_that_cannot_be_are_refused_before_anything_is_done(folder):
    (folder / "files/sub").mkdir()
    (folder / "templates/undefined.j2").write_text("{{ nobody }}\n")
    tasks = [
        {
            **batch([{"copy": {"content": "x", "dest": "{{ out }}/x"}}, *calls])[0],
            "register": f"r{place}",
            "ignore_errors": True,
        }
        for place, (calls, _) in enumerate(WRONG.values())
    ]
    gathered = "{{ [" + ", ".join(f"r{place}.msg" for place in range(len(WRONG))) + "] }}"
    result, _ = play(folder, [*tasks, {"ansible.builtin.set_fact": {"r": gathered}}])
    for said, (_, expected) in zip(result, WRONG.values(), strict=True):
        assert expected.replace("Call 1", "Call 2") in said
    assert list((folder / "out").iterdir()) == []


def test_all_that_the_modules_import_is_sent_along():
    carried = imported(CARRIED)
    own = {"ansible.module_utils.basic", *carried}
    folder = Path(ansible.modules.__file__).parent
    missing = {
        (name, module)
        for name in POSSIBLE
        if (folder / f"{name}.py").exists()
        for module in imported(folder / f"{name}.py")
        if not any(module == each or module.startswith(f"{each}.") or each.startswith(f"{module}.") for each in own)
    }
    assert missing == set()


def imported(path: Path) -> set[str]:
    """The module_utils that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= whole if node.module == "ansible.module_utils" else {node.module}
    return {name for name in found if name.startswith("ansible.module_utils.")}
