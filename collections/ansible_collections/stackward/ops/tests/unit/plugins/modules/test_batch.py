# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Modules that are run in processes of their own: what they leave, whatever they do."""

from __future__ import annotations

import json
import os

import pytest
from ansible_collections.stackward.ops.plugins.module_utils.batching import calls, contents

_MODULE = """
import atexit, os, sys
from ansible.module_utils.basic import AnsibleModule
module = AnsibleModule(argument_spec={"do": {"type": "str"}}, supports_check_mode=True)
%s
"""


def result(code, **arguments):
    """Run the source of a module, and return its result."""
    given = {"do": None, "_ansible_check_mode": False, "_ansible_version": "2", "_ansible_module_name": "x"}
    source = (_MODULE % code).encode()
    return calls.result_in(*calls.run(calls.Code("probe", source), {**given, **arguments}, None))[0]


def test_a_module_gets_its_arguments_and_gives_its_result():
    found = result("module.exit_json(changed=True, got=module.params['do'])", do="x")
    assert (found["changed"], found["got"]) == (True, "x")
    assert result("module.exit_json(checks=module.check_mode)", _ansible_check_mode=True)["checks"] is True


def test_a_module_that_fails_says_why():
    assert result("module.fail_json(msg='no luck')")["msg"] == "no luck"


def test_a_module_that_breaks_is_a_failure_with_its_reason():
    found = result("raise ValueError('odd')")
    assert found["failed"] is True
    assert "odd" in str(found)


@pytest.mark.parametrize("end", ["os._exit(3)", "os.kill(os.getpid(), 9)", "sys.stderr.write('gone\\n'); sys.exit(0)"])
def test_a_module_that_ends_without_a_result_is_a_failure(end):
    found = result(end)
    assert found["failed"] is True
    assert "gave no result" in found["msg"]


def test_what_a_module_prints_beside_its_result_is_left_out():
    assert result("print('{noise}'); os.system('echo more'); module.exit_json(a=1)")["a"] == 1


def test_what_a_module_puts_off_to_its_end_is_done_and_nothing_of_ours(tmp_path):
    path = tmp_path / "end"
    result(f"atexit.register(lambda: open({str(path)!r}, 'a').write('x')); module.exit_json()")
    assert path.read_text() == "x"


def test_a_module_has_no_input_to_wait_for():
    assert result("module.exit_json(read=os.read(0, 9).decode())")["read"] == ""


def test_this_process_stays_as_it_was():
    before = (os.getcwd(), dict(os.environ), sorted(os.listdir("/proc/self/fd")))
    result("os.chdir('/'); os.environ['ODD'] = '1'; module.exit_json()")
    assert (os.getcwd(), dict(os.environ), sorted(os.listdir("/proc/self/fd"))) == before


def test_a_difference_of_contents_is_shown_unless_it_cannot_be(tmp_path):
    target = tmp_path / "file"
    target.write_text("old\n")
    shown = contents.Content("bmV3Cg==", {"dest": str(target)}, str(tmp_path)).difference()
    assert (shown["before"], shown["after"]) == ("old\n", "new\n")
    binary = contents.Content("AAE=", {"dest": str(target)}, str(tmp_path)).difference()
    assert binary["before"] == ""
    assert "binary" in binary["after"]


def test_a_content_for_a_folder_goes_into_it(tmp_path):
    assert contents.place({"dest": f"{tmp_path}", "_original_basename": "a.j2"}) == f"{tmp_path}/a.j2"
    assert contents.place({"dest": f"{tmp_path}/b"}) == f"{tmp_path}/b"


def test_the_text_of_a_result_is_kept_as_it_was_printed():
    assert calls.result_in('noise\n{"a": 1}\n', "") == ({"a": 1}, '{"a": 1}')
    assert json.loads(calls.result_in("", "why\n")[1])["msg"] == "The module gave no result: why."
