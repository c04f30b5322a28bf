#!/usr/bin/python
# -*- coding: utf-8 -*-
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ensure
short_description: Make a host what a list of resources says
version_added: 0.1.0
description:
  - Applies resources (packages, files, services, releases of apps and so on) to a host, one after another, in one call.
  - The controller compiles the list from the built-in layers of an instance. Lifecycle events call this module
    through the action M(stackward.ops.event); it is of little use by itself.
  - Every resource is left alone if the host is already as it says.
  - Restarts and reloads are carried out once, before a resource that checks what answers, and at the end. They are
    noted on the host before the change that causes them, so that an interrupted run leaves none behind for good.
  - The first resource that fails ends the call.
author:
  - Stackward maintainers (@stackward)
attributes:
  check_mode:
    support: full
    description: Can run in check mode and tell what would change, without changing anything.
  diff_mode:
    support: full
    description: Shows what changes in files, except in those that hold secrets.
  platform:
    support: full
    platforms: posix
    description: Linux with systemd, and apt or dnf.
options:
  resources:
    description:
      - The resources in the order in which they are applied, each with its C(kind), its C(name) and what the kind
        takes, complete with defaults.
    type: list
    elements: dict
    required: true
  uploads:
    description:
      - For archives of releases that the host did not have, where they have been uploaded to, by their path on the
        controller.
    type: dict
    default: {}
  shipped:
    description:
      - Archives of releases that the host most likely does not have, in Base64, by their path on the controller. They
        come with the call, which is one round trip; large ones are better uploaded.
    type: dict
    default: {}
  bases:
    description:
      - Folders of other releases on the host, by the path of an archive on the controller. What came of that archive
        leaves out the files that are the same there. Where one of them is not there any more, the release is among
        those that are RV(missing).
    type: dict
    default: {}
  hidden:
    description:
      - Texts that must not appear in what is returned, beside those of secret resources. What an app answers or logs
        where it is not well may hold them.
    type: list
    elements: str
    default: []
  undo:
    description:
      - A name under which the host remembers what the files, links and services were that are changed. It is remembered
        on disk before each change. A name that is not the one before forgets that one.
    type: str
    default: ''
  take_back:
    description:
      - Lets everything that is remembered under O(undo) be as it was, and restarts what its changes restart. Then the
        resources are applied. Where nothing is remembered, nothing is taken back.
    type: bool
    default: false
requirements:
  - python >= 3.9 on the host
notes:
  - What the resources hold is neither logged on the host nor returned.
seealso:
  - module: stackward.ops.haproxy_server
"""

EXAMPLES = r"""
- name: Greet whoever logs in
  stackward.ops.ensure:
    resources:
      - kind: file
        name: message of the day
        path: /etc/motd
        content: "Welcome to {{ inventory_hostname }}.\n"
        owner: root
        group: root
        mode: "0644"
        validate: []
        secret: false
        notify: []

- name: Install chrony and keep it running
  stackward.ops.ensure:
    resources:
      - kind: packages
        name: time synchronisation
        packages: [chrony]
        notify: []
      - kind: service
        name: time synchronisation
        unit: chrony.service
        running: true
        notify: []
"""

RETURN = r"""
results:
  description: What changed, in order. Resources that were left alone are not listed.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the resource, or V(notification) for a restart or reload.
      type: str
    changed:
      description: Whether it changed; always V(true).
      type: bool
    message:
      description: What changed.
      type: str
  sample:
    - name: HAProxy's configuration
      changed: true
      message: new content
counts:
  description: How many resources there were, how many were reached, and how many changes were made.
  returned: always
  type: dict
  sample: {"resources": 12, "applied": 12, "changed": 1}
missing:
  description:
    - Releases that the host does not have and whose archives are in no upload. If there are any, nothing was changed,
      or whose files are not in its folder of O(bases). If there are any, nothing was changed, and the call is to be
      repeated with O(uploads).
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the resource.
      type: str
    path:
      description: Folder of the release on the host.
      type: str
    archive:
      description: Path of the archive on the controller.
      type: str
  sample: []
"""

import contextlib

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stackward.ops.plugins.module_utils.applying.outcome import Failed
from ansible_collections.stackward.ops.plugins.module_utils.applying.releases import decoded, missing_releases
from ansible_collections.stackward.ops.plugins.module_utils.applying.secrets import secrets_in
from ansible_collections.stackward.ops.plugins.module_utils.applying.sequence import Host, locked

STATE_DIRECTORY = "/var/lib/stackward"


def main():
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "resources": {"type": "list", "elements": "dict", "required": True},
            "uploads": {"type": "dict", "default": {}},
            "shipped": {"type": "dict", "default": {}},
            "bases": {"type": "dict", "default": {}},
            "hidden": {"type": "list", "elements": "str", "default": []},
            "undo": {"type": "str", "default": ""},
            "take_back": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    # Taken out, as Ansible gives parameters back with the result.
    shipped = module.params.pop("shipped")
    resources, uploads = module.params["resources"], {**module.params["uploads"], **decoded(shipped)}
    hidden = secrets_in(resources) | set(module.params.pop("hidden"))
    module.no_log_values.update(hidden)
    bases = module.params["bases"]
    missing = [] if module.check_mode else missing_releases(resources, uploads, bases)
    if missing:
        module.exit_json(**_result(module, Progress()), missing=missing)
    progress = Progress()
    try:
        with contextlib.nullcontext() if module.check_mode else locked(STATE_DIRECTORY):
            undo = module.params["undo"]
            host = Host(resources, uploads, module.check_mode, STATE_DIRECTORY, undo, hidden, bases)
            if module.params["take_back"]:
                progress.results = host.results
                host.take_back()
            _apply(host, resources, progress)
            for text in host.warnings:
                module.warn(text)
    except Failed as error:
        module.fail_json(msg=str(error), **_result(module, progress), missing=[])
    shown = {"diff": progress.differences} if module._diff and progress.differences else {}
    module.exit_json(**_result(module, progress), missing=[], **shown)


class Progress:
    """How far a call has come."""

    def __init__(self):
        self.applied = 0
        self.results = []
        self.differences = []


def _apply(host, resources, progress):
    progress.results = host.results
    for resource in resources:
        outcome = host.apply(resource)
        progress.applied += 1
        if outcome.changed and outcome.before is not None:
            progress.differences.append(_difference(resource, outcome))
    host.carry_out()


def _result(module, progress):
    total = len(module.params["resources"])
    return {
        "changed": bool(progress.results),
        "results": progress.results,
        "counts": {"resources": total, "applied": progress.applied, "changed": len(progress.results)},
        # In place of the parameters themselves, which hold content of every kind.
        "invocation": {"module_args": {"resources": f"{total} resources", "uploads": module.params["uploads"]}},
    }


def _difference(resource, outcome):
    title = resource.get("path", resource["name"])
    return {"before": outcome.before, "after": outcome.after, "before_header": title, "after_header": title}


if __name__ == "__main__":
    main()
