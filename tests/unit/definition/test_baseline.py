"""Users, packages, services and settings of the system: what is accepted, and what is refused with which words."""

from __future__ import annotations

import jsonschema
import pytest
import yaml

from stackward.definition import json_schema
from stackward.definition.baseline import CronJob, Limit, LogRotation, Person

from .conftest import BUILT_IN, Load, Problems

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMwbnuE+QALXQBqeVSsTNLyPVFxiBaubcuW6Y1L0hAQC anna@example.com"
FULL = f"""
users:
  anna: {{ssh_keys: ["{KEY}"], sudo: true, uid: 2001, shell: /bin/zsh, groups: [video, adm], comment: Anna Example}}
  bert: {{}}
"""
LAYER = """uses: server
    users: {anna: {}, carl: {sudo: true}}
    packages: [imagemagick, libstdc++6]
    updates: at_boot
    services: {chrony: started, "getty@tty1.service": stopped}
    cron:
      nightly: {at: "17  3 * * mon-fri", job: /usr/local/bin/report, hosts: one}
      often: {at: "@hourly", job: "true", user: www-data}
    ntp: [time.example.com, "169.254.169.123"]
    sysctl: {net.core.somaxconn: 1024, net/ipv4/tcp_rmem: "4096  87380 6291456"}
    limits: {"*": {nofile: 65536}, "@adm": {nproc: {soft: 100, hard: unlimited}}}
    logrotate: {app: {path: /var/log/app/*.log, every: daily, keep: 7, largest: 100M, compress: false, afterwards: x y}}
"""


def changed(valid: str, layer: str = "", stack: str = "") -> str:
    return valid.replace("uses: server\n", f"uses: server\n    {layer}\n" if layer else "uses: server\n") + stack


def test_everything_is_read_as_written(valid: str, load_stack: Load) -> None:
    text = valid.replace("uses: server\n", LAYER) + FULL
    stack = load_stack(text)
    assert stack.people == {
        "anna": Person(
            "anna", (KEY,), sudo=True, uid=2001, shell="/bin/zsh", groups=("adm", "video"), comment="Anna Example"
        ),
        "bert": Person("bert"),
    }
    baseline = stack.layers["web"].baseline
    assert baseline.people == {"anna": Person("anna"), "carl": Person("carl", sudo=True)}
    assert baseline.packages == ("imagemagick", "libstdc++6")
    assert baseline.update_at_boot
    assert baseline.services == {"chrony": True, "getty@tty1.service": False}
    assert baseline.cron == (
        CronJob("nightly", "17 3 * * mon-fri", "/usr/local/bin/report", on_one=True),
        CronJob("often", "@hourly", "true", "www-data"),
    )
    assert baseline.time_servers == ("time.example.com", "169.254.169.123")
    assert baseline.sysctl == {"net.core.somaxconn": "1024", "net.ipv4.tcp_rmem": "4096 87380 6291456"}
    assert baseline.limits == (Limit("*", "nofile", "65536", "65536"), Limit("@adm", "nproc", "100", "unlimited"))
    assert baseline.logrotate == (
        LogRotation("app", ("/var/log/app/*.log",), "daily", 7, "100M", compress=False, afterwards="x y"),
    )
    jsonschema.validate(yaml.safe_load(text), json_schema.schema(BUILT_IN))


@pytest.mark.parametrize(("written", "read"), [("true", ()), ("false", None)])
def test_the_clock_may_be_left_to_the_distribution_or_alone(valid, load_stack, written, read) -> None:
    assert load_stack(changed(valid, f"ntp: {written}")).layers["web"].baseline.time_servers == read


