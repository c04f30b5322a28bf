"""Whether the parts of an app's `tls` belong together, exist, and have a load balancer to use them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackward.definition import raw
from stackward.definition.built_in import BuiltInLayers
from stackward.definition.mistake import Finding, Mistake, on_a_line
from stackward.definition.places import Places
from stackward.definition.tls_form import GENERATED, is_pem


def findings(data: Any, places: Places, built_in: BuiltInLayers) -> Iterator[Finding]:
    """Every wrong `tls` of the file's apps, whatever shape the data has."""
    for app in raw.mapping(data, "apps"):
        tls = raw.mapping(data, "apps", app, "tls")
        if not tls:
            continue
        for path, mistake in _parts(tls, places):
            yield ("apps", app, "tls", *path), mistake
        if not _balanced(data, built_in):
            yield (
                ("apps", app, "tls"),
                Mistake("nothing of this stack speaks HTTPS", "add a layer with uses: haproxy, or take tls out"),
            )


def _parts(tls: Any, places: Places) -> Iterator[Finding]:
    generated = tls.get("certificate") == GENERATED
    for part in ("key", "chain"):
        if generated and tls.get(part) is not None:
            yield (part,), Mistake("does not belong to a generated certificate", "take it out, or name a certificate")
    if tls.get("certificate") is not None and not generated and tls.get("key") is None:
        yield (
            (),
            Mistake("the certificate has no key", "write key: with the path of its key, or a !vault value"),
        )
    for part in ("certificate", "key", "chain"):
        name = raw.text(tls, part)
        if not name or generated or is_pem(name) or "\0" in name or "\n" in name.strip():
            continue
        if not places.has_file(name):
            yield (
                (part,),
                Mistake(
                    f"there is no file {on_a_line(places.path(name))}", f"write a path relative to {places.folder}"
                ),
            )


def _balanced(data: Any, built_in: BuiltInLayers) -> bool:
    """Whether a layer balances. One of the user's own may do so, and one whose `uses` is itself wrong."""
    kinds = [raw.text(data, "layers", layer, "uses") for layer in raw.mapping(data, "layers")]
    return any(uses is None or uses not in built_in or built_in[uses].balances for uses in kinds)
