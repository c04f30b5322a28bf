"""What the forms say of users, packages, services and system settings, as the frozen model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from stackward.definition.baseline import Baseline, CronJob, Limit, LogRotation, Person
from stackward.definition.baseline_form import UserForm

if TYPE_CHECKING:
    from stackward.definition.layer_form import LayerForm


def people(forms: Mapping[str, UserForm]) -> dict[str, Person]:
    """Return the people of the stack, or of one layer."""
    return {
        name: Person(
            name=name,
            ssh_keys=tuple(dict.fromkeys(form.ssh_keys)),
            sudo=form.sudo,
            uid=form.uid,
            shell=form.shell,
            groups=tuple(sorted(set(form.groups))),
            comment=form.comment,
        )
        for name, form in forms.items()
    }


def baseline(form: LayerForm) -> Baseline:
    """Return what the instances of a layer have without a recipe."""
    return Baseline(
        people=people(form.users),
        packages=tuple(form.packages),
        update_at_boot=form.updates == "at_boot",
        services=form.services,
        cron=tuple(
            CronJob(name, item.at, item.job, item.user, item.hosts == "one") for name, item in form.cron.items()
        ),
        time_servers=form.ntp,
        sysctl={key.replace("/", "."): value for key, value in form.sysctl.items()},
        limits=tuple(
            Limit(domain, item, soft, hard)
            for domain, items in form.limits.items()
            for item, (soft, hard) in items.items()
        ),
        logrotate=tuple(
            LogRotation(
                name, item.path, item.every, item.keep, item.largest, compress=item.compress, afterwards=item.afterwards
            )
            for name, item in form.logrotate.items()
        ),
    )
