"""`stackward schema`: the stack file's JSON Schema."""

from __future__ import annotations

import sys

from stackward.cli import options
from stackward.cli.output import Form


def schema(output: options.Output = Form.JSON) -> None:  # noqa: ARG001  a schema is JSON in either form
    """Print the JSON Schema of the stack file, for editors.

    For example:
      stackward schema > stack.schema.json
    """
    from stackward.definition.json_schema import rendered

    sys.stdout.write(rendered())
