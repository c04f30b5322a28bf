"""Code from an archive in an S3 bucket. It needs boto3, which logs in as it is configured on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackward.definition.model import App
from stackward.engine.code.download import revision_of, taken
from stackward.engine.code.kept import Fetched, archive_of, folder_of
from stackward.errors import StackwardError

_PIECE = 1 << 20
_NOT_MODIFIED = "304"


@dataclass(frozen=True, slots=True)
class _Memory:
    """What was fetched last: the entity tag that the service gave it, and the revision that it has here."""

    tag: str
    revision: str


def fetch(data: str, app: App, wanted: str | None) -> Fetched:
    """The object as it is now, or at its version; downloaded only if it is another one than the last time.

    Raises StackwardError where it cannot be had, or is not the revision or the checksum that is wanted.
    """
    source = app.source
    which = {"Bucket": source.bucket, "Key": source.location}
    if source.version is not None:
        which["VersionId"] = source.version
    known = _remembered(data, app)
    fits = known is not None and wanted in (None, known.revision) and _right(app, known.revision)
    there = archive_of(data, app.name, known.revision) if known is not None and fits else None
    if known is not None and there is not None and there.exists():
        which["IfNoneMatch"] = known.tag
    shown = f"s3://{source.bucket}/{source.location}"
    with _explained(app, shown):
        answer = _answer(app, which)
        if answer is None and known is not None and there is not None:
            return Fetched(known.revision, there)
        with closing(answer["Body"]) as body:
            fetched = taken(data, app, shown, body.iter_chunks(_PIECE), wanted)
        _remember(data, app, answer["ETag"], fetched.revision)
    return fetched


def _right(app: App, revision: str) -> bool:
    checksum = app.source.checksum
    return checksum is None or revision == revision_of(checksum, app.source.folder)


def _answer(app: App, which: Mapping[str, str]) -> Any:
    """The object, None where it is the one whose tag was given. A GET says what is wrong, a HEAD says 403 or 404."""
    import botocore.exceptions
    from boto3.session import Session

    # A session of its own: the one that all share would go on with the credentials that it has seen first.
    client = Session().client("s3", region_name=app.source.region, endpoint_url=app.source.endpoint)
    try:
        return client.get_object(**which)
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] == _NOT_MODIFIED:
            return None
        raise


def _place(data: str, app: App) -> Path:
    return folder_of(data, app.name) / "object.json"


def _object(app: App) -> list[str | None]:
    source = app.source
    return [source.endpoint, source.bucket, source.location, source.version, source.folder]


def _remembered(data: str, app: App) -> _Memory | None:
    """What is known of this very object; a file that cannot be read only costs a download."""
    try:
        known = json.loads(_place(data, app).read_text(encoding="utf-8"))
        return _Memory(known["tag"], known["revision"]) if known["object"] == _object(app) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remember(data: str, app: App, tag: str, revision: str) -> None:
    known = {"object": _object(app), "tag": tag, "revision": revision}
    candidate = _place(data, app).with_suffix(".new")
    candidate.write_text(json.dumps(known), encoding="utf-8")
    candidate.replace(_place(data, app))


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
        told = error.response["Error"] if isinstance(error, problems.ClientError) else {}
        reason = f"{told['Code']}: {told.get('Message', '')}".rstrip(": ") if "Code" in told else str(error)
        if isinstance(error, problems.NoCredentialsError):
            reason += ": set AWS_PROFILE, or give this machine a role"
        raise StackwardError(
            f"App {app.name} cannot be fetched from {shown}: {reason.rstrip('.')}. Nothing was deployed."
        ) from error
