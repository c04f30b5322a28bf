"""The form of an app as the frozen model."""

from __future__ import annotations

from collections.abc import Mapping

from stackward.definition.app_form import AppForm
from stackward.definition.deploy_form import DeployForm
from stackward.definition.deploy_values import WITHIN
from stackward.definition.file_form import StackForm
from stackward.definition.layer_compile import in_order
from stackward.definition.model import (
    HOOKS,
    App,
    Batch,
    Deploying,
    Secret,
    Source,
    SourceType,
    Tls,
)
from stackward.definition.places import Places
from stackward.definition.source_form import ArchiveSourceForm, GitSourceForm, S3SourceForm
from stackward.definition.tls_form import GENERATED, TlsForm, is_pem


def app_of(name: str, form: AppForm, stack: StackForm, places: Places) -> App:
    """Return an app of a checked file. Paths in it are absolute then."""
    return App(
        name=name,
        layers=in_order(form.layers, stack),
        source=_source(form, places),
        database=form.database,
        domains=tuple(domain.lower() for domain in form.domains),
        tls=_tls(form.tls, places) if form.tls is not None else None,
        environment=form.environment,
        attributes=form.attributes,
        keep=form.deploy.keep,
        deploy=_deploying(form.deploy, places),
    )


def _deploying(form: DeployForm, places: Places) -> Deploying:
    size = form.batch
    health, within = form.health or (None, WITHIN)
    hooks = {hook: tuple(places.recipe(item) for item in getattr(form.hooks, hook)) for hook in HOOKS}
    return Deploying(
        batch=size if isinstance(size, Batch) else Batch(),
        batches=size if isinstance(size, Mapping) else {},
        health=health,
        within=within,
        migrate=form.migrate,
        hooks={hook: recipes for hook, recipes in hooks.items() if recipes},
    )


def _tls(form: TlsForm, places: Places) -> Tls:
    if form.certificate == GENERATED:
        return Tls(redirect=form.redirect)

    certificate, key, chain = (_pem(part, places) for part in (form.certificate, form.key, form.chain))
    return Tls(certificate, key, chain, form.redirect)


def _pem(value: str | Secret | None, places: Places) -> str | Secret | None:
    return places.path(value) if isinstance(value, str) and not is_pem(value) else value


def _source(form: AppForm, places: Places) -> Source:
    source = form.source
    if isinstance(source, GitSourceForm):
        local = source.url.startswith(("./", "../"))
        return Source(
            SourceType.GIT,
            places.path(source.url) if local else source.url,
            source.revision,
            deploy_key=None if source.deploy_key is None else places.path(source.deploy_key),
            submodules=source.submodules,
        )
    if isinstance(source, ArchiveSourceForm):
        return Source(SourceType.ARCHIVE, source.url, checksum=source.checksum, folder=source.folder or "")
    if isinstance(source, S3SourceForm):
        return Source(
            SourceType.S3,
            source.key,
            checksum=source.checksum,
            folder=source.folder or "",
            bucket=source.bucket,
            version=source.version,
            region=source.region,
            endpoint=source.endpoint,
        )
    return Source(SourceType.DIRECTORY, places.path(source.path))
