# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ordinary modules, run one after another by one interpreter: each in a process of its own that is forked off."""

from __future__ import annotations

import atexit
import json
import os
import sys
import tempfile
import traceback
import types

from ansible.module_utils import basic

PROFILE = "legacy"
"""How Ansible's own modules read their arguments and write their results."""


class Code:
    """The source of a module, compiled once however often it is called."""

    def __init__(self, name, source):
        self.name = name
        self.source = source
        self._compiled = None

    def run(self, arguments, library):
        """Run the module in this process, as if it had been started by itself."""
        if self._compiled is None:
            self.compile()
        main = types.ModuleType("__main__")
        main.__file__ = f"{self.name}.py"
        # What a module needs that starts itself anew with another interpreter.
        main._module_fqn = f"ansible.modules.{self.name}"
        main._modlib_path = library
        sys.modules["__main__"] = main
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode("utf-8")
        basic._ANSIBLE_PROFILE = PROFILE
        exec(self._compiled, main.__dict__)

    def compile(self):
        """Compile it in this process, so that those that are forked off need not."""
        self._compiled = compile(self.source, f"{self.name}.py", "exec")


def run(code, arguments, library):
    """Run a module with arguments, and return what it printed: on standard output, and on standard error."""
    code.compile()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child == 0:
            _leave(_inside(code, arguments, library, output, errors))
        os.waitpid(child, 0)
        return _text(output), _text(errors)


def _inside(code, arguments, library, output, errors):
    """Be the process of the module, and return its exit status."""
    try:
        # What this process owes to the end of its parent is not for it to do.
        atexit._clear()
        nothing = os.open(os.devnull, os.O_RDONLY)
        for descriptor, number in ((nothing, 0), (output.fileno(), 1), (errors.fileno(), 2)):
            os.dup2(descriptor, number)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
        code.run(arguments, library)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except BaseException as error:  # noqa: BLE001 whatever a module raises is the result of its call
        sys.stdout.write(json.dumps({"failed": True, "msg": f"{type(error).__name__}: {error}"}))
        traceback.print_exc()
    return 1


def _leave(status):
    """End this process at once, but with what the module has put off to its end: it removes temporary files then."""
    try:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


def _text(file):
    file.seek(0)
    return file.read().decode("utf-8", "replace")


def result_in(output, errors):
    """Return a module's result as data, and as the text that it printed. Lines around it are left out."""
    for line in reversed(output.splitlines()):
        text = line.strip()
        if text.startswith("{"):
            try:
                found = json.loads(text)
            except ValueError:
                continue
            if isinstance(found, dict):
                return found, text
    said = (errors.strip() or output.strip()).splitlines()
    failure = {"failed": True, "msg": f"The module gave no result{': ' + said[-1] if said else ''}."}
    return failure, json.dumps(failure)
