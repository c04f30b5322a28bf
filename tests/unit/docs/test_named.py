"""What the documents name exists: commands with their options, playbooks, files that they link to, keys."""

import re
import shlex

import pytest
import typer

from stackward.cli.main import app
from stackward.definition import (
    app_form,
    baseline_form,
    ec2_form,
    file_form,
    instance_form,
    layer_form,
    scaling_form,
    volume_form,
)
from stackward.definition.form import Form
from stackward.definition.form_errors import keys_of
from stackward.layers import BUILT_IN
from stackward.lifecycle.states import State
from tests.unit.docs.documents import DOCUMENTS, FENCE, ROOT, commands

GROUP = typer.main.get_command(app)
LINK = re.compile(r"\]\(([^)\s]+)\)")
PLAYBOOK = re.compile(r"(?:playbooks/(\w+)\.yml|ansible-playbook (?:-i \S+ )?stackward\.ops\.(\w+))")
PLAYBOOKS = {file.stem for file in (ROOT / "playbooks").glob("*.yml")}
COLLECTION = ROOT / "collections" / "ansible_collections" / "stackward" / "ops"
PARTS = {file.stem for file in (COLLECTION / "playbooks").glob("*.yml")} - PLAYBOOKS
"""What the collection's playbooks are made of, and nobody runs by itself."""


def test_every_command_that_the_documents_show_exists_with_its_options():
    shown = list(commands("stackward"))
    assert len(shown) > 30
    wrong = [f"{document.name}: stackward {said}" for document, said in shown if not known(said)]
    assert wrong == []


def known(said: str) -> bool:
    """Whether the first word is a command, every option after it one of its own, and each name by itself."""
    words = shlex.split(said.partition(" -- ")[0].rstrip("),.:"))
    if re.search(r"--(instance|layer) \w+,\w", said):
        return False
    offered = {option for parameter in GROUP.params for option in parameter.opts}
    if words[0].startswith("-"):
        return words[0] in {*offered, "--install-completion", "--show-completion"}
    if words[0] not in GROUP.commands:
        return False
    command = GROUP.commands[words[0]]
    if subcommands := getattr(command, "commands", None):
        if words[1] not in subcommands:
            return False
        command = subcommands[words[1]]
    options = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    return all(word in options for word in words[1:] if word.startswith("-"))


def test_every_playbook_that_the_documents_name_exists():
    named = {
        (document.name, name)
        for document in DOCUMENTS
        for pair in PLAYBOOK.findall(document.read_text(encoding="utf-8"))
        for name in pair
        if name
    }
    assert {name for _, name in named} >= {"start", "stop"}
    told = {("architecture.md", part) for part in PARTS}
    assert {entry for entry in named - told if entry[1] not in PLAYBOOKS} == set()


def test_every_playbook_has_a_command_of_its_name():
    assert {name.replace("_", "-") for name in PLAYBOOKS} <= set(GROUP.commands)


def test_the_collection_names_its_playbooks_and_the_modules_that_run_on_hosts():
    text = (COLLECTION / "README.md").read_text(encoding="utf-8")
    playbooks, modules = (
        " ".join(re.findall(rf"^\| {kind}.*", text, re.MULTILINE)) for kind in ("Playbooks", "Modules")
    )
    on_hosts = [
        file.stem for file in (COLLECTION / "plugins" / "modules").glob("*.py") if "def main()" in file.read_text()
    ]
    assert {name for name in PLAYBOOKS if f"`{name}`" not in playbooks} == set()
    assert [name for name in on_hosts if f"`{name}`" not in modules] == []


def test_every_target_of_make_that_the_documents_name_exists():
    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    wrong = [(document.name, said) for document, said in commands("make") if said.split()[0] not in targets]
    assert wrong == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_something(document):
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    wrong = []
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        place, _, anchor = link.partition("#")
        target = (document.parent / place).resolve() if place else document
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            wrong.append(link)
    assert wrong == []


def anchors(text: str) -> set[str]:
    """Return the anchors of a document's headings, as hosts of Markdown make them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


NAMED = {
    name: value
    for module in (file_form, layer_form, instance_form, app_form, volume_form, scaling_form, baseline_form)
    for name, value in vars(module).items()
}
FORMS = [form for form in NAMED.values() if isinstance(form, type) and issubclass(form, Form)]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_every_key_of_the_stack_file_is_described(form):
    text = (ROOT / "docs" / "stack-file.md").read_text(encoding="utf-8")
    assert [key for key in (*keys_of(form), *form.later) if not re.search(rf"`(\w+\.)?{key}`|\b{key}:", text)] == []


@pytest.mark.parametrize("form", [ec2_form.Ec2Form, ec2_form.RootDiskForm], ids=lambda form: form.__name__)
def test_every_option_of_ec2_is_described(form):
    text = (ROOT / "docs" / "ec2.md").read_text(encoding="utf-8")
    assert [key for key in keys_of(form) if f"`{key}`" not in text] == []


@pytest.mark.parametrize("layer", BUILT_IN.values(), ids=lambda layer: layer.name)
def test_every_setting_of_a_built_in_layer_is_described(layer):
    text = (ROOT / "docs" / "layers.md").read_text(encoding="utf-8")
    own = text.partition(f"## {layer.name}\n")[2].partition("\n## ")[0]
    assert [key for key in keys_of(layer.settings) if f"| `{key}` |" not in own] == []


def test_the_picture_of_the_readme_shows_states_that_there_are_and_loads_nothing():
    picture = (ROOT / "docs" / "pictures" / "status.svg").read_text(encoding="utf-8")
    assert State.ONLINE.value in picture
    assert not re.search(r"url\((?!#)|href=|<script", picture)
