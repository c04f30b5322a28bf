"""Code from an archive over HTTP or HTTPS, and what all downloaded archives have in common."""

from __future__ import annotations

import hashlib
import http.client
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from stackward import __version__
from stackward.definition.location import without_credentials
from stackward.definition.model import App
from stackward.engine.code.kept import LEFT_BEHIND, Fetched, archive_of, folder_of, writing
from stackward.engine.code.packing import LARGEST, UnfitError, repack
from stackward.errors import StackwardError

ANSWER_SECONDS = 60.0
"""How long a server may be silent."""

_PIECE = 1 << 20


def fetch(data: str, app: App, wanted: str | None) -> Fetched:
    """The archive that is at the URL now. One whose checksum the stack file names is downloaded once.

    Raises StackwardError where it cannot be had, or is not the revision or the checksum that is wanted.
    """
    checksum = app.source.checksum
    known = None if checksum is None else revision_of(checksum, app.source.folder)
    if known is not None and wanted in (None, known) and archive_of(data, app.name, known).exists():
        return Fetched(known, archive_of(data, app.name, known))
    shown = without_credentials(app.source.location)
    request = urllib.request.Request(  # noqa: S310 - the stack file takes http and https alone
        app.source.location, headers={"User-Agent": f"stackward/{__version__}"}
    )
    try:
        with urllib.request.build_opener(_Following(checksum)).open(request, timeout=ANSWER_SECONDS) as answer:
            return taken(data, app, shown, _pieces(answer), wanted)
    except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
        reason = f"{error.code} {error.reason}" if isinstance(error, urllib.error.HTTPError) else error
        raise StackwardError(
            f"App {app.name} cannot be fetched from {shown}: {getattr(reason, 'reason', reason)}. Nothing was deployed."
        ) from error


class _Following(urllib.request.HTTPRedirectHandler):
    """Follows a server that names another address, from HTTPS to HTTPS alone unless the checksum is known."""

    def __init__(self, checksum: str | None) -> None:
        self._checksum = checksum

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Return the request that follows."""
        if self._checksum is None and not newurl.startswith("https:"):
            shown = without_credentials(newurl)
            raise urllib.error.URLError(f"it leads to {shown}, where anybody on the way could replace it")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _pieces(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    """What the server sends. Raises OSError where it ends before it has sent what it announced."""
    while piece := answer.read(_PIECE):
        yield piece
    if answer.length:
        raise OSError(f"it ended {answer.length} bytes too early")


def taken(data: str, app: App, shown: str, pieces: Iterable[bytes], wanted: str | None) -> Fetched:
    """Keep an archive that arrives in pieces. Raises StackwardError as `fetch`."""
    folder = folder_of(data, app.name)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=LEFT_BEHIND[0]) as file:
        digest, size = hashlib.sha256(), 0
        for piece in pieces:
            size += len(piece)
            if size > LARGEST:
                raise StackwardError(f"App {app.name}: {shown} has more than {LARGEST // 1024**3} GiB.")
            digest.update(piece)
            file.write(piece)
        file.flush()
        revision = revision_of(digest.hexdigest(), app.source.folder)
        _expect(app, shown, digest.hexdigest(), revision, wanted)
        target = archive_of(data, app.name, revision)
        if not target.exists():
            try:
                with writing(target) as tar:
                    repack(Path(file.name), tar, app.source.folder)
            except UnfitError as error:
                raise StackwardError(
                    f"App {app.name}: the archive {shown} cannot be deployed: {error}. Nothing was deployed."
                ) from error
    return Fetched(revision, target)


def revision_of(checksum: str, folder: str) -> str:
    """The revision of what is deployed of an archive: its SHA-256; of one folder in it, that with the folder's name."""
    return hashlib.sha256(f"{checksum}/{folder}".encode()).hexdigest() if folder else checksum


def _expect(app: App, shown: str, checksum: str, revision: str, wanted: str | None) -> None:
    known = app.source.checksum
    if known is not None and checksum != known:
        raise StackwardError(
            f"App {app.name}: the archive {shown} has the SHA-256 {checksum}, and the stack file says {known}. "
            "Nothing was deployed."
        )
    if wanted is not None and revision != wanted:
        raise StackwardError(
            f"App {app.name}: revision {wanted[:12]} is not kept on this controller, and {shown} is "
            f"{revision[:12]} now; deploy the app again."
        )
