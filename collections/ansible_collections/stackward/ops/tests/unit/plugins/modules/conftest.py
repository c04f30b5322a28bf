# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A host to try the modules on: a folder, and a systemctl that only remembers."""

from __future__ import annotations

import json
import os
import stat
import sys

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.stackward.ops.plugins.module_utils.applying import commands, files
from ansible_collections.stackward.ops.plugins.modules import ensure

_SYSTEMCTL = """#!{python}
import json, pathlib, sys

folder = pathlib.Path({folder!r})
with (folder / "calls").open("a") as calls:
    calls.write(" ".join(sys.argv[1:]) + "\\n")
units = json.loads((folder / "units").read_text())
action, names = sys.argv[1], [word for word in sys.argv[2:] if not word.startswith("--")]
if action == "show":
    blank = {{"LoadState": "not-found", "ActiveState": "inactive", "UnitFileState": ""}}
    print("\\n\\n".join("\\n".join(f"{{k}}={{v}}" for k, v in units.get(name, blank).items()) for name in names))
for name in names:
    if action in ("start", "restart", "reload-or-restart"):
        if units[name].get("Broken"):
            sys.exit(f"{{name}} is broken")
        units[name]["ActiveState"] = "active"
    elif action == "stop":
        units[name]["ActiveState"] = "inactive"
    elif action in ("enable", "disable"):
        units[name]["UnitFileState"] = action + "d"
(folder / "units").write_text(json.dumps(units))
"""


class TryHost:
    """The folder of a host, the calls of its systemctl, and the module run on it."""

    def __init__(self, folder, capsys):
        self.folder = folder
        self.state = folder / "state"
        self.systemd = folder / "systemd"
        self._capsys = capsys
        self.systemd.mkdir()
        (self.systemd / "calls").write_text("")
        (self.systemd / "units").write_text("{}")
        programs = folder / "programs"
        programs.mkdir()
        systemctl = programs / "systemctl"
        systemctl.write_text(_SYSTEMCTL.format(python=sys.executable, folder=str(self.systemd)))
        systemctl.chmod(0o755)
        journalctl = programs / "journalctl"
        journalctl.write_text("#!/bin/sh\necho last words\n")
        journalctl.chmod(0o755)
        self.programs = programs

    def path(self, name):
        """Return a path on this host as a resource names it."""
        return str(self.folder / name)

    def unit(self, name, active="active", enabled="enabled", **more):
        """Let systemd know a unit."""
        units = json.loads((self.systemd / "units").read_text())
        units[name] = {"LoadState": "loaded", "ActiveState": active, "UnitFileState": enabled, **more}
        (self.systemd / "units").write_text(json.dumps(units))

    def calls(self):
        """Return what systemctl was asked to change since the last time."""
        calls = [line for line in (self.systemd / "calls").read_text().splitlines() if not line.startswith("show ")]
        (self.systemd / "calls").write_text("")
        return calls

    def questions(self):
        """Return how often systemctl was asked for states since the last look at the calls."""
        return (self.systemd / "calls").read_text().count("show ")

    def ensure(self, *resources, **arguments):
        """Run the module and return its result. A test that would touch anything outside of the host's folder stops."""
        for resource in resources:
            for key in ("path", "creates"):
                place = os.path.realpath(os.path.dirname(resource.get(key) or self.path("x")))
                assert os.path.commonpath([place, os.path.realpath(self.folder)]) == os.path.realpath(self.folder)
        self._capsys.readouterr()
        with patch_module_args({"resources": list(resources), **arguments}), pytest.raises(SystemExit):
            ensure.main()
        return json.loads(self._capsys.readouterr().out)

    def mode(self, name):
        """Return the mode of a path of this host."""
        return oct(stat.S_IMODE((self.folder / name).lstat().st_mode))


@pytest.fixture
def host(tmp_path, capsys, monkeypatch):
    """A host that can be tried on."""
    found = TryHost(tmp_path, capsys)
    monkeypatch.setattr(commands, "_PATH", f"{found.programs}:{commands._PATH}")
    monkeypatch.setattr(ensure, "STATE_DIRECTORY", str(found.state))
    monkeypatch.setattr(files, "account", lambda *_: found.folder.stat().st_uid)
    monkeypatch.setattr(files, "group", lambda *_: found.folder.stat().st_gid)
    return found
