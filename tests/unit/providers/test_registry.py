from __future__ import annotations

from pathlib import Path

import pytest

from stackward.definition.model import ProviderChoice, Stack
from stackward.errors import ProviderError
from stackward.providers import load
from stackward.providers.container.provider import ContainerProvider
from stackward.providers.registry import available, folders
from stackward.simulator.provider import SimulatedProvider

WHOLE = """
from stackward.simulator.provider import SimulatedProvider
def provider(options, stack, data):
    made = SimulatedProvider()
    made.before = (dict(options), stack, data)
    return made
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    monkeypatch.delenv("ANSIBLE_CONFIG", raising=False)
    return tmp_path / "project"


def stack(project: Path) -> Stack:
    choice = ProviderChoice("container")
    return Stack("shop", str(project / "inventory" / "shop.stack.yml"), "/data", "sqlite://", "", choice, {}, {})


def plugin(project: Path, name: str, text: str) -> None:
    folder = project / "plugins" / "providers"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text(text)


def test_the_container_provider_is_built_in(project, programs_path):
    assert isinstance(load(ProviderChoice("container"), stack=stack(project)), ContainerProvider)


@pytest.fixture
def programs_path(tmp_path, monkeypatch):
    program = tmp_path / "podman"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))


def test_a_provider_of_the_projects_own_gets_options_stack_and_data(project):
    plugin(project, "cloud", WHOLE)
    made = load(ProviderChoice("cloud", {"region": "x"}), stack=stack(project))
    assert type(made).__name__ == SimulatedProvider.__name__
    assert made.before == ({"region": "x"}, "shop", "/data")


def test_it_is_looked_for_around_the_stack_file_the_configuration_and_the_current_folder():
    found = folders("/p/inventory/shop.stack.yml", {"ANSIBLE_CONFIG": "/other/ansible.cfg"}, Path("/here"))
    assert [str(path) for path in found] == [
        "/p/plugins/providers",
        "/p/inventory/plugins/providers",
        "/other/plugins/providers",
        "/here/plugins/providers",
    ]


def test_what_can_be_chosen_is_listed(project):
    plugin(project, "cloud", WHOLE)
    plugin(project, "_shared", "")
    assert available([project / "plugins" / "providers"]) == ("cloud", "container", "ec2", "static")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("contaner", "no provider 'contaner'. Did you mean container?"),
        ("vmware", "no provider 'vmware'. There is container, ec2, static."),
        ("../evil", "no provider '../evil'"),
    ],
)
def test_an_unknown_provider_is_refused_with_what_there_is(project, name, says):
    with pytest.raises(ProviderError) as refused:
        load(ProviderChoice(name), stack=stack(project))
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def provider(", "cannot be loaded: SyntaxError"),
        ("import no_such_module", "cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'"),
        ("", "has no function provider(options, stack, data)"),
        ("def provider(options, stack, data): return object()", "is not a whole provider; it lacks describe, create"),
    ],
)
def test_a_broken_provider_is_named_with_what_is_wrong(project, text, says):
    plugin(project, "broken", text)
    with pytest.raises(ProviderError) as refused:
        load(ProviderChoice("broken"), stack=stack(project))
    assert says in str(refused.value)
    assert str(project / "plugins" / "providers" / "broken.py") in str(refused.value)
