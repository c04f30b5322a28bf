# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What came of a batch: the result of each call, and of the task as a whole."""

from __future__ import annotations

from dataclasses import dataclass

_OF_THE_TASK = ("warnings", "deprecations", "diff", "ansible_facts")
"""What a task says once, whichever of its calls it comes from."""
_HIDDEN = {"censored": "the output has been hidden due to the fact that 'no_log: true' was specified for this call"}
_BRIEF = ("name", "module", "changed", "failed", "skipped")
_SHOWS_ARGUMENTS = 3
"""The verbosity from which Ansible shows the arguments of modules."""


@dataclass(frozen=True)
class Ended:
    """The result of the task, and the handlers that its calls notify."""

    result: dict
    notified: tuple


def ended(calls, answers, decode, verbosity):
    """Return what came of calls by the host's answers, one for each reached. C(decode) reads a module's result."""
    together = {"warnings": [], "deprecations": [], "diff": [], "ansible_facts": {}}
    results, notified, remaining = [], [], list(answers)
    for call in calls:
        head = {"name": call.name, "module": f"ansible.builtin.{call.module}"}
        if not call.when:
            results.append({**head, "changed": False, "failed": False, "skipped": True})
            continue
        if not remaining:
            break
        answer = remaining.pop(0)
        found = dict(_HIDDEN) if answer["output"] is None else decode(answer["output"])
        _gather(found, answer["diff"], together)
        if verbosity < _SHOWS_ARGUMENTS:
            found.pop("invocation", None)
        results.append({**head, **_with_lines(found), "changed": answer["changed"], "failed": answer["failed"]})
        if answer["changed"]:
            notified += call.notify
        if answer["failed"]:
            break
    result = {"changed": any(item["changed"] for item in results), "results": results}
    result.update({key: value for key, value in together.items() if value})
    if results and results[-1]["failed"]:
        # Ansible prints the whole result of a task that fails, and the reason must not drown in what went well.
        result["results"] = [*({key: item[key] for key in _BRIEF if key in item} for item in results[:-1]), results[-1]]
        result.update(failed=True, msg=message(len(calls), calls[len(results) - 1], results[-1]))
    return Ended(result, tuple(notified))


def _gather(found, difference, together):
    """Move what is said once for the task out of the result of a call."""
    said = {key: found.pop(key) for key in _OF_THE_TASK if key in found}
    for key in ("warnings", "deprecations"):
        together[key] += said.get(key, [])
    differences = said.get("diff", []) if difference is None else difference
    together["diff"] += differences if isinstance(differences, list) else [differences]
    together["ansible_facts"].update(said.get("ansible_facts", {}))


def _with_lines(found):
    """Return a result with outputs as lines too, as Ansible does it for tasks."""
    lines = {f"{key}_lines": found[key].splitlines() for key in ("stdout", "stderr") if isinstance(found.get(key), str)}
    return {**lines, **found}


def message(count, call, found):
    """Return which of so many calls has failed, and what it said."""
    title = f'Call {call.place} of {count}, "{call.name}" ({found["module"]}), failed'
    if call.no_log:
        return f"{title}; what it said is hidden, as it has no_log."
    said = found.get("msg") or found.get("stdout") or "it said nothing"
    errors = str(found.get("stderr") or "").strip()
    return f"{title}: {said}" + (f"\n{errors}" if errors and errors not in str(said) else "")
