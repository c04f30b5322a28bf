"""What the documents show can be typed in: stack files load, and the recipes beside them are what they say."""

from pathlib import Path

import pytest
import yaml

from stackward.definition import loader
from tests.unit.docs.documents import ROOT, blocks

YAML = blocks("yaml")
STACKS = [block for block in YAML if block.text.startswith("plugin: stackward.ops.stack")]
FILES = [
    block
    for block in blocks("yaml", "puppet")
    if block.text.startswith("# ") and block.text.splitlines()[0].endswith((".yml", ".pp"))
]


def path_of(block) -> str:
    return block.text.splitlines()[0].removeprefix("# ")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the demo's apps, and the task files and manifests that the documents show."""
    (tmp_path / "apps").symlink_to(ROOT / "apps")
    (tmp_path / "inventory").mkdir()
    for block in FILES:
        file = tmp_path / path_of(block)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.text, encoding="utf-8")
    return tmp_path


def test_the_documents_show_stack_files():
    assert len(STACKS) >= 3


@pytest.mark.parametrize("block", STACKS, ids=str)
def test_a_stack_file_of_the_documents_loads(block, project):
    file = project / "inventory" / "shown.stack.yml"
    file.write_text(block.text, encoding="utf-8")
    assert loader.load(str(file), environment={}).instances


@pytest.mark.parametrize(
    "block", [block for block in YAML if block not in STACKS and "{" not in block.text[:1]], ids=str
)
def test_other_yaml_of_the_documents_can_be_read(block):
    assert yaml.safe_load(block.text)


@pytest.mark.parametrize("block", [block for block in FILES if path_of(block).startswith("roles/")], ids=str)
def test_a_role_that_the_documents_show_is_as_they_show_it(block):
    assert yaml.safe_load((ROOT / path_of(block)).read_text()) == yaml.safe_load(block.text)


@pytest.mark.parametrize("block", blocks("jinja"), ids=str)
def test_a_template_that_the_documents_show_is_as_they_show_it(block):
    assert block.text == (ROOT / "roles" / "motd" / "templates" / "motd.j2").read_text()
