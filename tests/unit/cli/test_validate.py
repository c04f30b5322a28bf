"""What `stackward validate` says of good and of broken files."""

import json
from shutil import copytree

import pytest

from tests.unit.docs.documents import ROOT


def test_a_good_file_is_ok_in_one_line(stackward, project):
    ran = stackward("validate", "inventory/shop.stack.yml")
    assert (ran.code, ran.out) == (0, "ok: shop: 3 layers, 5 instances, 1 app\n")


def test_without_a_name_the_projects_files_are_checked(stackward, project):
    assert stackward("validate").out.startswith("ok: shop")


def test_every_mistake_of_every_file_is_printed_and_good_ones_are_ok(stackward, project):
    broken = (project / "inventory" / "shop.stack.yml").read_text()
    (project / "broken.stack.yml").write_text(broken.replace("layers: [lb]", "layers: [lp]").replace("name:", "nmae:"))
    ran = stackward("validate", "broken.stack.yml", "inventory/shop.stack.yml")
    assert ran.code == 1
    assert len(ran.err.splitlines()) >= 2
    assert all(line.startswith("broken.stack.yml:") for line in ran.err.splitlines())
    assert "ok: shop" in ran.out
    found = stackward("validate", "broken.stack.yml", "-o", "json")
    assert found.code == 1
    assert found.json["files"][0]["ok"] is False
    assert found.json["files"][0]["problems"] == ran.err.splitlines()


def test_a_file_that_is_not_there(stackward, project):
    ran = stackward("validate", "nothing.stack.yml")
    assert (ran.code, ran.out) == (1, "")
    assert "cannot be read" in ran.err


def test_the_schema_is_json(stackward):
    for form in ("text", "json"):
        assert json.loads(stackward("schema", "-o", form).out)["title"] == "Stackward stack file"


OWN = """
plugin: stackward.ops.stack
name: own
provider: {type: example, folder: /var/tmp/machines}
metrics:
  mine: {type: example, file: /var/tmp/mine.metrics}
layers:
  web: {}
instances:
  web1: {layers: [web]}
"""


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ("folder:", "foldr:", "provider: The example provider has no option 'foldr'"),
        ("{layers: [web]}", "{layers: [web], provider: {foldr: x}}", "instances.web1.provider: The example provider"),
        ("file:", "fiel:", "metrics.mine: "),
    ],
)
def test_options_that_a_plugin_of_the_project_does_not_take_are_mistakes(stackward, project, written, instead, said):
    copytree(ROOT / "plugins", project / "plugins")
    (project / "inventory" / "own.stack.yml").write_text(OWN)
    assert stackward("validate", "inventory/own.stack.yml").out == "ok: own: 1 layer, 1 instance, 0 apps\n"
    (project / "inventory" / "own.stack.yml").write_text(OWN.replace(written, instead))
    ran = stackward("validate", "inventory/own.stack.yml")
    assert ran.code == 1
    assert ran.err.startswith(f"inventory/own.stack.yml: {said}")
    assert len(ran.err.splitlines()) == 1
    plan = stackward("plan", "--stack", "own")
    assert (plan.code, plan.out) == (1, "")
    assert plan.err == f"{project}/{ran.err}"


def test_stacks_of_one_folder_with_the_same_names_are_mistakes_as_they_are_no_inventory_together(stackward, project):
    text = (project / "inventory" / "shop.stack.yml").read_text()
    (project / "inventory" / "twin.stack.yml").write_text(text.replace("name: shop", "name: twin"))
    ran = stackward("validate")
    assert (ran.code, ran.out) == (1, "ok: shop: 3 layers, 5 instances, 1 app\n")
    assert "twin.stack.yml: instances: " in ran.err
    assert "shop.stack.yml has them too; instances of all stacks in one folder need different names" in ran.err
    (project / "inventory" / "twin.stack.yml").write_text(text)
    assert "twin.stack.yml: name: " in stackward("validate").err
    (project / "elsewhere").mkdir()
    (project / "inventory" / "twin.stack.yml").rename(project / "elsewhere" / "twin.stack.yml")
    assert stackward("validate", "inventory/shop.stack.yml", "elsewhere/twin.stack.yml").code == 0
