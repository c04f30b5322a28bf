# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is sent to a host for the calls of a batch: complete arguments, contents, and the code of the modules."""

from __future__ import annotations

import base64
import json
import os
import stat
import zlib

from ansible.module_utils.common.text.converters import to_bytes, to_text
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.loader import module_loader
from ansible_collections.stackward.ops.plugins.plugin_utils import batch_templates
from ansible_collections.stackward.ops.plugins.plugin_utils.batch_calls import BUILTIN, WrongCallError

_SYSTEMD_IGNORES = ("pattern", "runlevel", "sleep", "arguments", "args", "use")
LARGEST = 4 * 1024 * 1024
"""Bytes of a file that a batch takes. A larger one is better sent by a task of its own."""


def prepared(action, call, task_vars):
    """Return a call as the module on the host takes it. Raises WrongCallError."""
    content, arguments = _content(action, call, task_vars)
    alternatives = [
        (name, _complete(action, call, name, given, task_vars), program)
        for name, given, program in _alternatives(call, arguments)
    ]
    return {
        "alternatives": alternatives,
        "content": None if content is None else base64.b64encode(content).decode("ascii"),
        "no_log": call.no_log,
        "changed_when": call.changed_when,
    }


def sources(names):
    """Return the code of modules, by name, as it travels."""
    return {name: base64.b64encode(zlib.compress(_source(name), 1)).decode("ascii") for name in sorted(names)}


def _source(name):
    found = module_loader.find_plugin_with_context(BUILTIN + name)
    with open(found.plugin_resolved_path, "rb") as file:
        return file.read()


def _alternatives(call, arguments):
    """Return the modules that may do the work on the host, each with the program whose presence says so."""
    plain = {key: value for key, value in arguments.items() if key != "use"}
    if call.module == "package":
        return [("apt", plain, "/usr/bin/apt-get"), ("dnf5", plain, "")]
    if call.module == "service":
        fitting = {key: value for key, value in arguments.items() if key not in _SYSTEMD_IGNORES}
        return [("systemd_service", fitting, "/run/systemd/system"), ("service", plain, "")]
    names = {"systemd": "systemd_service", "shell": "command", "template": "copy"}
    return [(names.get(call.module, call.module), arguments, "")]


def _complete(action, call, name, arguments, task_vars):
    """Return arguments with what Ansible adds for every module: modes, names, places of temporary files."""
    complete = dict(arguments)
    action._update_module_args(BUILTIN + name, complete, task_vars)
    if call.no_log:
        complete["_ansible_no_log"] = True
    return complete


def _content(action, call, task_vars):
    """Return the content that travels with a call, and the arguments that are left for the module."""
    arguments = dict(call.arguments)
    if call.module == "template":
        return _rendered(action, call, arguments, task_vars)
    if call.module == "copy" and not _flag(arguments, "remote_src", False):
        return _copied(action, call, arguments)
    if call.module in ("unarchive", "assemble", "uri"):
        _refuse_files_of_the_controller(call, arguments)
    if call.module == "shell":
        arguments["_uses_shell"] = True
    if call.module in ("command", "shell") and "cmd" in arguments:
        arguments["_raw_params"] = arguments.pop("cmd")
    return None, arguments


def _rendered(action, call, arguments, task_vars):
    path = batch_templates.found(action, _needed(call, arguments, "src"))
    content = batch_templates.rendered(action, path, arguments, task_vars)
    if arguments.get("mode") == "preserve":
        arguments["mode"] = _mode(path)
    left = {key: value for key, value in arguments.items() if key not in ("src", *batch_templates.OPTIONS)}
    return content, {**left, "_original_basename": os.path.basename(path), "follow": _flag(left, "follow", False)}


def _copied(action, call, arguments):
    if arguments.get("content") is not None:
        if "src" in arguments:
            raise _wrong(call, "src and content exclude each other")
        content = arguments.pop("content")
        if _needed(call, arguments, "dest").endswith("/"):
            raise _wrong(call, "dest must be the path of a file where content is given")
        return to_bytes(json.dumps(content) if isinstance(content, (dict, list)) else to_text(content)), arguments
    arguments.pop("content", None)
    source = action._find_needle("files", _needed(call, arguments, "src"))
    if os.path.isdir(source):
        raise _wrong(call, f"{arguments['src']} is a folder: make it a task")
    if os.path.getsize(source) > LARGEST:
        raise _wrong(call, f"{arguments['src']} has more than {LARGEST // 1024 // 1024} MiB: make it a task")
    if arguments.get("mode") == "preserve":
        arguments["mode"] = _mode(source)
    arguments.pop("src")
    decrypt = _flag(arguments, "decrypt", True)
    arguments.pop("decrypt", None)
    with open(action._loader.get_real_file(source, decrypt=decrypt), "rb") as file:
        content = file.read()
    return content, {**arguments, "_original_basename": os.path.basename(source)}


def _refuse_files_of_the_controller(call, arguments):
    reads_here = "src" in arguments and not _flag(arguments, "remote_src", call.module == "assemble")
    if reads_here:
        raise _wrong(call, "it takes a file of the controller: set remote_src, or make it a task")


def _mode(path):
    return f"0{stat.S_IMODE(os.stat(path).st_mode):03o}"


def _needed(call, arguments, key):
    if not isinstance(arguments.get(key), str) or not arguments[key]:
        raise _wrong(call, f"{key} is missing")
    if not isinstance(arguments.get("dest"), str) or not arguments["dest"]:
        raise _wrong(call, "dest is missing")
    return arguments[key]


def _flag(arguments, key, otherwise):
    return boolean(arguments.get(key, otherwise), strict=False)


def _wrong(call, what):
    return WrongCallError(f'Call {call.place}, "{call.name}" ({call.module}): {what}.')
