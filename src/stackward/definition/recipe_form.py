"""The form of one recipe, wherever the stack file names one."""

from __future__ import annotations

from typing import Annotated

from stackward.definition import recipe_values
from stackward.definition.fields import read
from stackward.definition.model import Recipe

_RECIPE_SCHEMA = {
    "anyOf": [
        {"type": "string", "pattern": f"^{recipe_values.ROLE}$"},
        *(
            {
                "type": "object",
                "properties": {key: {"type": "string", "minLength": 1, "description": description}},
                "required": [key],
                "additionalProperties": False,
            }
            for key, description in (
                ("role", "Name of a role."),
                ("tasks", "Path of a file with tasks."),
                ("puppet", "Path of a Puppet manifest."),
            )
        ),
        {
            "type": "object",
            "properties": {
                "command": {
                    "anyOf": [
                        {"type": "string", "minLength": 1},
                        {"type": "array", "items": {"type": "string"}, "minItems": 1},
                    ],
                    "description": "A command with its arguments; no shell reads it.",
                }
            },
            "required": ["command"],
            "additionalProperties": False,
        },
    ]
}

RecipeItem = Annotated[Recipe, *read(recipe_values.recipe, _RECIPE_SCHEMA)]
