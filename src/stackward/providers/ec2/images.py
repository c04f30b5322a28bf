"""Which image is meant: by its id, by a parameter of Systems Manager, or the newest that fits a filter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackward.errors import ProviderError
from stackward.providers.ec2 import calls
from stackward.providers.ec2.answers import Meaning
from stackward.providers.ec2.connection import Connection
from stackward.providers.ec2.errors import CallError


def found(connection: Connection, image: str | Mapping[str, Any]) -> dict[str, Any]:
    """The description of the image. Raises ProviderError where there is none."""
    if isinstance(image, str):
        return _by_id(connection, image)
    if "ssm" in image:
        return _by_id(connection, _parameter(connection, image["ssm"]))
    filters = {"name": [image["name"]], "state": ["available"], "architecture": [image.get("architecture", "x86_64")]}
    images = calls.describe_images(connection, [image["owner"]], filters)
    if not images:
        raise ProviderError(
            f"No image of owner {image['owner']} in {connection.region} is named {image['name']} for "
            f"{filters['architecture'][0]}. Correct provider.image in the stack file."
        )
    return max(images, key=lambda item: (item.get("CreationDate", ""), item["ImageId"]))


def _parameter(connection: Connection, name: str) -> str:
    try:
        return calls.get_parameter(connection, name)
    except CallError as error:
        if error.meaning is not Meaning.MISSING:
            raise
        raise ProviderError(
            f"There is no parameter {name} in {connection.region}. Correct provider.image.ssm in the stack file."
        ) from None


def _by_id(connection: Connection, image: str) -> dict[str, Any]:
    # Whoever wrote its id down goes on with it when it is deprecated, as each public image is after two years.
    images = calls.describe_images(connection, [], {"image-id": [image]}, deprecated=True)
    if not images:
        raise ProviderError(
            f"There is no image {image} in {connection.region} that this account may use. "
            "Correct provider.image in the stack file."
        )
    return images[0]
