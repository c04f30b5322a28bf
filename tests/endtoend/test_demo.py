"""The demo: from nothing to a shop that serves, through deploys and stops, in the real layers."""

from __future__ import annotations

import shutil
import subprocess
import urllib.request

import pytest
import yaml

from tests.endtoend.project import REPOSITORY, Project, project

pytestmark = [pytest.mark.containers, pytest.mark.endtoend]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with project(tmp_path_factory.mktemp("demo"), "demotest") as made:
        definition = yaml.safe_load((REPOSITORY / "inventory" / "shop.stack.yml").read_text())
        del definition["plugin"], definition["name"]
        code = made.folder / "storefront"
        shutil.copytree(REPOSITORY / "apps" / "storefront", code)
        git(code, "init", "--quiet", "--initial-branch=main")
        commit(code, "first")
        definition["apps"]["storefront"]["source"] = {"type": "git", "url": str(code), "revision": "main"}
        shutil.copytree(REPOSITORY / "roles", made.folder / "roles")
        made.write(definition)
        made.play("start")
        yield made


def git(code, *arguments: str) -> str:
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.com")
    done = subprocess.run(["git", *identity, *arguments], cwd=code, capture_output=True, text=True, check=True)
    return done.stdout


def commit(code, message: str) -> str:
    git(code, "add", ".")
    git(code, "commit", "--quiet", "--allow-empty", "-m", message)
    return git(code, "rev-parse", "HEAD").strip()


def page(shop: Project) -> str:
    machine = shop.state().instances["lb1"].machine
    with urllib.request.urlopen(f"http://{machine.elastic_address or machine.address}/", timeout=10) as answer:
        return answer.read().decode()


def test_the_shop_serves_with_data_from_the_database(shop):
    assert shop.states() == {"lb1": "online", "web1": "online", "web2": "online", "db1": "online"}
    first, second = page(shop), page(shop)
    assert "Good day" in first
    assert "Visit 1," in first
    assert "Visit 2," in second
    assert {"web1" in first, "web1" in second} == {True, False}


def test_a_converge_with_nothing_to_do_does_nothing(shop):
    before = shop.state()
    assert "nothing to do" in shop.play("converge")
    assert shop.state() == before


@pytest.mark.parametrize("instance", ["db1", "lb1"])
def test_a_second_setup_changes_nothing_but_what_recipes_are_told(shop, instance):
    shop.play("setup", instance=instance)
    setup = next(item for item in shop.store().commands("demotest", instance=instance) if item.event == "setup")
    assert [line.text for line in shop.store().log(setup.id) if line.status == "changed"] == ["attribute document"]


def test_a_deploy_puts_the_new_revision_live(shop):
    code = shop.folder / "storefront"
    application = code / "application.py"
    application.write_text(application.read_text().replace("<h1>", "<h1>New: "))
    revision = commit(code, "second")
    shop.play("deploy", app="storefront")
    assert "New: Good day" in page(shop)
    assert {record.apps[0].revision for record in shop.state().instances.values() if record.apps} == {revision}


def test_deploying_the_same_revision_ships_nothing(shop):
    before = shop.state().deployments["storefront"]
    shop.play("deploy", app="storefront")
    assert shop.state().deployments["storefront"].release == before.release


def test_an_unknown_revision_is_refused_before_any_host_is_touched(shop):
    before = shop.state()
    printed = shop.play("deploy", app="storefront", revision="no-such-branch", succeeds=False)
    assert "no revision 'no-such-branch'" in printed
    assert shop.state() == before


def test_a_stopped_server_leaves_the_balancer_and_comes_back(shop):
    shop.play("stop", instance="web1")
    assert {"web2" in page(shop) for _ in range(4)} == {True}
    shop.play("start", instance="web1")
    assert {"web1" in page(shop) for _ in range(4)} == {True, False}


def test_the_database_password_is_nowhere_to_be_seen(shop):
    environment = shop.on("web1", "cat", "/etc/stackward/apps/storefront.env")
    url = next(line for line in environment.splitlines() if line.startswith("DATABASE_URL"))
    password = url.split(":")[2].split("@")[0]
    assert len(password) > 20
    assert password not in shop.on("web1", "cat", "/etc/stackward/attributes.json")
    assert password not in shop.on(
        "db1", "sh", "-c", "cat /etc/stackward/attributes.json /etc/stackward/postgresql/*.conf"
    )
    store = shop.store()
    told = [entry.text + str(entry.data) for entry in store.journal("demotest", limit=10000)]
    commands = store.commands("demotest", limit=1000)
    told += [str(command) for command in commands]
    told += [line.text for command in commands for line in store.log(command.id)]
    assert not [line for line in told if password in line]


def test_data_outlives_a_restart_of_the_database(shop):
    count = int(page(shop).split("Visit ")[1].split(",")[0])
    shop.play("stop", instance="db1")
    shop.play("start", instance="db1")
    assert int(page(shop).split("Visit ")[1].split(",")[0]) == count + 1
