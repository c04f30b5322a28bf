# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Concludes the batches of rollouts that a run has worked on, and says who has to be taken back."""

from __future__ import annotations

from ansible.utils.display import Display
from ansible_collections.stackward.ops.plugins.plugin_utils import session

from stackward.engine import rollouts


def conclude(instances):
    """Conclude the batch of these claimed instances, given as the round has them. Returns who has to be taken back."""
    back = []
    for stack, run in {(entry["stack"], entry["run"]) for entry in instances.values()}:
        its = [name for name, entry in instances.items() if entry["stack"] == stack]
        where = session.stack_of(instances[its[0]]["file"], instances[its[0]]["digest"])
        ran = {name: instances[name]["contents"].get("deploy") for name in its}
        hooks = {name: instances[name]["hooks"] for name in its}
        gone_wrong = sorted(rollouts.verdict(session.store_of(where), where, its, run, session.now, ran, hooks))
        for line in gone_wrong:
            Display().display(f"{stack}: {line}: taking the release back")
        back += gone_wrong
    return sorted(back)
