"""Names that clash, and references to layers, apps and databases that lead nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Problems

MISTAKES = {
    "built-in layer": (
        "uses: balancer",
        "uses: balanser",
        '7: layers.lb.uses: there is no built-in layer "balanser"; did you mean "balancer"?',
    ),
    "volume twice": (
        "[{mount: /var/lib/db, size: 20G}]",
        "[{mount: /srv}, {mount: /srv}]",
        '15: layers.db.volumes[1].mount: "/srv" is mounted twice in this layer; give each volume a folder of its own',
    ),
    "layer without an instance": (
        "  db1: {layers: [db]}\n",
        "",
        "13: layers.db: no instance has this layer; add db to the layers of an instance, or remove the layer",
    ),
    "instance layer": (
        "db1: {layers: [db]}",
        "db1: {layers: [dbs]}",
        '19: instances.db1.layers[0]: there is no layer "dbs"; did you mean "db"?',
    ),
    "instance layer twice": (
        "layers: [db]}",
        "layers: [db, db]}",
        '19: instances.db1.layers[1]: layer "db" is listed twice; list each layer once',
    ),
    "instance pattern": (
        '"web[1:2]"',
        '"web[2:1]"',
        '18: instances."web[2:1]": [2:1] counts down; write the smaller end first',
    ),
    "instance name": (
        '"web[1:2]"',
        "web_1",
        '18: instances.web_1: "web_1" is not an instance name; write lower-case letters, digits and hyphens, '
        "a letter first and no hyphen last, such as web1 or web[1:3]",
    ),
    "instance twice": (
        "  db1:",
        "  web2: {layers: [web]}\n  db1:",
        '19: instances.web2: stands for web2, which "web[1:2]" in line 18 stands for already; '
        "let each instance be in one key only",
    ),
    "patterns overlap": (
        "  db1:",
        '  "web[0:9]": {layers: [web]}\n  db1:',
        '19: instances."web[0:9]": stands for web1 and 1 more, which "web[1:2]" in line 18 stands for already; '
        "let each instance be in one key only",
    ),
    "too many instances": (
        "  db1:",
        '  "app[1:60000]": {layers: [web]}\n  "www[1:60000]": {layers: [web]}\n  db1:',
        "16: instances: the stack has 120,004 instances; a stack may have 100,000 at most",
    ),
    "instance named as a layer": (
        "  db1:",
        "  db:",
        '19: instances.db: the instance name "db" is the name of a layer; choose another name',
    ),
    "instance named as the stack": (
        "  db1:",
        "  shop:",
        '19: instances.shop: the instance name "shop" is the name of the stack; choose another name',
    ),
    "instance named as an app": (
        "  db1:",
        "  storefront:",
        '19: instances.storefront: the instance name "storefront" is the name of an app; choose another name',
    ),
    "instance named localhost": (
        "  db1:",
        "  localhost:",
        '19: instances.localhost: the instance name "localhost" has a meaning of its own in Ansible; '
        "choose another name",
    ),
    "stack named as a group": (
        "name: shop",
        "name: layer-web",
        '2: name: "layer-web" makes the same inventory group as the layer web (layer_web); choose another name',
    ),
    "stack named all": (
        "name: shop",
        "name: all",
        '2: name: "all" has a meaning of its own in Ansible; choose another name',
    ),
    "app layer": (
        "storefront:\n    layers: [web]",
        "storefront:\n    layers: [wbe]",
        '22: apps.storefront.layers[0]: there is no layer "wbe"; did you mean "web"?',
    ),
    "app layer cannot": (
        "storefront:\n    layers: [web]",
        "storefront:\n    layers: [web, lb]",
        '22: apps.storefront.layers[1]: layer "lb" (balancer) cannot run apps; name a layer that runs apps: web',
    ),
    "app name of the system": (
        "  storefront:\n",
        "  nginx:\n",
        '21: apps.nginx: the system has an account or a unit "nginx" for itself; name it otherwise: nginx-app',
    ),
    "app database": (
        "database: db\n",
        "database: dbs\n",
        '24: apps.storefront.database: there is no layer "dbs"; did you mean "db"?',
    ),
    "app database is none": (
        "database: db\n",
        "database: web\n",
        '24: apps.storefront.database: layer "web" is not a database; name a database layer: db',
    ),
    "app groups clash": (
        "apps:\n",
        "apps:\n  my_app: &app {layers: [web], source: {type: git, url: x}}\n  my-app: *app\n",
        '22: apps.my-app: "my-app" makes the same inventory group as the app my_app (app_my_app); choose another name',
    ),
    "domain twice": (
        "apps:\n",
        "apps:\n  admin: {layers: [web], source: {type: git, url: x}, domains: [SHOP.example.com]}\n",
        '26: apps.storefront.domains[0]: "shop.example.com" is a domain of the app "admin" already; '
        "give each domain to one app",
    ),
}
"""By name: a text of the valid file, what stands there instead, and the one problem that this makes."""


@pytest.mark.parametrize("name", MISTAKES)
def test_a_wrong_reference_is_refused_with_line_path_and_remedy(valid: str, problems_of: Problems, name: str) -> None:
    old, new, problem = MISTAKES[name]
    assert old in valid
    assert problems_of(valid.replace(old, new, 1)) == [problem]


def test_an_instance_in_no_layer_leaves_its_layer_empty(valid: str, problems_of: Problems) -> None:
    assert problems_of(valid.replace("lb1: {layers: [lb], ", "lb1: {")) == [
        "6: layers.lb: no instance has this layer; add lb to the layers of an instance, or remove the layer",
        "17: instances.lb1.layers: is missing; write layers: [web]",
    ]


def test_two_layers_of_an_instance_cannot_mount_the_same_folder(valid: str, problems_of: Problems) -> None:
    text = valid.replace("    uses: server\n", "    uses: server\n    volumes: [{mount: /var/lib/db}]\n")
    assert problems_of(text.replace("layers: [db]}", "layers: [db, web]}")) == [
        '20: instances.db1.layers[1]: the layers "db" and "web" both mount a volume at "/var/lib/db"; '
        "give each volume a folder of its own"
    ]


def test_a_source_folder_that_does_not_exist_is_refused(valid: str, problems_of: Problems, project: Path) -> None:
    text = valid.replace(
        '{type: git, url: "https://git.example.com/storefront.git"}', "{type: directory, path: ../apps}"
    )
    assert problems_of(text) == [
        f"23: apps.storefront.source.path: there is no folder {project}/apps; "
        f"write a path relative to {project}/inventory"
    ]


def test_a_path_that_would_break_the_line_is_shown_on_one(valid: str, problems_of: Problems, project: Path) -> None:
    text = valid.replace(
        '{type: git, url: "https://git.example.com/storefront.git"}', '{type: directory, path: "a\\nb"}'
    )
    assert problems_of(text) == [
        f'23: apps.storefront.source.path: there is no folder "{project}/inventory/a\\nb"; '
        f"write a path relative to {project}/inventory"
    ]
