"""How the values of an app's `source` are read: each function takes what YAML gives and returns it or a Mistake."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from stackward.definition import raw
from stackward.definition.mistake import Finding, Mistake, described, shown
from stackward.definition.values import quoted

CHECKSUM = r"sha256:[0-9a-f]{64}"
BUCKET = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
_FOLDER = r"[^/\\\x00-\x1f][^\\\x00-\x1f]*"


def git_url(value: Any) -> str:
    """Where a Git repository is; without a login, which everybody could read in the list of processes."""
    right = "write the address of a Git repository, such as https://git.example.com/storefront.git"
    if not isinstance(value, str):
        raise Mistake(f"is {described(value)}", right)
    if not re.fullmatch(r"[^\s\x00-\x1f-][^\s\x00-\x1f]*", value):
        raise Mistake(f"{shown(value)} is not the address of a Git repository", right)
    try:
        parts = urlsplit(value if "://" in value else "")
    except ValueError:
        raise Mistake(f"{shown(value)} is not the address of a Git repository", right) from None
    # Over HTTP a token is often written as the user.
    if parts.password is not None or (parts.scheme in ("http", "https") and parts.username is not None):
        raise Mistake(
            f"this address holds a {'login' if parts.password is None else 'password'}, which everybody on this "
            "machine could read",
            "take it out and let Git on the controller log in (credential helper or SSH key)",
        )
    return value


def revision(value: Any) -> str:
    """Return a branch, tag or commit."""
    right = "write a branch, a tag or a commit, such as v1.4.2"
    if not isinstance(value, str):
        raise Mistake(f"is {described(value)}", quoted(value, right))
    if not re.fullmatch(r"[^\s\x00-\x1f~^:?*\[\\-][^\s\x00-\x1f~^:?*\[\\]*", value) or ".." in value:
        raise Mistake(f"{shown(value)} is not the name of a branch, tag or commit", right)
    return value


def archive_url(value: Any) -> str:
    """Return the address of an archive; without a password, which everybody could read on the hosts."""
    return _address(value, "write the address of an archive, such as https://example.com/storefront-1.4.2.tar.gz")


def endpoint(value: Any) -> str:
    """Return the address of a service that speaks S3."""
    return _address(value, "write the address of a service, such as https://s3.example.com")


def _address(value: Any, right: str) -> str:
    if not isinstance(value, str):
        raise Mistake(f"is {described(value)}", right)
    try:
        parts = urlsplit(value)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        known = False
    if not known or re.search(r"[\s\x00-\x1f]", value):
        raise Mistake(f"{shown(value)} is no address over HTTP or HTTPS", right)
    if parts.password is not None or parts.username is not None:
        raise Mistake("this address holds a login, which every host could read", "take it out")
    return value


def checksum(value: Any) -> str:
    """Return a SHA-256 without its prefix."""
    if not isinstance(value, str) or not re.fullmatch(CHECKSUM, value, re.ASCII):
        raise Mistake(f"{shown(value)} is no checksum", "write sha256: and 64 digits, as sha256sum prints them")
    return value.partition(":")[2]


def folder(value: Any) -> str:
    """Return the path of a folder in an archive."""
    if not isinstance(value, str) or not re.fullmatch(_FOLDER, value) or ".." in value.split("/"):
        raise Mistake(f"{shown(value)} is no folder in an archive", "write a path such as storefront-1.4.2")
    return value


def bucket(value: Any) -> str:
    """Return the name of a bucket."""
    if not isinstance(value, str) or not re.fullmatch(BUCKET, value, re.ASCII):
        raise Mistake(f"{shown(value)} is no name of a bucket", "write 3 to 63 small letters, digits, dots and hyphens")
    return value


def word(value: Any) -> str:
    """Return a text of one line."""
    if not isinstance(value, str) or not value.strip() or re.search(r"[\x00-\x1f]", value):
        raise Mistake(f"is {described(value)}", "write a text of one line")
    return value


def findings(data: Any) -> Iterator[Finding]:
    """Archives that anybody on the way could replace."""
    for app in raw.mapping(data, "apps"):
        source = raw.mapping(data, "apps", app, "source")
        url = raw.text(source, "url") or ""
        if source.get("type") == "archive" and url.startswith("http://") and source.get("checksum") is None:
            yield (
                ("apps", app, "source", "url"),
                Mistake("anybody on the way could replace this archive", "add its checksum, or use https"),
            )
