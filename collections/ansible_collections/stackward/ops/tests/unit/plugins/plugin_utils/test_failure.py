# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a task failed, in words."""

from __future__ import annotations

import pytest
from ansible_collections.stackward.ops.plugins.plugin_utils import failure


def item(label, **result):
    return {"ansible_loop_var": "item", "item": label, **result}


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ({"msg": "No package matching 'htop'"}, "No package matching 'htop'"),
        (
            {"msg": "non-zero return code", "rc": 1, "stderr": "a\nno space left\n"},
            "non-zero return code: no space left",
        ),
        ({"msg": "non-zero return code", "rc": 1, "stdout": "2 failed\n\n"}, "non-zero return code: 2 failed"),
        ({"msg": "non-zero return code", "rc": 1}, "non-zero return code"),
        ({"msg": "E: no such package", "rc": 100, "stderr": "E: no such package"}, "E: no such package"),
        ({"rc": 2, "stderr": "sh: not found"}, "sh: not found"),
        ({}, "failed"),
    ],
)
def test_what_a_module_says_comes_with_the_end_of_what_its_program_said(result, said):
    assert failure.why(result) == said


def test_of_a_loop_the_items_that_failed_are_named():
    results = [item("curl"), item("htop", failed=True, msg="no package"), item({"a": 1}, failed=True, msg="no host")]
    assert failure.why({"msg": "One or more items failed", "results": results}) == "htop: no package; no host"


def test_many_items_are_counted():
    results = [item(str(number), failed=True, msg="no") for number in range(5)]
    assert failure.why({"msg": "One or more items failed", "results": results}) == "0: no; 1: no; 2: no; and 2 more"


def test_what_a_module_calls_results_is_no_loop():
    assert failure.why({"msg": "web.service is broken", "results": [{"failed": True}]}) == "web.service is broken"


@pytest.mark.parametrize(
    ("result", "hidden"),
    [({"msg": "wrong password hunter2"}, True), ({"msg": "wrong password hunter2", "_ansible_no_log": True}, False)],
)
def test_what_its_author_hides_stays_hidden(result, hidden):
    assert failure.why(result, hidden=hidden) == failure.HIDDEN


def test_an_item_that_is_hidden_stays_hidden():
    results = [item("hunter2", failed=True, msg="hunter2", _ansible_no_log=True)]
    assert failure.why({"msg": "One or more items failed", "results": results}) == failure.HIDDEN


def test_of_a_rescue_task_and_reason_are_known_and_whether_it_took_too_long():
    variables = {
        "ansible_failed_task": {"name": "Sleep"},
        "ansible_failed_result": {"msg": "Timed out", "timedout": {}},
    }
    assert failure.of_rescue(variables) == ("Sleep: Timed out", True)


def test_a_rescue_hides_what_the_task_hides():
    variables = {"ansible_failed_task": {"name": "Log in", "no_log": True}, "ansible_failed_result": {"msg": "hunter2"}}
    assert failure.of_rescue(variables) == ("Log in: hidden: no_log", False)
