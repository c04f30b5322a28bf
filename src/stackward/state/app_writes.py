"""Writes to what belongs to apps: releases, deployments, generated secrets."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Text, bindparam, delete, insert, select

from stackward.state.records import AppRelease, Deployment
from stackward.state.tables import deployments, releases, secrets
from stackward.state.writing import NAMED, OF, StackWrites

_APP = bindparam("wanted_app", type_=Text)
_SET_RELEASE = insert(releases)
_DROP_RELEASE = delete(releases).where(releases.c.stack == OF, releases.c.instance == NAMED, releases.c.app == _APP)
_SET_DEPLOYMENT = insert(deployments)
_DROP_DEPLOYMENT = delete(deployments).where(deployments.c.stack == OF, deployments.c.app == _APP)
_SECRET = select(secrets.c.value).where(
    secrets.c.stack == OF, secrets.c.app == _APP, secrets.c.name == bindparam("wanted_name")
)
_KEEP_SECRET = insert(secrets)


class AppWrites(StackWrites):
    """What may be written about apps."""

    def set_release(self, instance: str, epoch: int, release: AppRelease) -> None:
        """The release is live on the instance. Raises StaleEpochError if another run has claimed it since."""
        self._held_row(instance, epoch)
        self._change(_DROP_RELEASE, named=instance, wanted_app=release.app)
        self._insert(
            _SET_RELEASE,
            instance=instance,
            app=release.app,
            release=release.release,
            revision=release.revision,
            digest=release.digest or None,
            port=release.port,
            hooks=release.hooks,
        )

    def drop_release(self, instance: str, epoch: int, app: str) -> None:
        """The app is not on the instance any more. Raises StaleEpochError if another run has claimed it since."""
        self._held_row(instance, epoch)
        self._change(_DROP_RELEASE, named=instance, wanted_app=app)

    def set_deployment(self, deployment: Deployment) -> None:
        """What is, or is being put, live of an app in the whole stack."""
        self._change(_DROP_DEPLOYMENT, wanted_app=deployment.app)
        self._insert(
            _SET_DEPLOYMENT,
            app=deployment.app,
            release=deployment.release,
            revision=deployment.revision,
            at=deployment.at,
            running=deployment.running,
        )

    def drop_deployment(self, app: str) -> None:
        """Nothing of the app is live."""
        self._change(_DROP_DEPLOYMENT, wanted_app=app)

    def secret(self, app: str, name: str, make: Callable[[], str]) -> str:
        """The app's secret of that name, made when it is first asked for and the same ever after."""
        known: str | None = self._find(_SECRET, wanted_app=app, wanted_name=name).scalar_one_or_none()
        if known is not None:
            return known
        value = make()
        self._insert(_KEEP_SECRET, app=app, name=name, value=value)
        return value
