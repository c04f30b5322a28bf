# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What becomes of the answers of a host: the result of each call, and that of the task."""

from __future__ import annotations

import json

from ansible_collections.stackward.ops.plugins.plugin_utils.batch_calls import read
from ansible_collections.stackward.ops.plugins.plugin_utils.batch_results import ended


def answer(changed=False, failed=False, diff=None, secret=False, **found):
    """What the host says of a call."""
    return {
        "module": "x",
        "changed": changed,
        "failed": failed,
        "output": None if secret else json.dumps({"changed": changed, **found}),
        "diff": diff,
    }


def outcome(calls, *answers, verbosity=0):
    return ended(read({"calls": calls}), answers, json.loads, verbosity)


def test_each_call_has_its_result_and_the_task_what_they_say_together():
    found = outcome(
        [{"ping": None, "name": "A"}, {"command": "x", "when": False}, {"stat": {}}],
        answer(changed=True, warnings=["w"], stdout="a\nb", invocation={"module_args": {}}, ansible_facts={"k": 1}),
        answer(diff={"before": "", "after": "x"}, warnings=["v"]),
    )
    assert found.result["changed"] is True
    assert found.result["warnings"] == ["w", "v"]
    assert found.result["diff"] == [{"before": "", "after": "x"}]
    assert found.result["ansible_facts"] == {"k": 1}
    assert found.result["results"] == [
        {
            "name": "A",
            "module": "ansible.builtin.ping",
            "changed": True,
            "failed": False,
            "stdout": "a\nb",
            "stdout_lines": ["a", "b"],
        },
        {
            "name": "ansible.builtin.command",
            "module": "ansible.builtin.command",
            "changed": False,
            "failed": False,
            "skipped": True,
        },
        {"name": "ansible.builtin.stat", "module": "ansible.builtin.stat", "changed": False, "failed": False},
    ]


def test_only_calls_that_changed_something_notify():
    calls = [{"ping": None, "notify": "A"}, {"ping": None, "notify": ["B", "C"]}, {"ping": None, "notify": "D"}]
    assert outcome(calls, answer(), answer(changed=True), answer()).notified == ("B", "C")


def test_what_went_well_before_a_failure_is_said_in_brief():
    found = outcome(
        [{"ping": None}, {"stat": {}}, {"ping": None}], answer(ping="pong"), answer(failed=True, msg="no luck")
    )
    assert found.result["msg"] == 'Call 2 of 3, "ansible.builtin.stat" (ansible.builtin.stat), failed: no luck'
    assert found.result["failed"] is True
    assert "ping" not in found.result["results"][0]
    assert found.result["results"][1]["msg"] == "no luck"
    assert len(found.result["results"]) == 2


def test_a_command_that_fails_says_what_it_printed():
    found = outcome([{"command": "x"}], answer(failed=True, msg="non-zero return code", rc=2, stderr="bad\n"))
    assert found.result["msg"].endswith("failed: non-zero return code\nbad")


def test_a_secret_call_says_nothing_else():
    found = outcome([{"command": "x", "no_log": True}], answer(failed=True, secret=True))
    assert found.result["msg"].endswith("failed; what it said is hidden, as it has no_log.")
    assert set(found.result["results"][0]) == {"name", "module", "changed", "failed", "censored"}


def test_arguments_are_shown_to_who_asks_for_much():
    found = outcome([{"ping": None}], answer(invocation={"module_args": {"a": 1}}), verbosity=3)
    assert found.result["results"][0]["invocation"] == {"module_args": {"a": 1}}
