"""Roles are looked for where Ansible, started from the same place, would look."""

import sys

import pytest

from stackward.cli.ansible_places import role_places


@pytest.fixture
def file(project):
    return project / "inventory" / "shop.stack.yml"


def test_the_defaults_are_those_of_ansible(file):
    places = role_places(file, {"ANSIBLE_HOME": "/home/anna/.ansible"})
    assert places.roles == ("/home/anna/.ansible/roles", "/usr/share/ansible/roles", "/etc/ansible/roles")
    assert places.collections[:2] == ("/home/anna/.ansible/collections", "/usr/share/ansible/collections")
    assert set(places.collections) >= set(filter(None, sys.path))


def test_the_projects_configuration_counts_and_its_paths_start_beside_it(project, file, tmp_path, monkeypatch):
    (project / "ansible.cfg").write_text(
        "[defaults]\nroles_path = shared:/srv/roles\ncollections_path = ./collections\n"
    )
    monkeypatch.chdir(tmp_path)
    places = role_places(file, {})
    assert places.roles == (str(project / "shared"), "/srv/roles")
    assert places.collections[0] == str(project / "collections")


def test_the_environment_wins_over_the_configuration(project, file):
    (project / "ansible.cfg").write_text("[defaults]\nroles_path = shared\n")
    given = {"ANSIBLE_ROLES_PATH": "/srv/roles", "ANSIBLE_COLLECTIONS_PATH": "/srv/lib/ansible_collections"}
    places = role_places(file, given)
    assert places.roles == ("/srv/roles",)
    assert places.collections[0] == "/srv/lib"


def test_another_configuration_may_be_named(file, tmp_path):
    (tmp_path / "other.cfg").write_text("[defaults]\nroles_path = others\n")
    assert role_places(file, {"ANSIBLE_CONFIG": str(tmp_path / "other.cfg")}).roles == (str(tmp_path / "others"),)


def test_validate_says_that_a_role_is_nowhere(stackward, project, file):
    (project / "roles" / "hardening").rmdir()
    ran = stackward("validate")
    assert ran.code == 1
    assert f'{file}:9: layers.web.recipes.setup[0]: there is no role "hardening"' in ran.err
