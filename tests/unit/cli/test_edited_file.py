"""Whatever has left the stack file since, what is there is shown."""

import pytest

EDITS = {
    "all of a layer's instances left": lambda text: text.replace('  "web[1:3]": {layers: [web]}\n', ""),
    "a layer left": lambda text: text.replace("  db: {}\n", "").replace("layers: [db, web]", "layers: [web]"),
    "an instance has another layer": lambda text: text.replace("layers: [db, web]", "layers: [db]"),
    "the app left": lambda text: text.partition("apps:")[0],
}


@pytest.mark.parametrize("edit", EDITS)
def test_every_view_of_a_stack_survives_an_edit(told, project, stackward, edit):
    file = project / "inventory" / "shop.stack.yml"
    before = file.read_text()
    file.write_text(EDITS[edit](before))
    assert file.read_text() != before
    for command in (("status",), ("describe", "web1"), ("plan",), ("why", "db1"), ("deployments",)):
        ran = stackward(*command)
        assert (ran.code, ran.err) == (2 if command == ("plan",) else 0, ""), command
        assert stackward(*command, "--output", "json").json
