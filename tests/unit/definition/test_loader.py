"""What a valid stack file becomes."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from stackward.definition.loader import load
from stackward.definition.model import (
    Instance,
    ProviderChoice,
    Recipe,
    RecipeType,
    Secret,
    Source,
    SourceType,
    Volume,
)
from stackward.definition.recipes import recipes_of
from stackward.lifecycle.events import Event

from .conftest import BUILT_IN, Load


def test_a_file_becomes_a_stack(valid: str, load_stack: Load, project: Path) -> None:
    stack = load_stack(valid)
    assert stack.name == "shop"
    assert stack.path == str(project / "inventory/shop.stack.yml")
    assert stack.digest == sha256(valid.encode()).hexdigest()
    assert stack.provider == ProviderChoice("container", {"image": "debian-12"})
    assert stack.timezone == "UTC"
    assert stack.attributes == {"motd": "Shop"}
    assert list(stack.layers) == ["lb", "web", "db"]
    assert stack.instances == {
        "lb1": Instance("lb1", ("lb",), elastic_ip=True),
        "web1": Instance("web1", ("web",)),
        "web2": Instance("web2", ("web",)),
        "db1": Instance("db1", ("db",)),
    }
    app = stack.apps["storefront"]
    assert app.source == Source(SourceType.GIT, "https://git.example.com/storefront.git")
    assert (app.layers, app.database, app.domains, app.keep) == (("web",), "db", ("shop.example.com",), 3)


def test_layers_have_their_settings_volumes_and_defaults(valid: str, load_stack: Load) -> None:
    layers = load_stack(valid).layers
    assert layers["lb"].settings == {"healthcheck": "/healthz"}
    assert layers["db"].volumes == (Volume("/var/lib/db", 20),)
    web = layers["web"]
    assert (web.drain, web.drain_timeout, web.shutdown_timeout, web.event_timeout) == (True, 30.0, 45.0, 1800.0)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("45", 45), ("1.5", 1.5), ("45s", 45), ("5m", 300), ("1h30m", 5400), ("0.5s", 0.5), ("0", 0), ("7d", 604800)],
)
def test_a_duration_is_seconds_or_a_text(valid: str, load_stack: Load, written: str, seconds: float) -> None:
    text = valid.replace("    uses: server\n", f"    uses: server\n    shutdown_timeout: {written}\n")
    assert load_stack(text).layers["web"].shutdown_timeout == seconds


def test_an_instance_lists_its_layers_in_the_order_of_the_file(valid: str, load_stack: Load) -> None:
    stack = load_stack(valid.replace("db1: {layers: [db]}", "db1: {layers: [db, lb]}"))
    assert stack.instances["db1"].layers == ("lb", "db")


def test_recipes_are_roles_task_files_manifests_and_commands(valid: str, load_stack: Load, project: Path) -> None:
    (project / "recipes").mkdir()
    (project / "recipes/flags.yml").touch()
    (project / "inventory/near.yml").touch()
    (project / "playbooks").mkdir()
    (project / "playbooks/site.pp").touch()
    text = valid.replace(
        "      setup: [hardening]\n",
        "      setup: [hardening, {role: acme.web.base}]\n"
        "      configure: [{tasks: recipes/flags.yml}, {tasks: near.yml}]\n"
        "      deploy: [{puppet: site.pp}, {command: systemctl reload nginx}, {command: [echo, two words]}]\n",
    )
    stack = load_stack(text)
    assert list(recipes_of(stack)) == [
        ("web", Event.SETUP, Recipe(RecipeType.ROLE, "hardening")),
        ("web", Event.SETUP, Recipe(RecipeType.ROLE, "acme.web.base")),
        ("web", Event.CONFIGURE, Recipe(RecipeType.TASKS, str(project / "recipes/flags.yml"))),
        ("web", Event.CONFIGURE, Recipe(RecipeType.TASKS, str(project / "inventory/near.yml"))),
        ("web", Event.DEPLOY, Recipe(RecipeType.PUPPET, str(project / "playbooks/site.pp"))),
        ("web", Event.DEPLOY, Recipe(RecipeType.COMMAND, "systemctl reload nginx")),
        ("web", Event.DEPLOY, Recipe(RecipeType.COMMAND, "echo 'two words'")),
    ]


def test_a_directory_source_is_relative_to_the_stack_file(valid: str, load_stack: Load, project: Path) -> None:
    (project / "apps").mkdir()
    text = valid.replace(
        '{type: git, url: "https://git.example.com/storefront.git"}', "{type: directory, path: ../apps}"
    )
    assert load_stack(text).apps["storefront"].source == Source(SourceType.DIRECTORY, str(project / "apps"))


def test_a_local_git_repository_is_relative_to_the_stack_file(valid: str, load_stack: Load, project: Path) -> None:
    text = valid.replace('"https://git.example.com/storefront.git"', "../storefront.git, revision: v1.4.2")
    source = load_stack(text).apps["storefront"].source
    assert source == Source(SourceType.GIT, str(project / "storefront.git"), "v1.4.2")


def test_environment_values_stay_as_written(valid: str, load_stack: Load) -> None:
    values = (
        'VERSION: 1.10\n      FLAG: yes\n      TIME: 12:30\n      DAY: 2025-01-31\n      OCTAL: 010\n      NONE: ""'
    )
    environment = load_stack(valid.replace("LANGUAGE: de", values)).apps["storefront"].environment
    assert environment == {
        "VERSION": "1.10",
        "FLAG": "yes",
        "TIME": "12:30",
        "DAY": "2025-01-31",
        "OCTAL": "010",
        "NONE": "",
    }


def test_a_vault_value_of_the_environment_is_a_secret(valid: str, load_stack: Load) -> None:
    vault = "SECRET_KEY: !vault |\n        $ANSIBLE_VAULT;1.1;AES256\n        6162"
    stack = load_stack(valid.replace("LANGUAGE: de", vault))
    assert stack.apps["storefront"].environment == {"SECRET_KEY": Secret("$ANSIBLE_VAULT;1.1;AES256\n6162\n")}
    assert "6162" not in repr(stack)


def test_anchors_and_merge_keys_work(valid: str, load_stack: Load) -> None:
    text = valid.replace("  db1: {layers: [db]}", "  db1: &db {layers: [db]}\n  db2: {<<: *db, elastic_ip: true}")
    assert load_stack(text).instances["db2"] == Instance("db2", ("db",), elastic_ip=True)


def test_an_own_key_wins_over_a_merged_one(valid: str, load_stack: Load) -> None:
    extra = "  cache: {<<: [*db, {drain: false}], drain_timeout: 9}\n"
    text = valid.replace("  db:\n", "  db: &db\n").replace(
        "instances:\n", f"{extra}instances:\n  cache1: {{layers: [cache]}}\n"
    )
    cache = load_stack(text).layers["cache"]
    assert (cache.uses, cache.drain, cache.drain_timeout) == ("database", False, 9.0)


def test_ansibles_constructed_keys_are_accepted(valid: str, load_stack: Load) -> None:
    extras = (
        "compose: {rack: 'inventory_hostname[:2]'}\n"
        "groups: {even: true}\n"
        "keyed_groups: [{key: rack, prefix: rack}]\n"
        "strict: true\nleading_separator: false\nuse_extra_vars: true\n"
    )
    assert load_stack(valid + extras).name == "shop"


@pytest.mark.parametrize(
    ("written", "environment", "url"),
    [
        (None, {}, "sqlite:///{project}/var/shop/state.db"),
        ("sqlite:///../shop.db", {}, "sqlite:///{project}/shop.db"),
        ("sqlite:////srv/shop.db", {}, "sqlite:////srv/shop.db"),
        ("postgres://me@db/shop", {}, "postgresql+psycopg://me@db/shop"),
        ("postgresql://me:secret@[::1]:5432/shop?sslmode=require", {}, None),
        ("postgresql+psycopg://db/shop", {}, "postgresql+psycopg://db/shop"),
        ("sqlite:///x.db", {"STACKWARD_STATE": "postgresql:///shop"}, "postgresql+psycopg:///shop"),
        ("sqlite:///x.db", {"STACKWARD_STATE": "sqlite:///y.db"}, "sqlite:///{project}/inventory/y.db"),
        ("sqlite:///x.db", {"STACKWARD_STATE": ""}, "sqlite:///{project}/inventory/x.db"),
    ],
)
def test_where_the_state_is(
    valid: str, load_stack: Load, project: Path, written: str | None, environment: dict[str, str], url: str | None
) -> None:
    expected = url or f"postgresql+psycopg{(written or '').removeprefix('postgresql')}"
    stack = load_stack(f"{valid}state: {written}\n" if written else valid, environment)
    assert stack.state == expected.replace("{project}", str(project))


@pytest.mark.parametrize(
    ("written", "folder"), [(None, "{project}/var/shop"), ("data", "{project}/inventory/data"), ("/srv/x", "/srv/x")]
)
def test_where_the_data_is(valid: str, load_stack: Load, project: Path, written: str | None, folder: str) -> None:
    stack = load_stack(f"{valid}data: {written}\n" if written else valid)
    assert stack.data == folder.replace("{project}", str(project))
    assert stack.state == f"sqlite:///{stack.data}/state.db"


def test_a_layer_of_ones_own_may_run_apps(valid: str, load_stack: Load) -> None:
    stack = load_stack(valid.replace("    uses: server\n", ""))
    assert stack.layers["web"].uses is None


def test_a_pattern_of_10000_is_expanded(valid: str, load_stack: Load) -> None:
    stack = load_stack(valid.replace("web[1:2]", "web[00001:10000]"))
    assert len(stack.instances) == 10_002
    assert list(stack.instances)[1:3] == ["web00001", "web00002"]


def test_load_reads_the_file(valid: str, project: Path) -> None:
    path = project / "inventory/shop.stack.yml"
    path.write_text(valid)
    assert load(str(path), environment={}, built_in=BUILT_IN).name == "shop"


def test_stackwards_own_layers_are_known_unless_others_are_given(valid: str, project: Path) -> None:
    path = project / "inventory/shop.stack.yml"
    own = valid.replace("balancer", "haproxy").replace("uses: server", "uses: python_app")
    path.write_text(own.replace("uses: database", "uses: postgresql"))
    assert load(str(path), environment={}).layers["db"].uses == "postgresql"
