# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the documentation of every action that runs on the controller has in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Requirements and attributes; an action that has check or diff mode says so itself."""

    DOCUMENTATION = r"""
requirements:
  - The Python package C(stackward) on the controller.
notes:
  - Runs on the controller. Nothing is sent to a host unless said so.
attributes:
  check_mode:
    support: none
  diff_mode:
    support: none
  platform:
    platforms: posix
    support: full
"""
