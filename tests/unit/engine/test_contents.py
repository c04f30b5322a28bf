"""What counts as the content of what the layers of a stack run."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stackward.definition.model import Deploying, Layer, Recipe, RecipeType
from stackward.definition.role_places import RolePlaces
from stackward.engine.contents import begun, contents, ended
from stackward.lifecycle.events import Event
from stackward.rollout.actions import ACTION, RESTART
from stackward.state.store import open_store
from tests.stacks import small_stack

NOWHERE = RolePlaces((), ())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in {
        "inventory/shop.stack.yml": "",
        "roles/acme/tasks/main.yml": "[]",
        "roles/acme/meta/main.yml": "dependencies: [base, {role: nowhere}]",
        "roles/base/tasks/main.yml": "[]",
        "recipes/flags.yml": "[{import_tasks: more.yml}]",
        "recipes/more.yml": "[{template: {src: flags.conf.j2, dest: /etc/flags}}]",
        "recipes/flags.conf.j2": "",
        "recipes/templates/flags.j2": "flags",
        "manifests/app.pp": "",
        "modules/shop/manifests/init.pp": "",
    }.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def parts(project: Path, *recipes: Recipe, uses: str | None = None, **settings: object) -> dict[str, str]:
    layer = Layer("web", uses, settings, {Event.SETUP: recipes})
    stack = small_stack(layers={"web": layer}, path=str(project / "inventory/shop.stack.yml"))
    return contents(stack, NOWHERE).of(["web"], Event.SETUP)


def recipes(project: Path) -> dict[str, Recipe]:
    return {
        "role acme of web": Recipe(RecipeType.ROLE, "acme"),
        "recipe flags.yml of web": Recipe(RecipeType.TASKS, str(project / "recipes/flags.yml")),
        "recipe app.pp of web": Recipe(RecipeType.PUPPET, str(project / "manifests/app.pp")),
        "command uptime -p of web": Recipe(RecipeType.COMMAND, "uptime -p"),
    }


def test_hooks_of_apps_count_by_their_content_each_at_its_place(project):
    def hooks() -> Mapping[str, str]:
        stack = small_stack(path=str(project / "inventory/shop.stack.yml"))
        acme, flags = recipes(project)["role acme of web"], recipes(project)["recipe flags.yml of web"]
        deploy = Deploying(hooks={"before_drain": (acme,), "after_serve": (acme, flags)})
        app = dataclasses.replace(stack.apps["storefront"], deploy=deploy)
        return contents(dataclasses.replace(stack, apps={"storefront": app}), NOWHERE).hooks["storefront"]

    before = hooks()
    assert list(before) == [
        "the hook before_drain of storefront, role acme,",
        "the hook after_serve of storefront, role acme,",
        "the hook after_serve of storefront, recipe flags.yml,",
    ]
    (project / "recipes/more.yml").write_text("something else")
    after = hooks()
    assert [name for name in before if before[name] != after[name]] == [list(before)[2]]


def test_each_recipe_is_a_part_in_the_order_of_the_file(project):
    found = recipes(project)
    assert list(parts(project, *found.values())) == list(found)


@pytest.mark.parametrize(
    ("file", "changed"),
    [
        ("roles/acme/tasks/main.yml", "role acme of web"),
        ("roles/acme/files/new.txt", "role acme of web"),
        ("roles/base/tasks/main.yml", "role acme of web"),
        ("recipes/flags.yml", "recipe flags.yml of web"),
        ("recipes/templates/flags.j2", "recipe flags.yml of web"),
        ("recipes/files/new.txt", "recipe flags.yml of web"),
        ("recipes/more.yml", "recipe flags.yml of web"),
        ("recipes/flags.conf.j2", "recipe flags.yml of web"),
        ("manifests/app.pp", "recipe app.pp of web"),
        ("modules/shop/manifests/init.pp", "recipe app.pp of web"),
    ],
)
def test_another_content_of_a_file_changes_exactly_its_recipe(project, file, changed):
    before = parts(project, *recipes(project).values())
    path = project / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("something else")
    after = parts(project, *recipes(project).values())
    assert [name for name in before if before[name] != after[name]] == [changed]


@pytest.mark.parametrize(
    "file", ["roles/acme/.git/HEAD", "roles/acme/tasks/main.yml~", "roles/acme/__pycache__/x.pyc", "recipes/other.yml"]
)
def test_what_is_no_part_of_a_recipe_changes_nothing(project, file):
    before = parts(project, *recipes(project).values())
    path = project / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("something else")
    assert parts(project, *recipes(project).values()) == before


def test_a_file_that_was_moved_within_a_role_changes_it(project):
    before = parts(project, *recipes(project).values())
    (project / "roles/acme/tasks/main.yml").rename(project / "roles/acme/tasks/setup.yml")
    assert parts(project, *recipes(project).values()) != before


def test_a_recipe_that_is_named_twice_is_one_part(project):
    role = recipes(project)["role acme of web"]
    once, twice = parts(project, role), parts(project, role, role)
    assert list(once) == list(twice)
    assert once != twice


def test_roles_that_depend_on_each_other_come_to_an_end(project):
    (project / "roles/base/meta").mkdir()
    (project / "roles/base/meta/main.yml").write_text("dependencies: [acme]")
    assert parts(project, recipes(project)["role acme of web"])


def test_a_role_whose_meta_is_no_yaml_counts_by_its_text(project):
    (project / "roles/acme/meta/main.yml").write_text("{")
    assert parts(project, recipes(project)["role acme of web"])


def test_of_a_layers_settings_only_those_count_for_setup_that_configure_does_not_apply(project):
    before = parts(project, uses="php_app", extensions=["curl"])
    assert list(before) == ["the built-in part of web"]
    assert parts(project, uses="php_app", extensions=["curl"], workers=3) == before
    assert parts(project, uses="php_app", extensions=["gd"]) != before


def test_only_the_layers_that_are_asked_for_are_looked_at(project):
    stack = small_stack(path=str(project / "inventory/shop.stack.yml"))
    assert set(contents(stack, NOWHERE, {"web"}).layers) == {"web"}


RAN = {"role acme of web": "1"}


@pytest.fixture
def transaction(tmp_path: Path):
    """A write on a stack whose web1 this test has claimed under epoch 1."""
    now = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    with open_store(f"sqlite:///{tmp_path}/shop.db") as store, store.transaction("shop") as opened:
        opened.put_instance("web1", ("web",), now)
        run = opened.begin_run("converge", "ctl", 1, 1.0, "anna", now)
        opened.claim("web1", run, "converge#1", now, now + timedelta(minutes=1))
        yield opened


def known(opened):
    return dict(opened.state.instances["web1"].ran)


@pytest.mark.parametrize(
    ("event", "arguments", "after_begin", "after_end"),
    [
        ("setup", {}, {}, {Event.SETUP: RAN}),
        ("deploy", {"app": "site"}, {}, {Event.DEPLOY: RAN}),
        ("configure", {}, {Event.CONFIGURE: {}}, {Event.CONFIGURE: RAN}),
        ("deploy", {"app": "site", ACTION: RESTART}, {Event.DEPLOY: {}}, {Event.DEPLOY: {}}),
        ("run_recipes", {}, {}, {}),
        ("shutdown", {}, {}, {}),
    ],
)
def test_what_an_event_runs_is_known_from_its_end_on(transaction, event, arguments, after_begin, after_end):
    if event in ("setup", "configure", "deploy"):
        transaction.set_ran("web1", 1, Event(event), {})
    begun(transaction, "web1", 1, event, arguments)
    assert known(transaction) == after_begin
    ended(transaction, "web1", 1, event, arguments, RAN)
    assert known(transaction) == after_end
