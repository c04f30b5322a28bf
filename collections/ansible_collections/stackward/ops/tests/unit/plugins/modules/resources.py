# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Resources as the controller sends them, complete with defaults."""

from __future__ import annotations


def file(path, content, **changes):
    """A file of the user who runs the tests."""
    return {
        "kind": "file",
        "name": "a file",
        "path": path,
        "content": content,
        "owner": "root",
        "group": "root",
        "mode": "0644",
        "validate": [],
        "secret": False,
        "notify": [],
        **changes,
    }


def block(path, content, **changes):
    """A block of a file."""
    return {
        "kind": "block",
        "name": "a block",
        "path": path,
        "marker": "x",
        "content": content,
        "notify": [],
        **changes,
    }


def directory(path, **changes):
    """A directory."""
    return {
        "kind": "directory",
        "name": "a folder",
        "path": path,
        "owner": "root",
        "group": "root",
        "mode": "0750",
        "notify": [],
        **changes,
    }


def link(path, target, **changes):
    """A symbolic link."""
    return {"kind": "link", "name": "a link", "path": path, "target": target, "notify": [], **changes}


def absent(path, **changes):
    """A path that must not be there."""
    return {"kind": "absent", "name": "rubbish", "path": path, "notify": [], **changes}


def service(unit, running=True, **changes):
    """A systemd unit."""
    return {"kind": "service", "name": "a service", "unit": unit, "running": running, "notify": [], **changes}


def run(*command, **changes):
    """A command."""
    return {
        "kind": "run",
        "name": "a command",
        "command": list(command),
        "unless": [],
        "unless_output": None,
        "creates": None,
        "input": "",
        "user": "root",
        "directory": "/",
        "environment": {},
        "timeout": 60.0,
        "secret": False,
        "notify": [],
        **changes,
    }


def release(path, archive, **changes):
    """The code of a release."""
    return {
        "kind": "release",
        "name": "a release",
        "path": path,
        "archive": archive,
        "owner": "root",
        "group": "root",
        "made_at": None,
        "notify": [],
        **changes,
    }


def releases(path, keep, *protect):
    """The releases to keep."""
    return {
        "kind": "releases",
        "name": "old releases",
        "path": path,
        "keep": keep,
        "protect": list(protect),
        "notify": [],
    }


def answers(url, **changes):
    """A URL that must answer."""
    return {
        "kind": "answers",
        "name": "it answers",
        "url": url,
        "within": 0.2,
        "any_status": False,
        "unit": "",
        "notify": [],
        **changes,
    }


def people(*entries, **changes):
    """The accounts of people."""
    return {"kind": "people", "name": "users", "people": list(entries), "notify": [], **changes}


def person(account, **changes):
    """One person, as the controller sends them."""
    return {
        "account": account,
        "ssh_keys": [],
        "uid": None,
        "shell": "/bin/bash",
        "groups": [],
        "comment": "",
        **changes,
    }


def chosen_packages(*names):
    """The packages that somebody chose."""
    return {"kind": "chosen_packages", "name": "packages", "packages": list(names), "notify": []}


def chosen_services(**services):
    """The services that somebody spoke of."""
    return {"kind": "chosen_services", "name": "services", "services": services, "notify": []}


def unit_before(unit, *, needed):
    """How a unit was before it was needed."""
    return {"kind": "unit_before", "name": "before", "unit": unit, "needed": needed, "notify": []}


def cron_jobs(path, **users):
    """A table of cron: jobs by name, with their users."""
    jobs = [{"name": name, "user": user, "text": f"@daily {user} {name}\n"} for name, user in users.items()]
    return {"kind": "cron_jobs", "name": "cron jobs", "path": path, "head": "A=b\n", "jobs": jobs, "notify": []}


def kernel_parameters(path, **parameters):
    """The kernel's parameters; two underscores in a name stand for a dot."""
    named = {name.replace("__", "."): value for name, value in parameters.items()}
    return {"kind": "kernel_parameters", "name": "kernel", "path": path, "parameters": named, "notify": []}
