"""What Git and SSH say when they fail, in one line that names the reason, with what to do about it."""

from __future__ import annotations

import re

_USUAL = re.compile(
    "|".join(
        (
            "",
            r"fatal: Could not read from remote repository\.",
            r"fatal: clone of .* failed",
            "Please make sure you have the correct access rights",
            r"and the repository exists\.",
            "Cloning into .*",
            "Submodule .* registered for path .*",
            "Failed to clone .*",
            "Warning: Permanently added .*",
            "hint: .*",
            "@+",
            r"Permissions .* are too open\.",
            "It is required that your private key files .*",
            r"This private key will be ignored\.",
            r".* and you have requested strict checking\.",
        )
    )
)
"""Lines that come with every failure, or say the same as another one."""

_LOGIN = re.compile(r"(\w+://)[^/@\s']*@")


def reason(said: str) -> str:
    """Return the line that names the reason, without logins of addresses."""
    lines = [line.strip() for line in _LOGIN.sub(r"\1", said).splitlines()]
    telling = [line for line in lines if not _USUAL.fullmatch(line)]
    named = next((line for line in telling if line.startswith(("fatal: ", "error: "))), telling[-1] if telling else "")
    return re.sub(r"^(fatal|error): ", "", named).rstrip(".") or "the other side ended without a word"


def submodule(said: str) -> str:
    """Return the address of the submodule that could not be cloned, "" where it was none."""
    found = re.search(r"clone of '([^']+)' into submodule path", _LOGIN.sub(r"\1", said))
    return found[1] if found else ""


def remedy(said: str, key: str | None) -> str:
    """Return what to do, "" where the reason says it all. `key` is the deploy key that was used."""
    if "UNPROTECTED PRIVATE KEY FILE" in said:
        return f"Others can read its deploy_key, so SSH does not use it: chmod 600 {key}"
    if "Permission denied (" in said or "Repository not found" in said:
        if key is None:
            return "Give the source a deploy_key, or this machine a login"
        unusable = re.search(r'^Load key "[^"]*": (.+)$', said, re.MULTILINE)
        if unusable is not None:
            return f"SSH cannot use its deploy_key {key}: {unusable[1].strip()}"
        known = f"The public half of its deploy_key {key} has to be known there"
        return f"{known}; it must have no passphrase, or be in an agent"
    if "Host key verification failed" in said:
        return "Its host key is not known here, or another one: connect once with ssh, and compare it"
    if "couldn't find remote ref HEAD" in said:
        return "It has no default branch: name a revision"
    if "terminal prompts disabled" in said or "Authentication failed" in said:
        return "Nobody is asked for a password: use an address by SSH with a deploy_key, or a credential helper of Git"
    return ""
