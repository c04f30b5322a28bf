"""The layers' templates, rendered on the controller."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache, PackageLoader, StrictUndefined

_ENVIRONMENT = Environment(
    loader=PackageLoader("stackward.layers"),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 configuration files are not HTML
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def rendered(template: str, **variables: Any) -> str:
    """Return the template filled in; a variable that the template names and nobody gives is an error."""
    return _ENVIRONMENT.get_template(template).render(**variables)


def prepare(compiled: str | None) -> None:
    """Compile every template now, so that processes that are forked later inherit them.

    `compiled` is a folder where they are kept for the next process, which only this user may write.
    """
    if compiled is not None:
        _ENVIRONMENT.bytecode_cache = FileSystemBytecodeCache(compiled)
    for template in _ENVIRONMENT.list_templates():
        _ENVIRONMENT.get_template(template)
