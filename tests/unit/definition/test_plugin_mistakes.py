"""Providers and sources of measurements that are not there, and options of containers that are wrong."""

import pytest

from stackward.definition import loader
from stackward.errors import DefinitionError

SHOP = """\
plugin: stackward.ops.stack
name: shop
provider: {provider}
layers: {{web: {{}}}}
instances:
  web1: {{layers: [web]{instance}}}
metrics: {{{metrics}}}
"""


def load(folder, provider="{type: container}", instance="", metrics="", **environment):
    text = SHOP.format(provider=provider, instance=instance, metrics=metrics)
    return loader.load_text(text, str(folder / "inventory" / "shop.stack.yml"), environment=environment)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"provider": "{type: contaner}"}, ['3: provider.type: there is no provider "contaner"; did you mean "cont']),
        ({"provider": "{type: hetzner}"}, ['no provider "hetzner"; write container, ec2, static, or the name of a']),
        ({"provider": "{type: ../../etc}"}, ['provider.type: "../../etc"']),
        ({"provider": "{type: container, imagee: x}"}, ['3: provider.imagee: unknown key; did you mean "image"?']),
        (
            {"provider": "{type: container, image: debiann-12}"},
            ['no host image "debiann-12"; did you mean "debian-12"'],
        ),
        ({"provider": "{type: container, image: alpine}"}, ['no host image "alpine"; write debian-12, debian-13, or']),
        ({"provider": "{type: container, image: [a]}"}, ["provider.image: is a list; write debian-12, debian-13, or"]),
        ({"provider": "{type: container, engine: dokcer}"}, ['is the string "dokcer"; write podman or docker']),
        ({"provider": "{type: container, subnet: 10.1.1.1/24}"}, ['3: provider.subnet: "10.1.1.1/24" is not a netw']),
        ({"provider": "{type: container, subnet: 7}"}, ["provider.subnet: is the number 7; write one such as"]),
        (
            {"instance": ", provider: {type: dokcer}"},
            ['6: instances.web1.provider.type: there is no provider "dokcer"'],
        ),
        ({"instance": ", provider: {image: debian}"}, ["6: instances.web1.provider.image: there is no host image"]),
        ({"metrics": "m: {type: promteheus}"}, ['7: metrics.m.type: there is no source of measurements "promteheus"']),
        (
            {"provider": "{type: contaner}", "metrics": "m: {type: cloudwtch}"},
            ["3: provider.type: ", '7: metrics.m.type: there is no source of measurements "cloudwtch"; did you mean "'],
        ),
    ],
)
def test_each_mistake_is_said_with_its_line_and_what_would_be_right(tmp_path, given, said):
    with pytest.raises(DefinitionError) as refused:
        load(tmp_path, **given)
    lines = refused.value.problems
    assert len(lines) == len(said)
    assert all(part in line for part, line in zip(said, lines, strict=True))


@pytest.mark.parametrize("place", ["plugins", "inventory/plugins", "elsewhere/plugins"])
def test_one_of_the_projects_own_is_found_where_it_will_be_loaded_from(tmp_path, place):
    for kind, name in (("providers", "cellar"), ("metrics", "meter")):
        folder = tmp_path / place / kind
        folder.mkdir(parents=True)
        (folder / f"{name}.py").touch()
    configuration = str(tmp_path / "elsewhere" / "ansible.cfg")
    stack = load(tmp_path, "{type: cellar, any: thing}", metrics="m: {type: meter}", ANSIBLE_CONFIG=configuration)
    assert stack.provider.type == "cellar"
    with pytest.raises(DefinitionError, match='there is no provider "celar"; did you mean "cellar"'):
        load(tmp_path, "{type: celar}", ANSIBLE_CONFIG=configuration)


def test_what_is_said_here_is_what_the_provider_itself_would_refuse():
    from stackward.definition import container_form, plugin_types
    from stackward.providers import registry
    from stackward.providers.container import engine, image

    assert set(container_form.IMAGES) == set(image.SUITES)
    assert container_form.ContainerForm.model_fields["image"].default == image.DEFAULT
    engines = container_form.ContainerForm.model_json_schema()["properties"]["engine"]["anyOf"][0]["enum"]
    assert engines == [each.value for each in engine.EngineName]
    assert set(plugin_types.PROVIDERS) == set(registry.available(()))
