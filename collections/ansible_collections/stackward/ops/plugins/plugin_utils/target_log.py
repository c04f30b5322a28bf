# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What hosts log of the modules that run there."""

from __future__ import annotations


def unlogged(task_vars):
    """Return the variables for a call that the host does not log: its arguments hold content of every kind.

    C(no_log) of the module itself counts for nothing: Ansible goes by what it sends. Modules in a batch log their own.
    """
    return {**task_vars, "ansible_no_target_syslog": True}
