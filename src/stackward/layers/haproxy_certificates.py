"""The certificates with which a load balancer speaks HTTPS: those of apps, and those that it makes for itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stackward.definition.model import App
from stackward.layers.context import LayerContext
from stackward.layers.rendering import rendered
from stackward.layers.resources import Directory, File, Packages, Resource, Run

FOLDER = "/etc/haproxy/certificates"
LIST = f"{FOLDER}/list"
"""Names the certificates to HAProxy, which reads no more than 64 words of a line of its configuration."""

_CHECK = "/usr/local/lib/stackward/certificate-check"
_MAKE = "/usr/local/lib/stackward/certificate-make"
_RELOAD = ("reload:haproxy.service",)


@dataclass(frozen=True, slots=True)
class Redirect:
    """Whose plain requests are led to HTTPS: those for these domains, or with `all_but` those for all others.

    `port` follows the host in the address: nothing, or a colon and a number.
    """

    port: str
    domains: tuple[str, ...]
    all_but: bool = False


def path_of(app: App) -> str:
    """Return where the load balancer has the app's certificate, with its chain and its key."""
    return f"{FOLDER}/{app.name}.pem"


def certificate_files(context: LayerContext, apps: Iterable[App]) -> tuple[Resource, ...]:
    """Return what must be there before a configuration may name the certificates of these apps."""
    encrypted = [app for app in apps if app.tls is not None]
    if not encrypted:
        return ()
    return (
        Packages(name="OpenSSL", packages=("openssl",)),
        Directory(name="Stackward's programs", path="/usr/local/lib/stackward"),
        File(name="check of certificates", path=_CHECK, content=rendered("certificate_check.sh.j2"), mode="0755"),
        File(name="maker of certificates", path=_MAKE, content=rendered("certificate_make.sh.j2"), mode="0755"),
        Directory(name="certificates", path=FOLDER, mode="0700"),
        *(_certificate(context, app) for app in encrypted),
        File(
            name="list of certificates",
            path=LIST,
            content="".join(f"{path_of(app)}\n" for app in encrypted),
            mode="0600",
            notify=_RELOAD,
        ),
    )


def _certificate(context: LayerContext, app: App) -> Resource:
    given = context.certificates.get(app.name)
    if given is None:
        names = app.domains or (app.name,)
        return Run(
            name=f"{app.name}: generated certificate",
            command=(_MAKE, path_of(app), *names),
            unless=(_MAKE, "--check", path_of(app), *names),
            notify=_RELOAD,
        )
    return File(
        # What the check says is hidden, so the name says what is checked.
        name=f"{app.name}: certificate that HAProxy takes, with the key that belongs to it",
        path=path_of(app),
        content=given,
        mode="0600",
        validate=(_CHECK, "%s"),
        secret=True,
        notify=_RELOAD,
    )


def redirect(apps: tuple[App, ...], https_port: int) -> Redirect | None:
    """Return which of these apps' plain requests are led to HTTPS. The first app answers what no domain names."""
    led = [app for app in apps if app.tls is not None and app.tls.redirect]
    port = "" if https_port == 443 else f":{https_port}"
    if apps and apps[0] in led:
        return Redirect(port, _domains(app for app in apps if app not in led), all_but=True)
    domains = _domains(led)
    return Redirect(port, domains) if domains else None


def _domains(apps: Iterable[App]) -> tuple[str, ...]:
    return tuple(domain.lower() for app in apps for domain in app.domains)
