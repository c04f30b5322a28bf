"""Keys, settings, recipes and volumes of layers that are not accepted."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackward.definition.role_places import RolePlaces
from stackward.errors import DefinitionError

from .conftest import Load, Problems

LAYER_KEYS = (
    "uses, recipes, attributes, volumes, elastic_ip, provider, load_balancers, ingress, drain, drain_timeout, "
    "shutdown_timeout, event_timeout, boot_timeout, healing, timezone, capacity, start_ahead, pool, scaling, users, "
    "packages, updates, services, cron, ntp, sysctl, limits, logrotate"
)
DURATION = 'write seconds or a duration, such as 45, "45s", "5m" or "1h30m"'
RECIPE = "write the name of a role, {tasks: FILE}, {puppet: MANIFEST} or {command: COMMAND}"
COMMAND = "write a command with its arguments, such as [systemctl, reload, nginx]"
CHECK = 'write one of {http: ":8000/healthz"}, {tcp: 5432} and {command: pg_isready}'
LATER = "is not supported in this version of Stackward; remove it"

MISTAKES = {
    "layer key": (
        "healthcheck: /",
        "healthchek: /",
        '8: layers.lb.healthchek: unknown key; did you mean "healthcheck"?',
    ),
    "layer key of another layer": (
        "uses: server\n",
        "uses: server\n    evenness: roundrobin\n",
        f"11: layers.web.evenness: unknown key; the keys here are: {LAYER_KEYS}, port, shared",
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
    "setting that would only count as a number": (
        "uses: server\n",
        "uses: server\n    port: true\n",
        "11: layers.web.port: is the boolean true; write a whole number, such as 8000",
    ),
    "setting of a number in quotes": (
        "uses: server\n",
        'uses: server\n    port: "8080"\n',
        '11: layers.web.port: is the string "8080"; write a whole number, such as 8000',
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
    "healing key": (
        "uses: server\n",
        "uses: server\n    healing: {afterr: 5m}\n",
        '11: layers.web.healing.afterr: unknown key; did you mean "after"?',
    ),
    "healing remedy": (
        "uses: server\n",
        "uses: server\n    healing: {remedies: [kick]}\n",
        '11: layers.web.healing.remedies: "kick" is not a remedy; '
        "write a list of configure, reboot, restart and replace, such as [reboot, restart]",
    ),
    "healing remedies in a wrong order": (
        "uses: server\n",
        "uses: server\n    healing: {remedies: [restart, reboot]}\n",
        "11: layers.web.healing.remedies: names a milder remedy after a stronger one, or one twice; "
        "keep to the order configure, reboot, restart, replace",
    ),
    "healing share": (
        "uses: server\n",
        "uses: server\n    healing: {max_unavailable: 2}\n",
        '11: layers.web.healing.max_unavailable: 2 is not a part of the layer; write percent, such as "10%"',
    ),
    "healing tries": (
        "uses: server\n",
        "uses: server\n    healing: {tries: 0}\n",
        "11: layers.web.healing.tries: is the number 0; write a whole number from 1 to 20, such as 5",
    ),
    "healing reaction": (
        "uses: server\n",
        "uses: server\n    healing: {on_outside_stop: restart}\n",
        '11: layers.web.healing.on_outside_stop: "restart" is not accepted; write report or heal',
    ),
    "healing for a check that is not there": (
        "uses: server\n",
        "uses: server\n    healing: {on_failed_check: heal}\n",
        "11: layers.web.healing.on_failed_check: there is no check that could fail; add a check, or remove this key",
    ),
    "check kind": (
        "uses: server\n",
        "uses: server\n    healing: {check: {htp: ':80/'}}\n",
        '11: layers.web.healing.check: "htp" is no check; did you mean "http"?',
    ),
    "check target": (
        "uses: server\n",
        "uses: server\n    healing: {check: {http: /healthz}}\n",
        f'11: layers.web.healing.check: "/healthz" is not a port and a path; {CHECK}',
    ),
    "check port": (
        "uses: server\n",
        "uses: server\n    healing: {check: {http: ':70000/'}}\n",
        "11: layers.web.healing.check: 70000 is not a port; write a whole number from 1 to 65535",
    ),
    "two checks": (
        "uses: server\n",
        "uses: server\n    healing: {check: {tcp: 80, command: 'true'}}\n",
        f"11: layers.web.healing.check: has 2 checks; {CHECK}",
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
    "recipe manifest without puppet": (
        "[hardening]",
        "[manifests/app.pp]",
        '12: layers.web.recipes.setup[0]: "manifests/app.pp" is a file and not a role; '
        "write {puppet: manifests/app.pp}",
    ),
    "recipe command kind": (
        "[hardening]",
        "[{command: {a: b}}]",
        f"12: layers.web.recipes.setup[0]: the command is a mapping; {COMMAND}",
    ),
    "recipe command empty": (
        "[hardening]",
        '[{command: ""}]',
        f'12: layers.web.recipes.setup[0]: "" is not a command; {COMMAND}',
    ),
    "recipe command quotes": (
        "[hardening]",
        """[{command: "echo 'a"}]""",
        f'12: layers.web.recipes.setup[0]: "echo \'a" has a quotation mark that is never closed; {COMMAND}',
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
    folders = f"{project}/inventory, {project} or {project}/playbooks"
    for kind in ("tasks", "puppet"):
        assert problems_of(valid.replace("[hardening]", f"[{{{kind}: recipes/x}}]")) == [
            f'12: layers.web.recipes.setup[0].{kind}: there is no file "recipes/x" in {folders}; '
            "write a path relative to one of them"
        ]


def test_a_role_that_does_not_exist_is_refused_where_roles_are_looked_for(
    valid: str, load_stack: Load, project: Path
) -> None:
    collections = project / "elsewhere"
    (collections / "ansible_collections/acme/web/roles/base").mkdir(parents=True)
    (project / "roles/motd").mkdir(parents=True)
    (project / "playbooks/roles/site").mkdir(parents=True)
    (project / "galaxy/nginx").mkdir(parents=True)
    places = RolePlaces((str(project / "galaxy"),), (str(collections),))
    there = valid.replace("[hardening]", "[motd, site, nginx, {role: acme.web.base}]")
    assert load_stack(there, roles=places)
    with pytest.raises(DefinitionError) as refusal:
        load_stack(valid.replace("[hardening]", "[mtod, {role: acme.web.bsae}]"), roles=places)
    file = f"{project}/inventory/shop.stack.yml:12: layers.web.recipes.setup"
    folders = ", ".join(f"{project}/{folder}" for folder in ("roles", "inventory/roles", "playbooks/roles", "galaxy"))
    assert refusal.value.problems == (
        f'{file}[0]: there is no role "mtod" in {folders}; did you mean "motd"?',
        f'{file}[1].role: there is no role "acme.web.bsae" in any installed collection; install its collection',
    )
