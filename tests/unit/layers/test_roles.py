"""Each built-in layer is a role too, which takes the same settings."""

import re

import pytest
import yaml

from stackward.definition.form_errors import keys_of
from stackward.layers import BUILT_IN
from tests.architecture.sources import COLLECTION

LAYERS = pytest.mark.parametrize("layer", BUILT_IN.values(), ids=lambda layer: layer.name)


@LAYERS
def test_the_role_takes_the_settings_of_the_layer(layer):
    role = COLLECTION / "roles" / layer.name
    options = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    assert sorted(options[f"{layer.name}_settings"].get("options", {})) == sorted(keys_of(layer.settings))
    assert set(options) == set(yaml.safe_load((role / "defaults" / "main.yml").read_text()))


@LAYERS
def test_the_role_describes_each_of_them(layer):
    text = (COLLECTION / "roles" / layer.name / "README.md").read_text()
    assert sorted(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == sorted(keys_of(layer.settings))


@LAYERS
def test_the_role_applies_the_layer(layer):
    (task,) = yaml.safe_load((COLLECTION / "roles" / layer.name / "tasks" / "main.yml").read_text())
    assert task["stackward.ops.layer"]["layer"] == layer.name


def test_the_module_lists_every_layer():
    text = (COLLECTION / "plugins" / "modules" / "layer.py").read_text()
    documentation = yaml.safe_load(re.search(r'DOCUMENTATION = r"""(.*?)"""', text, re.DOTALL)[1])
    assert documentation["options"]["layer"]["choices"] == sorted(BUILT_IN)
