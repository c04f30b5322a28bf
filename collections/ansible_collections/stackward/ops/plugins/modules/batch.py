#!/usr/bin/python
# -*- coding: utf-8 -*-
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: batch
short_description: Run many ordinary modules on a host in one round trip
version_added: 0.1.0
description:
  - Takes a list of calls of modules of C(ansible.builtin), written like tasks, and runs them on the host in order,
    unmodified, by one interpreter. What would be a round trip for each task is one for all.
  - Templates, and files of M(ansible.builtin.copy), are read and rendered on the controller.
  - The first call that fails ends the batch and fails the task. The message names the call.
  - Values in the calls are rendered before the first of them runs. So a call cannot depend on the result of an earlier
    one; where it must, use two batches or ordinary tasks.
author:
  - Stackward maintainers (@stackward)
attributes:
  check_mode:
    support: full
    description: Each call runs in check mode, if its module can; else it is skipped, as a task would be.
  diff_mode:
    support: full
    description: Shows the differences of all calls, in order, but those with C(no_log).
  platform:
    support: full
    platforms: posix
    description: Any host on which Ansible's modules run.
options:
  calls:
    description:
      - The calls, in order. Each is a dictionary with one module and its arguments, as in a task
        (V(ansible.builtin.file), or V(file) for short).
      - A command may be given as a text to M(ansible.builtin.command) and M(ansible.builtin.shell), without options
        such as C(chdir=) in it. All other arguments are dictionaries.
      - Not every module can be part of a batch. Those that act on the controller, such as M(ansible.builtin.set_fact),
        M(ansible.builtin.fetch), M(ansible.builtin.script), M(ansible.builtin.reboot), those that gather facts, and
        M(ansible.builtin.unarchive) and M(ansible.builtin.uri) with files of the controller, are refused.
        M(ansible.builtin.copy) of a folder is, too.
      - Beside the module a call can have the keys C(name), a text for results and messages; C(when), a boolean;
        C(notify), the name of a handler or a list; C(no_log), a boolean that keeps all that the call says out of every
        result; C(changed_when), a boolean.
    type: list
    elements: dict
    required: true
  modules:
    description: The code of the modules, which the action fills in. It is not for users.
    type: dict
    default: {}
requirements:
  - python >= 3.9 on the host
notes:
  - Keywords of the task, such as C(become), C(environment), C(check_mode), C(delegate_to) and C(timeout), count for
    all calls. C(module_defaults) of modules in the batch do not.
  - A handler that a call notifies runs if that call has changed something. One that the task itself notifies runs if
    any call has.
seealso:
  - module: stackward.ops.ensure
"""

EXAMPLES = r"""
- name: Serve the pages
  stackward.ops.batch:
    calls:
      - name: Install nginx
        apt:
          name: nginx
      - name: Make the folder for pages
        file:
          path: /srv/pages
          state: directory
          mode: "0755"
      - name: Configure the site
        template:
          src: site.conf.j2
          dest: /etc/nginx/conf.d/site.conf
          mode: "0644"
        notify: Reload nginx
      - name: Keep the password of the upstream
        copy:
          content: "{{ upstream_password }}"
          dest: /etc/nginx/upstream.password
          mode: "0600"
        no_log: true
      - name: Check the configuration
        command: nginx -t
        changed_when: false
      - name: Run nginx
        systemd_service:
          name: nginx
          state: started
          enabled: true
  become: true
"""

RETURN = r"""
results:
  description:
    - The result of each call that was reached, in order, as its module gave it. Where one has failed, those before it
      are there in brief.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the call, or of its module.
      type: str
    module:
      description: The module that was called.
      type: str
    changed:
      description: Whether it has changed something.
      type: bool
    failed:
      description: Whether it has failed.
      type: bool
  sample:
    - name: Run nginx
      module: ansible.builtin.systemd_service
      changed: true
      failed: false
msg:
  description: Which call failed, and what it said.
  returned: on failure
  type: str
  sample: >-
    Call 3 of 6, "Configure the site" (ansible.builtin.template), failed: Destination directory /etc/nginx/conf.d does
    not exist
"""

import base64
import json
import os
import sys
import tempfile
import zlib

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stackward.ops.plugins.module_utils.batching import calls as running
from ansible_collections.stackward.ops.plugins.module_utils.batching import carried, contents, library

# Ansible sends with a module what the module names, and the modules of a batch need theirs.
CARRIED = carried.never_called


def main():
    """Run the module. The action has turned what the user wrote into calls that are complete."""
    module = AnsibleModule(
        argument_spec={
            "calls": {"type": "list", "elements": "dict", "required": True},
            "modules": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    sources = {name: zlib.decompress(base64.b64decode(text)) for name, text in module.params["modules"].items()}
    codes = {name: running.Code(name, source) for name, source in sources.items()}
    results = []
    with tempfile.TemporaryDirectory(prefix="ansible-batch-") as folder:
        place = library.completed(getattr(sys.modules["__main__"], "_modlib_path", None), sources, folder)
        for call in module.params["calls"]:
            results.append(_called(call, codes, place, folder, module))
            if results[-1]["failed"]:
                break
    module.exit_json(changed=any(result["changed"] for result in results), calls=results)


def _called(call, codes, place, folder, module):
    """Return how one call ended. Unless it is secret, its result is there as the module printed it."""
    name, arguments = _chosen(call["alternatives"])
    content = None
    try:
        if call["content"] is not None:
            content = contents.Content(call["content"], arguments, folder)
            arguments = content.arguments
        if content is not None and module.check_mode and content.is_new():
            # The module would ask for the folder, which an earlier call may only have promised to make.
            found, output = {"changed": True}, json.dumps({"changed": True})
        else:
            found, output = running.result_in(*running.run(codes[name], arguments, place))
        changed = bool(found.get("changed")) if call["changed_when"] is None else call["changed_when"]
        failed = bool(found.get("failed", found.get("rc", 0) not in (0, "0")))
        shown = module._diff and content is not None and changed and not failed and not call["no_log"]
        return {
            "module": name,
            "changed": changed,
            "failed": failed,
            "output": None if call["no_log"] else output,
            "diff": content.difference() if shown else None,
        }
    finally:
        if content is not None:
            content.forget()


def _chosen(alternatives):
    """Return the module and the arguments for this host: the first whose program is here, or else the last."""
    for name, arguments, program in alternatives[:-1]:
        if os.path.exists(program):
            return name, arguments
    return alternatives[-1][:2]


if __name__ == "__main__":
    main()
