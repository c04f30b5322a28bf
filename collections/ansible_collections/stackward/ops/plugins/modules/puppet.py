#!/usr/bin/python
# -*- coding: utf-8 -*-
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: puppet
short_description: Apply a Puppet manifest of the controller to a host
version_added: 0.1.0
description:
  - Sends a manifest of the controller, and the folder C(modules) beside it or beside its folder, to the host and
    applies it with C(puppet apply). Nothing of it stays on the host.
  - A host without Puppet gets the distribution's C(puppet-agent). No agent is started and no server is needed.
  - Recipes of the type C(puppet) in a stack file are applied by this module, with the attribute document as the fact
    C(stackward).
author:
  - Stackward maintainers (@stackward)
attributes:
  check_mode:
    support: full
    description: Runs C(puppet apply --noop), which says what would change.
  diff_mode:
    support: full
    description: Shows what Puppet says, with the differences of files.
  platform:
    support: full
    platforms: posix
    description: Linux with systemd, and apt or dnf.
options:
  manifest:
    description: Path of the manifest on the controller.
    type: path
    required: true
  facts:
    description: Facts for the manifest, such as C($facts['stackward']) for a key C(stackward).
    type: dict
    default: {}
  code:
    description: Path on the host of the archive with manifest and modules. The action fills it in.
    type: path
requirements:
  - python >= 3.9 on the host
seealso:
  - module: stackward.ops.ensure
"""

EXAMPLES = r"""
- name: Apply a manifest
  stackward.ops.puppet:
    manifest: "{{ playbook_dir }}/manifests/site.pp"
    facts:
      colour: green
"""

RETURN = r"""
said:
  description: What Puppet wrote, by line.
  returned: when Puppet was there
  type: list
  elements: str
  sample:
    - "Notice: /Stage[main]/Main/File[/etc/motd]/content: content changed"
missing:
  description: Whether the host has no Puppet.
  returned: always
  type: bool
  sample: false
"""

import json
import os
import re
import shutil
import tarfile
import tempfile

from ansible.module_utils.basic import AnsibleModule

SEARCHED = "/opt/puppetlabs/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MODULES = (
    "/etc/puppet/code/modules",
    "/usr/share/puppet/modules",
    "/etc/puppetlabs/code/modules",
    "/opt/puppetlabs/puppet/modules",
)
"""Where modules of the host are: the distribution's, then Puppet's own packages'."""
CHANGED = 2
"""Exit code of --detailed-exitcodes (puppet-apply(8)); 4 is failed, 6 is changed and failed, 1 is not compiled."""


def main():
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "manifest": {"type": "path", "required": True},
            "facts": {"type": "dict", "default": {}},
            "code": {"type": "path"},
        },
        supports_check_mode=True,
    )
    if not module.params["code"]:
        module.fail_json(msg="Only the action of this name sends the manifest to the host; call it in a task.")
    puppet = shutil.which("puppet", path=SEARCHED)
    if puppet is None:
        message = "Puppet is not installed; it would be, and then apply the manifest." if module.check_mode else ""
        module.exit_json(changed=module.check_mode, missing=True, msg=message)
    with tempfile.TemporaryDirectory(dir=module.tmpdir) as folder:
        code, output = applied(module, puppet, folder)
        summary = os.path.join(folder, "summary.yaml")
        changed = out_of_sync(summary) if module.check_mode and code == 0 else code in (CHANGED, 6)
    said = output.strip().splitlines()
    shown = {"diff": {"prepared": output}} if module._diff and changed else {}
    if code not in (0, CHANGED):
        module.fail_json(msg=problem(said, code), changed=changed, said=said, missing=False, **shown)
    module.exit_json(changed=changed, said=said, missing=False, **shown)


def applied(module, puppet, folder):
    """Unpack the code, apply it, and return exit code and output."""
    with tarfile.open(module.params["code"]) as archive:
        if hasattr(tarfile, "data_filter"):
            archive.extractall(folder, filter="data")
        else:
            archive.extractall(folder)
    facts = os.path.join(folder, "facts.d")
    os.mkdir(facts)
    with open(os.path.join(facts, "stackward.json"), "w", encoding="utf-8") as file:
        json.dump(module.params["facts"], file)
    command = [
        puppet,
        "apply",
        "--detailed-exitcodes",
        "--color=false",
        "--logdest=console",
        "--modulepath=" + ":".join([os.path.join(folder, "modules"), *MODULES]),
        "--pluginfactdest=" + facts,
        "--lastrunfile=" + os.path.join(folder, "summary.yaml"),
        *(["--noop"] if module.check_mode else []),
        *(["--show_diff"] if module._diff else []),
        os.path.join(folder, module.params["manifest"]),
    ]
    code, stdout, stderr = module.run_command(command, environ_update={"LC_ALL": "C.UTF-8"}, cwd="/")
    return code, stdout + stderr


def out_of_sync(summary):
    """Return whether a run that changed nothing found anything to change, by the summary that Puppet wrote of it."""
    with open(summary, encoding="utf-8") as file:
        found = re.search(r"^  out_of_sync: (\d+)$", file.read(), re.MULTILINE)
    return found is not None and int(found.group(1)) > 0


def problem(said, code):
    """Return the errors among Puppet's lines, or its last line."""
    errors = [line for line in said if line.startswith("Error: ")]
    return "\n".join(errors or said[-1:]) or f"puppet apply ended with exit status {code}"


if __name__ == "__main__":
    main()
