"""The forms of an app's `source`: one for each type."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from stackward.definition import source_values, values
from stackward.definition.fields import read
from stackward.definition.form import Form

_TEXT: dict[str, Any] = {"type": "string", "minLength": 1}

GitUrl = Annotated[str, *read(source_values.git_url, _TEXT)]
Revision = Annotated[str, *read(source_values.revision, _TEXT)]
FilePath = Annotated[str, *read(values.file_path, _TEXT)]
ArchiveUrl = Annotated[str, *read(source_values.archive_url, {"type": "string", "pattern": "^https?://"})]
Endpoint = Annotated[str, *read(source_values.endpoint, {"type": "string", "pattern": "^https?://"})]
Checksum = Annotated[str, *read(source_values.checksum, {"type": "string", "pattern": f"^{source_values.CHECKSUM}$"})]
Folder = Annotated[str, *read(source_values.folder, _TEXT)]
Bucket = Annotated[str, *read(source_values.bucket, {"type": "string", "pattern": f"^{source_values.BUCKET}$"})]
Word = Annotated[str, *read(source_values.word, _TEXT)]


class GitSourceForm(Form):
    """Code in a Git repository."""

    type: Literal["git"]
    url: GitUrl = Field(description="Address of the repository.", examples=["https://git.example.com/storefront.git"])
    revision: Revision | None = Field(
        default=None, description="Branch, tag or commit; the default branch unless given."
    )
    deploy_key: FilePath | None = Field(
        default=None, description="A private key on the controller, relative to the stack file.", examples=["../key"]
    )
    submodules: bool = Field(default=True, description="Whether the submodules come along, where there are any.")


class DirectorySourceForm(Form):
    """Code in a folder on the controller."""

    type: Literal["directory"]
    path: FilePath = Field(description="The folder, relative to the stack file.", examples=["../apps/storefront"])


class ArchiveSourceForm(Form):
    """Code in an archive over HTTP or HTTPS: a tar, compressed or not, or a zip."""

    type: Literal["archive"]
    url: ArchiveUrl = Field(
        description="Address of the archive.", examples=["https://example.com/storefront-1.4.2.tar.gz"]
    )
    checksum: Checksum | None = Field(
        default=None, description="Its SHA-256, as sha256:…; without TLS it has to be given."
    )
    folder: Folder | None = Field(default=None, description="The folder in it that holds the code.")


class S3SourceForm(Form):
    """Code in an archive in an S3 bucket."""

    type: Literal["s3"]
    bucket: Bucket = Field(description="The bucket.", examples=["releases"])
    key: Word = Field(description="The key of the object.", examples=["storefront/1.4.2.tar.gz"])
    version: Word | None = Field(default=None, description="The version of the object, where the bucket keeps them.")
    region: Word | None = Field(default=None, description="The region, unless boto3 knows it.")
    endpoint: Endpoint | None = Field(default=None, description="Address of another service that speaks S3.")
    checksum: Checksum | None = Field(default=None, description="The SHA-256 of the archive, as sha256:….")
    folder: Folder | None = Field(default=None, description="The folder in it that holds the code.")


def _type(value: Any) -> str | None:
    """Return the tag of a source's form; "#" keeps it apart from keys of the file."""
    return f"#{value['type']}" if isinstance(value, dict) and isinstance(value.get("type"), str) else None


SourceItem = Annotated[
    Annotated[GitSourceForm, Tag("#git")]
    | Annotated[DirectorySourceForm, Tag("#directory")]
    | Annotated[ArchiveSourceForm, Tag("#archive")]
    | Annotated[S3SourceForm, Tag("#s3")],
    Discriminator(_type),
]
