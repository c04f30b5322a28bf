# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Says in words why a task failed, and nothing of what its author hides."""

from __future__ import annotations

HIDDEN = "hidden: no_log"
_SHOWN = 3
"""Items of a loop that are named; the others are counted."""


def of_rescue(task_vars):
    """Return what failed in the block that is rescued: the task's name and why, and whether its time was over."""
    task, result = task_vars["ansible_failed_task"], task_vars["ansible_failed_result"]
    return f"{task['name']}: {why(result, hidden=bool(task.get('no_log')))}", "timedout" in result


def why(result, *, hidden=False):
    """Return why a task failed, as a sentence: of a loop what failed of it, of a program the end of what it said."""
    if hidden or result.get("_ansible_no_log"):
        return HIDDEN
    failed = [item for item in _items(result) if item.get("failed") or item.get("unreachable")]
    if not failed:
        return _sentence(result)
    said = [_of_item(item) for item in failed[:_SHOWN]]
    if len(failed) > _SHOWN:
        said.append(f"and {len(failed) - _SHOWN} more")
    return "; ".join(said)


def _items(result):
    """Return the results of a loop; a module may call something of its own C(results)."""
    found = result.get("results")
    return [item for item in found if isinstance(item, dict) and "ansible_loop_var" in item] if found else []


def _of_item(item):
    if item.get("_ansible_no_log"):
        return HIDDEN
    label = item.get("_ansible_item_label", item.get(item["ansible_loop_var"]))
    return f"{label}: {_sentence(item)}" if isinstance(label, (str, int)) else _sentence(item)


def _sentence(result):
    message = str(result.get("msg") or "").strip()
    if message and "rc" not in result:
        return message
    last = next((lines[-1].strip() for key in ("stderr", "stdout") if (lines := _lines(result.get(key)))), "")
    if last in message:
        return message or "failed"
    return f"{message}: {last}" if message else last


def _lines(text):
    return [line for line in str(text or "").splitlines() if line.strip()]
