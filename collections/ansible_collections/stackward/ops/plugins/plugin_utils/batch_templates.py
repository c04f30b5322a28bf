# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Templates of a batch, rendered as the action of M(ansible.builtin.template) renders them."""

from __future__ import annotations

import os

from ansible.errors import AnsibleError
from ansible.module_utils.common.text.converters import to_bytes, to_text
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.template import generate_ansible_template_vars, trust_as_template

_TEXTS = {
    "variable_start_string": "{{",
    "variable_end_string": "}}",
    "block_start_string": "{%",
    "block_end_string": "%}",
    "comment_start_string": "{#",
    "comment_end_string": "#}",
}
_FLAGS = {"trim_blocks": True, "lstrip_blocks": False}
_NEWLINES = {"\\n": "\n", "\\r": "\r", "\\r\\n": "\r\n"}
OPTIONS = (*_TEXTS, *_FLAGS, "newline_sequence", "output_encoding")
"""The arguments that are for the rendering, and not for the module on the host."""


def found(action, name):
    """Return the path of a template on the controller. Raises AnsibleError."""
    return action._find_needle("templates", name)


def rendered(action, path, arguments, task_vars):
    """Return the content that a template at C(path) gives. C(arguments) are those of the call."""
    variables = {
        **task_vars,
        **generate_ansible_template_vars(path=arguments["src"], fullpath=path, dest_path=arguments["dest"]),
    }
    if "ansible_managed" in task_vars:
        variables["ansible_managed"] = task_vars["ansible_managed"]
    newline = arguments.get("newline_sequence", "\n")
    newline = _NEWLINES.get(newline, newline)
    if newline not in _NEWLINES.values():
        raise AnsibleError("newline_sequence needs to be one of \\n, \\r and \\r\\n")
    overrides = {
        **{key: arguments.get(key, default) for key, default in _TEXTS.items()},
        **{key: boolean(arguments.get(key, default), strict=False) for key, default in _FLAGS.items()},
        "newline_sequence": newline,
    }
    templar = action._templar.copy_with_new_env(
        searchpath=_folders(action, path, task_vars), available_variables=variables
    )
    text = trust_as_template(action._loader.get_text_file_contents(path))
    result = templar.template(text, escape_backslashes=False, overrides=overrides)
    return to_bytes("" if result is None else to_text(result), encoding=arguments.get("output_encoding") or "utf-8")


def _folders(action, path, task_vars):
    """Return where a template looks for those that it includes."""
    places = [*task_vars.get("ansible_search_path", []), action._loader.get_basedir(), os.path.dirname(path)]
    return [folder for place in places for folder in (os.path.join(place, "templates"), place)]
