"""Which stack files a command finds."""

from pathlib import Path

import pytest

from stackward.cli.finding import find, narrowed, project
from stackward.errors import StackwardError


def names(inventory):
    return [file.name for file in inventory.files]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "shop.stack.yml").touch()
    (tmp_path / "inventory" / "localhost.yml").touch()
    (tmp_path / "deep" / "down").mkdir(parents=True)
    return tmp_path


def test_the_inventory_of_the_current_folder_or_of_one_above(folder):
    assert names(find((), folder)) == ["shop.stack.yml"]
    found = find((), folder / "deep" / "down")
    assert found.sources == (folder / "inventory",)


def test_the_project_ends_at_its_ansible_configuration(folder):
    (folder / "deep" / "ansible.cfg").touch()
    with pytest.raises(StackwardError, match="There is no stack file"):
        find((), folder / "deep" / "down")


def test_the_inventory_that_the_ansible_configuration_names(folder):
    (folder / "ansible.cfg").write_text("[defaults]\ninventory = ./stacks, ./inventory/localhost.yml\n")
    (folder / "stacks").mkdir()
    (folder / "stacks" / "shed.stack.yaml").touch()
    found = find((), folder / "deep")
    assert names(found) == ["shed.stack.yaml"]
    assert found.sources == (folder / "stacks", folder / "inventory" / "localhost.yml")


def test_an_ansible_configuration_that_cannot_be_read_is_named(folder):
    (folder / "ansible.cfg").write_text("defaults\n")
    with pytest.raises(StackwardError, match=r"ansible.cfg cannot be read"):
        find((), folder)


def test_given_files_and_folders_win(folder):
    (folder / "other.stack.yml").touch()
    found = find([Path("other.stack.yml"), Path("inventory")], folder)
    assert names(found) == ["other.stack.yml", "shop.stack.yml"]
    assert found.sources == (folder / "other.stack.yml", folder / "inventory")


def test_hidden_files_and_variables_are_no_stack_files(folder):
    for place in ("inventory/.old.stack.yml", "inventory/group_vars/x.stack.yml"):
        (folder / place).parent.mkdir(exist_ok=True)
        (folder / place).touch()
    assert names(find([Path("inventory")], folder)) == ["shop.stack.yml"]


def test_a_given_path_that_is_not_there_or_holds_no_stack_file(folder):
    with pytest.raises(StackwardError, match="There is no stack file or folder"):
        find([Path("nowhere")], folder)
    with pytest.raises(StackwardError, match=r"name ends in .stack.yml"):
        find([Path("inventory/localhost.yml")], folder)


def test_one_stack_file_of_a_folder_keeps_other_inventory_beside_it(folder):
    (folder / "inventory" / "shed.stack.yml").touch()
    found = narrowed(find((), folder), folder / "inventory" / "shed.stack.yml")
    assert found.files == (folder / "inventory" / "shed.stack.yml",)
    assert found.sources == (folder / "inventory" / "localhost.yml", folder / "inventory" / "shed.stack.yml")


def test_the_project_is_where_the_ansible_configuration_is(folder):
    assert project(folder / "inventory" / "shop.stack.yml") is None
    (folder / "ansible.cfg").touch()
    assert project(folder / "inventory" / "shop.stack.yml") == folder