MISTAKES = {
    "system account": ("", "users: {root: {}}", 'users.root: "root" is an account of the system; choose another name'),
    "user name": (
        "",
        "users: {Anna: {}}",
        'users.Anna: "Anna" cannot be the name of a user; write lower-case letters, digits, hyphens and underscores, '
        "a letter first, such as anna",
    ),
    "user key": ("", "users: {anna: {keys: []}}", 'users.anna.keys: unknown key; did you mean "ssh_keys"?'),
    "key that is cut": (
        "",
        f'users: {{anna: {{ssh_keys: ["{KEY[:30]}"]}}}}',
        "users.anna.ssh_keys[0]: the data of this ssh-ed25519 key is cut off or damaged; copy the whole line of the "
        "key's file",
    ),
    "no key": (
        "",
        "users: {anna: {ssh_keys: [x]}}",
        'users.anna.ssh_keys[0]: "x" is not a public SSH key; write the line of a public key file, such as '
        "ssh-ed25519 AAAA… anna@example.com",
    ),
    "private key": (
        "",
        'users: {anna: {ssh_keys: ["-----BEGIN OPENSSH PRIVATE KEY-----"]}}',
        "users.anna.ssh_keys[0]: this is a private key; write the public one (of the file that ends in .pub), and "
        "make a new pair",
    ),
    "uid": (
        "",
        "users: {anna: {uid: 0}}",
        "users.anna.uid: 0 is no number for a user; write a whole number from 1000 to 59999",
    ),
    "uid twice": (
        "users: {bert: {uid: 2000}}",
        "users: {anna: {uid: 2000}}",
        'layers.web.users.bert.uid: "anna" has the number 2000 already; give each user a number of its own',
    ),
    "contradiction about a user": (
        "users: {anna: {shell: /bin/sh}}",
        "users: {anna: {shell: /bin/zsh}}",
        'layers.web.users.anna.shell: users.anna says "/bin/zsh"; say it in one place',
    ),
    "user like an app": (
        "",
        "users: {storefront: {}}",
        'users.storefront: the app "storefront" has an account of this name; give the user or the app another name',
    ),
    "package": (
        "packages: [-y]",
        "",
        'layers.web.packages[0]: "-y" is not accepted; write the name of a package in lower-case letters, digits, '
        "+, - and ., such as imagemagick",
    ),
    "package twice": (
        "packages: [tree, tree]",
        "",
        'layers.web.packages[1]: "tree" is listed twice; list each package once',
    ),
    "time of updates": (
        "updates: at_night",
        "",
        'layers.web.updates: is the string "at_night"; write at_boot or on_request',
    ),
    "service state": (
        "services: {chrony: start}",
        "",
        'layers.web.services.chrony: "start" is no state of a service; did you mean "started"?',
    ),
    "cron expression": (
        'cron: {a: {at: "60 3 * * *", job: x}}',
        "",
        'layers.web.cron.a.at: "60" is not a minute; write numbers from 0 to 59, or *',
    ),
    "cron fields": (
        'cron: {a: {at: "3 * *", job: x}}',
        "",
        'layers.web.cron.a.at: "3 * *" has 3 fields and not 5; write minute, hour, day, month and weekday, such as '
        '"17 3 * * *", or @daily',
    ),
    "cron nickname": (
        'cron: {a: {at: "@dayly", job: x}}',
        "",
        'layers.web.cron.a.at: cron does not know "@dayly"; did you mean "@daily"?',
    ),
    "cron step": (
        'cron: {a: {at: "5/10 * * * *", job: x}}',
        "",
        'layers.web.cron.a.at: "5/10" is not a minute; a step needs a range: write "5-59/10"',
    ),
    "cron never": (
        'cron: {a: {at: "0 0 30 feb *", job: x}}',
        "",
        'layers.web.cron.a.at: "0 0 30 feb *" never comes: no such month has a day 30; write a day that there is',
    ),
    "cron job of two lines": (
        'cron: {a: {at: "@daily", job: "x\\ny"}}',
        "",
        'layers.web.cron.a.job: "x\\ny" is not one line; write a text of one line',
    ),
    "time server": (
        "ntp: [a b]",
        "",
        'layers.web.ntp: "a b" is not the name or address of a server; write true for the distribution\'s servers, '
        "false, or a list such as [time.example.com]",
    ),
    "kernel parameter": (
        "sysctl: {somaxconn: 1}",
        "",
        'layers.web.sysctl.somaxconn: "somaxconn" is not accepted; write the name of a kernel parameter, such as '
        "net.core.somaxconn",
    ),
    "limit": (
        'limits: {"*": {nofiles: 1}}',
        "",
        'layers.web.limits."*".nofiles: there is no limit "nofiles"; did you mean "nofile"?',
    ),
    "soft above hard": (
        'limits: {"*": {nofile: {soft: 2, hard: 1}}}',
        "",
        'layers.web.limits."*".nofile: the soft limit is above the hard one; write a soft limit that is not above the '
        "hard one",
    ),
    "no open files": (
        'limits: {"*": {nofile: 0}}',
        "",
        'layers.web.limits."*".nofile: nofile cannot be 0; write a number from 1 on, or unlimited',
    ),
    "negative limit": (
        "limits: {anna: {nproc: {soft: -1, hard: 5}}}",
        "",
        "layers.web.limits.anna.nproc.soft: nproc cannot be -1; write a number from 1 on, or unlimited",
    ),
    "more open files than the kernel takes": (
        'limits: {"*": {nofile: 2000000}}',
        "",
        'layers.web.limits."*".nofile: the kernel takes no limit of 2000000 open files, so that nobody could log in; '
        "write 1048576 at most, or raise fs.nr_open in the layer's sysctl",
    ),
    "niceness that is none": (
        "limits: {anna: {nice: 20}}",
        "",
        "layers.web.limits.anna.nice: nice cannot be 20; write a number from -20 to 19",
    ),
    "unlimited niceness": (
        "limits: {anna: {nice: unlimited}}",
        "",
        "layers.web.limits.anna.nice: nice cannot be unlimited; write a number from -20 to 19",
    ),
    "priority of real time that is none": (
        "limits: {anna: {rtprio: 100}}",
        "",
        "layers.web.limits.anna.rtprio: rtprio cannot be 100; write a number from 0 to 99",
    ),
    "soft niceness above hard": (
        "limits: {anna: {nice: {soft: -10, hard: 0}}}",
        "",
        "layers.web.limits.anna.nice: the soft limit is above the hard one; write a soft limit that is not above the "
        "hard one",
    ),
    "log path": (
        "logrotate: {a: {path: app.log}}",
        "",
        'layers.web.logrotate.a.path: "app.log" is not the path of a log file; write the absolute path of a log file, '
        "such as /var/log/app/*.log, or a list of them",
    ),
    "log file twice": (
        "logrotate: {a: {path: /var/log/x}, b: {path: [/var/log/x]}}",
        "",
        'layers.web.logrotate.b.path: "a" rotates "/var/log/x" already; name each log file once',
    ),
}


