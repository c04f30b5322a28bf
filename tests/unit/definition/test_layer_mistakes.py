"""Keys, settings, recipes and volumes of layers that are not accepted."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Problems

LAYER_KEYS = (
    "uses, recipes, attributes, volumes, drain, drain_timeout, shutdown_timeout, event_timeout, "
    "timezone, capacity, start_ahead, scaling"
)
DURATION = 'write seconds or a duration, such as 45, "45s", "5m" or "1h30m"'
RECIPE = "write the name of a role, or {tasks: path of a task file}"
LATER = "is not supported in this version of Stackward; remove it"

MISTAKES = {
    "layer key": (
        "healthcheck: /",
        "healthchek: /",
        '8: layers.lb.healthchek: unknown key; did you mean "healthcheck"?',
    ),
    "layer key of another layer": (
        "uses: server\n",
        "uses: server\n    balance: roundrobin\n",
        f"11: layers.web.balance: unknown key; the keys here are: {LAYER_KEYS}, port, shared",
    ),
    "layer later key": (
        "uses: server\n",
        "uses: server\n    healing: {}\n",
        f'11: layers.web.healing: "healing" {LATER}',
    ),
    "layer empty": (
        "  lb:\n    uses: balancer\n    healthcheck: /healthz\n",
        "  lb:\n",
        "6: layers.lb: is empty; write a mapping of keys and values",
    ),
    "setting of a wrong form": (
        "/healthz",
        "healthz",
        '8: layers.lb.healthcheck: "healthz" is not accepted; write a text that matches ^/, such as "/"',
    ),
    "setting of a wrong kind": (
        "uses: server\n",
        "uses: server\n    port: many\n",
        '11: layers.web.port: is the string "many"; write a whole number, such as 8000',
    ),
    "setting out of a choice": (
        "healthcheck: /healthz",
        "balance: random",
        '8: layers.lb.balance: is the string "random"; write roundrobin or leastconn',
    ),
    "setting inside a setting": (
        "healthcheck: /healthz",
        "statistics: {prt: 1}",
        '8: layers.lb.statistics.prt: unknown key; did you mean "port"?',
    ),
    "setting out of bounds": (
        "healthcheck: /healthz",
        "statistics: {port: 0}",
        "8: layers.lb.statistics.port: 0 is not accepted; write a value greater than or equal to 1, such as 8404",
    ),
    "setting a list": (
        "uses: server\n",
        "uses: server\n    shared: media\n",
        '11: layers.web.shared: is the string "media"; write a list',
    ),
    "secret setting": (
        "healthcheck: /healthz",
        'healthcheck: !vault "$ANSIBLE_VAULT;1.1;AES256"',
        '8: layers.lb.healthcheck: is a vault-encrypted value; write a text, such as "/"',
    ),
    "duration": (
        "uses: server\n",
        "uses: server\n    drain_timeout: 5 minutes\n",
        f'11: layers.web.drain_timeout: "5 minutes" is not a duration; {DURATION}',
    ),
    "duration negative": (
        "uses: server\n",
        "uses: server\n    drain_timeout: -1\n",
        f"11: layers.web.drain_timeout: -1 is negative; {DURATION}",
    ),
    "duration too long": (
        "uses: server\n",
        "uses: server\n    drain_timeout: 8d\n",
        '11: layers.web.drain_timeout: "8d" is too long; write 7 days at most',
    ),
    "duration nothing": (
        "uses: server\n",
        "uses: server\n    event_timeout: 0s\n",
        f'11: layers.web.event_timeout: "0s" leaves no time at all; {DURATION}',
    ),
    "boolean": (
        "uses: server\n",
        "uses: server\n    drain: 1\n",
        "11: layers.web.drain: is the number 1; write true or false",
    ),
    "recipes event": (
        "setup: [hardening]",
        "setpu: [hardening]",
        '12: layers.web.recipes.setpu: unknown key; did you mean "setup"?',
    ),
    "recipes not a list": (
        "setup: [hardening]",
        "setup: hardening",
        '12: layers.web.recipes.setup: is the string "hardening"; write a list, such as [my_role]',
    ),
    "recipe kind": ("[hardening]", "[5]", f"12: layers.web.recipes.setup[0]: is the number 5; {RECIPE}"),
    "recipe later": (
        "[hardening]",
        "[{puppet: app.pp}]",
        f'12: layers.web.recipes.setup[0]: a recipe of type "puppet" {LATER}',
    ),
    "recipe keys": (
        "[hardening]",
        "[{role: a, roles: b}]",
        f'12: layers.web.recipes.setup[0]: a recipe cannot have the keys "role", "roles"; {RECIPE}',
    ),
    "recipe role": (
        "[hardening]",
        '["hard ening"]',
        f'12: layers.web.recipes.setup[0]: "hard ening" is not the name of a role; {RECIPE}',
    ),
    "recipe file without tasks": (
        "[hardening]",
        "[recipes/x.yml]",
        '12: layers.web.recipes.setup[0]: "recipes/x.yml" is a file and not a role; write {tasks: recipes/x.yml}',
    ),
    "volume mount": (
        "mount: /var/lib/db,",
        "mount: data,",
        '15: layers.db.volumes[0].mount: "data" is not accepted; write the absolute path of a folder, such as '
        "/var/lib/postgresql",
    ),
    "volume mount missing": (
        "{mount: /var/lib/db, size: 20G}",
        "{size: 20G}",
        "15: layers.db.volumes[0].mount: is missing; write mount: /var/lib/postgresql",
    ),
    "volume size": (
        "size: 20G",
        "size: 20",
        '15: layers.db.volumes[0].size: is the number 20; write gibibytes or tebibytes, such as "20G" or "1T"',
    ),
}
"""By name: a text of the valid file, what stands there instead, and the one problem that this makes."""


@pytest.mark.parametrize("name", MISTAKES)
def test_a_wrong_layer_is_refused_with_line_path_and_remedy(valid: str, problems_of: Problems, name: str) -> None:
    old, new, problem = MISTAKES[name]
    assert old in valid
    assert problems_of(valid.replace(old, new, 1)) == [problem]


def test_a_task_file_that_does_not_exist_is_refused(valid: str, problems_of: Problems, project: Path) -> None:
    assert problems_of(valid.replace("[hardening]", "[{tasks: recipes/x.yml}]")) == [
        f'12: layers.web.recipes.setup[0].tasks: there is no file "recipes/x.yml" in {project}/inventory or {project}; '
        "write a path relative to one of them"
    ]
