# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A table of cron. One line for an account that is not there would make cron pass over all of the others for good."""

from __future__ import annotations

import pwd

from .files import apply_file


def apply_cron_jobs(resource, host):
    """Give a table exactly these jobs, but for those of accounts that this host does not have, or not yet."""
    jobs = [job for job in resource["jobs"] if host.check or _is_known(job, host)]
    content = resource["head"] + "".join(job["text"] for job in jobs)
    file = {**resource, "content": content, "owner": "root", "group": "root", "mode": "0644", "validate": []}
    return apply_file({**file, "secret": False}, host)


def _is_known(job, host):
    try:
        pwd.getpwnam(job["user"])
    except KeyError:
        host.warn(
            f"The cron job {job['name']} does not run: there is no account {job['user']} on this host. "
            "The next Configure adds it if there is one by then."
        )
        return False
    return True
