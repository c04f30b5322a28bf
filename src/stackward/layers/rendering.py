"""The layers' templates, rendered on the controller."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

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


def prepare() -> None:
    """Compile every template now, so that processes that are forked later inherit them."""
    for template in _ENVIRONMENT.list_templates():
        _ENVIRONMENT.get_template(template)
