# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Applying a manifest, with a Puppet that only writes down how it was called."""

from __future__ import annotations

import json
import sys

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.stackward.ops.plugins.action.puppet import packed
from ansible_collections.stackward.ops.plugins.modules import puppet

_STAND_IN = """#!{python}
import json, os, sys
options = dict(word.lstrip("-").partition("=")[::2] for word in sys.argv[2:-1])
modules = options["modulepath"].split(":")[0]
with open({calls!r}, "w") as file:
    json.dump({{
        "options": options,
        "manifest": open(sys.argv[-1]).read(),
        "facts": json.load(open(os.path.join(options["pluginfactdest"], "stackward.json"))),
        "modules": sorted(os.listdir(modules)) if os.path.isdir(modules) else None,
    }}, file)
with open(options["lastrunfile"], "w") as file:
    file.write("---\\nresources:\\n  changed: 0\\n  out_of_sync: {out_of_sync}\\n")
print({output!r})
sys.exit({code})
"""


class Host:
    """A host on which a stand-in for Puppet ends as it is told."""

    def __init__(self, folder):
        self.folder = folder
        self.calls = folder / "calls.json"
        self.manifest = folder / "project" / "manifests" / "site.pp"
        self.manifest.parent.mkdir(parents=True)
        self.manifest.write_text("notice('hello')")

    def has_puppet(self, code=0, output="", out_of_sync=0):
        program = self.folder / "bin" / "puppet"
        program.parent.mkdir(exist_ok=True)
        text = _STAND_IN.format(
            python=sys.executable, calls=str(self.calls), code=code, output=output, out_of_sync=out_of_sync
        )
        program.write_text(text)
        program.chmod(0o755)

    def apply(self, capsys, check=False, diff=False, facts=None):
        code = self.folder / "code.tar.gz"
        code.write_bytes(packed(str(self.manifest)))
        arguments = {
            "manifest": self.manifest.name,
            "code": str(code),
            "facts": facts or {},
            "_ansible_check_mode": check,
            "_ansible_diff": diff,
            "_ansible_remote_tmp": str(self.folder),
        }
        with patch_module_args(arguments), pytest.raises(SystemExit):
            puppet.main()
        return json.loads(capsys.readouterr().out)

    @property
    def called(self):
        return json.loads(self.calls.read_text())


@pytest.fixture
def host(tmp_path, monkeypatch):
    monkeypatch.setattr(puppet, "SEARCHED", str(tmp_path / "bin"))
    return Host(tmp_path)


def test_the_manifest_is_applied_with_the_facts_given(host, capsys):
    host.has_puppet(code=2, output="Notice: changed")
    result = host.apply(capsys, facts={"stackward": {"event": "setup"}})
    assert result["changed"]
    assert result["said"] == ["Notice: changed"]
    assert host.called["manifest"] == "notice('hello')"
    assert host.called["facts"] == {"stackward": {"event": "setup"}}
    assert "noop" not in host.called["options"]


def test_nothing_to_change_is_no_change(host, capsys):
    host.has_puppet(code=0)
    assert not host.apply(capsys)["changed"]


@pytest.mark.parametrize("out_of_sync", [0, 3])
def test_check_mode_asks_puppet_what_would_change(host, capsys, out_of_sync):
    host.has_puppet(code=0, out_of_sync=out_of_sync)
    assert host.apply(capsys, check=True, diff=True)["changed"] is (out_of_sync > 0)
    assert {"noop", "show_diff"} <= host.called["options"].keys()


@pytest.mark.parametrize(("code", "changed"), [(1, False), (4, False), (6, True)])
def test_a_failure_is_told_in_puppets_words(host, capsys, code, changed):
    host.has_puppet(code=code, output="Notice: begun\nError: no such type\nNotice: ended")
    result = host.apply(capsys)
    assert result["failed"]
    assert result["msg"] == "Error: no such type"
    assert result["changed"] is changed


def test_a_host_without_puppet_says_so(host, capsys):
    result = host.apply(capsys)
    assert result["missing"]
    assert not result["changed"]
    assert host.apply(capsys, check=True)["changed"]


@pytest.mark.parametrize("place", ["project/modules", "project/manifests/modules"])
def test_modules_beside_the_manifest_or_its_folder_go_with_it(host, capsys, place):
    host.has_puppet()
    assert host.apply(capsys)["changed"] is False
    assert host.called["modules"] is None
    (host.folder / place / "greeting").mkdir(parents=True)
    host.apply(capsys)
    assert host.called["modules"] == ["greeting"]
