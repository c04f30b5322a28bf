"""What `stackward validate` says of good and of broken files."""

import json


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