@pytest.mark.parametrize(
    "limits",
    [
        "{core: 0, memlock: 0, maxlogins: 0, rtprio: 0, nofile: unlimited}",
        "{nice: {soft: 0, hard: -10}, priority: -20}",
        "{nofile: {soft: 1024, hard: 1048576}}",
    ],
)
def test_limits_are_taken_that_a_host_can_have(valid: str, load_stack, limits: str) -> None:
    load_stack(changed(valid, f"limits: {{anna: {limits}}}"))


def test_more_files_may_be_open_where_the_kernel_is_told_so(valid: str, load_stack) -> None:
    load_stack(changed(valid, "sysctl: {fs.nr_open: 2000000}\n    limits: {anna: {nofile: 2000000}}"))


@pytest.mark.parametrize(("layer", "stack", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_what_would_be_right(valid: str, problems_of: Problems, layer, stack, said) -> None:
    assert [problem.partition(": ")[2] for problem in problems_of(changed(valid, layer, stack))] == [said]


@pytest.mark.parametrize(
    ("ours", "theirs", "path", "said"),
    [
        ("services: {a: started}", "services: {a: stopped}", "services.a", '"started"'),
        ("sysctl: {a.b: 1}", "sysctl: {a.b: 2}", 'sysctl."a.b"', "1"),
        ("limits: {anna: {nofile: 1}}", "limits: {anna: {nofile: 2}}", "limits.anna.nofile", "1"),
        ("ntp: [a]", "ntp: [b]", "ntp", '["a"]'),
        ("logrotate: {x: {path: /var/x}}", "logrotate: {x: {path: /var/x}}", "logrotate.x.path", '"web.logrotate.x"'),
    ],
)
def test_layers_of_one_instance_must_not_contradict_each_other(
    valid, problems_of, load_stack, ours, theirs, path, said
):
    text = changed(valid, ours).replace("uses: database\n", f"uses: database\n    {theirs}\n")
    load_stack(text)
    both = text.replace("db1: {layers: [db]}", "db1: {layers: [db, web]}\n  db2: {layers: [web, db]}")
    (problem,) = problems_of(both)
    assert problem.partition(": ")[2] == (
        f'layers.db.{path}: the layer "web" says {said}, and an instance has both layers; let them say the same, or '
        "only one of them"
    )
