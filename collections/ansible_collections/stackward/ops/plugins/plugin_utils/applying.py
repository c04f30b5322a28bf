# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Applies resources on the host of a task: in one call, and with files and more calls for code that is large.

A host that has an earlier release is sent what differs from it, where the whole would not travel with the call.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.stackward.ops.plugins.plugin_utils import payloads, target_log

from stackward.engine.code.differences import difference

MODULE = "ensure"
LARGEST = 2 * 1024 * 1024
"""Bytes of archives that travel with a call; what is beyond that is sent as files.

Every worker holds them several times over while it builds the call, and there may be dozens of workers.
"""


def prepare():
    """Call this where an action is imported that applies resources."""
    payloads.lay_out(MODULE)


def apply(action, resources, task_vars, *, absent=(), **options):
    """Return what M(stackward.ops.ensure) says of the resources. C(action) is the action plugin that runs.

    C(absent) are releases that the host most likely does not have (stackward.engine.compiling.Absent): they come with
    the call, for which the action has to be one that carries files.
    """
    arguments = {"resources": resources, **options}
    if action._task.check_mode:
        return _called(action, arguments, task_vars)
    offers = _offers(resources, absent)
    carried = _fitting(offers)
    # Of what is too large for the call the host asks for the whole; what differs goes there as a file before it asks.
    files = {archive: offer for archive, offer in offers.items() if offer.base and archive not in carried}
    applied = _called_with(action, carried, files, arguments, task_vars)
    missing = [entry["archive"] for entry in applied.get("missing") or []]
    if applied.get("failed") or not missing:
        return applied
    files |= {archive: Offer(archive) for archive in missing}
    carried = {archive: offer for archive, offer in carried.items() if archive not in files}
    return _called_with(action, carried, files, arguments, task_vars)


@dataclass(frozen=True)
class Offer:
    """A file on this controller from which a host can make a release, if it has the folder of another one."""

    path: str
    base: str = ""


def _offers(resources, absent):
    """Return what there is to be sent of releases that the host most likely does not have, by their archive."""
    known = {each.archive: each for each in absent}
    return {archive: _offer(path, known[archive]) for archive, path in _archives(resources).items() if archive in known}


def _archives(resources):
    """Return the folder of each release on the host, by its archive."""
    return {resource["archive"]: resource["path"] for resource in resources if resource["kind"] == "release"}


def _offer(path, release):
    if os.path.getsize(release.archive) > LARGEST and os.path.exists(release.live_archive):
        differing = difference(Path(release.live_archive), Path(release.archive))
        if differing is not None:
            return Offer(str(differing), os.path.join(os.path.dirname(path), release.live))
    return Offer(release.archive)


def _fitting(offers):
    """Return those that travel with a call."""
    found, room = {}, LARGEST
    for archive, offer in sorted(offers.items()):
        size = os.path.getsize(offer.path)
        if size <= room:
            room -= size
            found[archive] = offer
    return found


def _called_with(action, carried, files, arguments, task_vars):
    """Call the module with what the call carries, and with files that are sent before."""
    sent = {
        "shipped": {archive: action.carried(offer.path) for archive, offer in carried.items()},
        "uploads": _uploaded(action, files) if files else {},
        "bases": {archive: offer.base for archive, offer in {**carried, **files}.items() if offer.base},
    }
    more = {name: value for name, value in sent.items() if value}
    applied = _called(action, {**arguments, **more}, task_vars)
    if files:
        action._remove_tmp_path(action._connection._shell.tmpdir)
    return applied


def _uploaded(action, files):
    """Put the files onto the host, and return where they are."""
    shell = action._connection._shell
    action._make_tmp_path()
    places = {archive: shell.join_path(shell.tmpdir, f"release-{number}") for number, archive in enumerate(files)}
    return {archive: action._transfer_file(files[archive].path, place) for archive, place in places.items()}


def _called(action, arguments, task_vars):
    applied = action._execute_module(
        module_name=f"stackward.ops.{MODULE}", module_args=arguments, task_vars=target_log.unlogged(task_vars)
    )
    payloads.keep(MODULE)
    return applied
