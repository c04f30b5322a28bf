# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the modules of ansible.builtin import. To name it here makes Ansible send it along with a batch."""

from __future__ import annotations


def never_called():
    """Only read by Ansible, which looks for imports. What a batch does not use is not imported on the host either."""
    # ruff: noqa: F401
    import ansible.module_utils.common.collections
    import ansible.module_utils.common.file
    import ansible.module_utils.common.locale
    import ansible.module_utils.common.process
    import ansible.module_utils.common.respawn
    import ansible.module_utils.common.sentinel
    import ansible.module_utils.common.sys_info
    import ansible.module_utils.common.text.converters
    import ansible.module_utils.common.validation
    import ansible.module_utils.compat.version
    import ansible.module_utils.distro
    import ansible.module_utils.facts.system.chroot
    import ansible.module_utils.facts.system.service_mgr
    import ansible.module_utils.facts.utils
    import ansible.module_utils.service
    import ansible.module_utils.six
    import ansible.module_utils.urls
    import ansible.module_utils.yumdnf
