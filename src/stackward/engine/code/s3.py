"""Code from an archive in an S3 bucket. It needs boto3, which logs in as it is configured on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from stackward.definition.model import App
from stackward.engine.code.download import taken
from stackward.engine.code.kept import Fetched, archive_of, folder_of
from stackward.errors import StackwardError

_PIECE = 1 << 20


def fetch(data: str, app: App, wanted: str | None) -> Fetched:
    """The object as it is now, or at its version; downloaded only if it is another one than the last time.

    Raises StackwardError where it cannot be had, or is not the revision or the checksum that is wanted.
    """
    source = app.source
    shown = f"s3://{source.bucket}/{source.location}"
    which = {"Bucket": source.bucket, "Key": source.location}
    if source.version is not None:
        which["VersionId"] = source.version
    with _explained(app, shown):
        client = _client(app)
        head = client.head_object(**which)
        seen = [shown, head["ETag"], head.get("VersionId"), source.folder]
        memory = folder_of(data, app.name) / "object.json"
        known = json.loads(memory.read_text()) if memory.exists() else {}
        revision = known.get("revision") if known.get("seen") == seen else None
        if revision is not None and wanted in (None, revision) and source.checksum in (None, revision):
            there = archive_of(data, app.name, revision)
            if there.exists():
                return Fetched(revision, there)
        body = client.get_object(**which, IfMatch=head["ETag"])["Body"]
        fetched = taken(data, app, shown, body.iter_chunks(_PIECE), wanted)
    memory.write_text(json.dumps({"seen": seen, "revision": fetched.revision}))
    return fetched


def _client(app: App) -> Any:
    import boto3

    return boto3.client("s3", region_name=app.source.region, endpoint_url=app.source.endpoint)


@contextmanager
def _explained(app: App, shown: str) -> Iterator[None]:
    try:
        import botocore.exceptions as problems
    except ImportError:
        raise StackwardError(
            f"App {app.name} comes from S3, and there is no boto3 here: pip install 'stackward[s3]'."
        ) from None
    try:
        yield
    except (problems.BotoCoreError, problems.ClientError) as error:
        raise StackwardError(
            f"App {app.name} cannot be fetched from {shown}: {error}. Nothing was deployed."
        ) from error
