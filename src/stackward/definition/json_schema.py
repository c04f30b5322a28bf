"""The JSON Schema of the stack file, for editors. `python -m stackward.definition.json_schema` prints it."""

from __future__ import annotations

import json
import sys
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from stackward.definition.built_in import BuiltInLayers
from stackward.definition.file_form import ProviderForm, StackForm
from stackward.definition.layer_form import LayerForm
from stackward.definition.provider_options import FORMS


def schema(built_in: BuiltInLayers | None = None) -> dict[str, Any]:
    """Return the schema (draft 2020-12) of a stack file that may use these built-in layers, by default Stackward's own.

    A schema knows no references within the file: that layers, apps and instances fit each other only the loader says.
    """
    if built_in is None:
        from stackward.layers import BUILT_IN

        built_in = BUILT_IN
    names, definitions = models_json_schema(
        [
            (StackForm, "validation"),
            *((layer.settings, "validation") for layer in built_in.values()),
            *((form, "validation") for form in FORMS.values()),
        ],
        schema_generator=_Generator,
    )
    forms = definitions["$defs"]
    layer_form = forms[LayerForm.__name__]
    layer_form["properties"]["uses"] = {
        "enum": [*sorted(built_in), None],
        "description": LayerForm.model_fields["uses"].description,
    }
    layer_form["allOf"] = [
        {
            "if": {"properties": {"uses": {"const": name}}, "required": ["uses"]},
            "then": names[layer.settings, "validation"],
        }
        for name, layer in sorted(built_in.items())
    ]
    _leave_to_the_layer(layer_form)
    for layer in built_in.values():
        forms[names[layer.settings, "validation"]["$ref"].rpartition("/")[2]].pop("additionalProperties", None)
    _let_providers_say(forms, {kind: names[form, "validation"] for kind, form in FORMS.items()})
    stack_form = forms.pop(StackForm.__name__)
    _drop_unused(forms, stack_form)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **stack_form,
        "title": "Stackward stack file",
        "$defs": forms,
    }


class _Generator(GenerateJsonSchema):
    """Writes no titles that only repeat a key, and refuses names that fit no pattern."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  the signature is pydantic's
        return False

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        found = super().dict_schema(schema)
        return {**found, "additionalProperties": False} if "patternProperties" in found else found


def _leave_to_the_layer(layer_form: dict[str, Any]) -> None:
    """Refuse a key that is neither every layer's nor the built-in layer's own, once the latter has had its say."""
    del layer_form["additionalProperties"]
    layer_form["unevaluatedProperties"] = False


def _let_providers_say(forms: dict[str, Any], known: dict[str, Any]) -> None:
    """Check the options of a provider whose form is known. Which of them may be missing, instances decide together."""
    for kind, reference in known.items():
        form = forms[reference["$ref"].rpartition("/")[2]]
        form.pop("required", None)
        form["properties"]["type"] = {"const": kind}
    forms[ProviderForm.__name__]["allOf"] = [
        {"if": {"properties": {"type": {"const": kind}}, "required": ["type"]}, "then": reference}
        for kind, reference in known.items()
    ]


def _drop_unused(forms: dict[str, Any], root: dict[str, Any]) -> None:
    """Remove the definitions that nothing points to: types of the model behind values that are read from text."""
    while unused := [name for name in forms if f'"#/$defs/{name}"' not in json.dumps([root, forms])]:
        for name in unused:
            del forms[name]


def rendered() -> str:
    """Return the schema as the text of the published file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(rendered())
