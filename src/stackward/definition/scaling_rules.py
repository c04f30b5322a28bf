"""A layer's `scaling` as the frozen model, with what is not written filled in."""

from __future__ import annotations

from collections.abc import Mapping

from stackward.definition.load_scaling import DOWN, MEASURED, UP, LoadScaling, Mode, Rule, Target
from stackward.definition.scaling_form import DownForm, LoadForm, MetricsForm, UpForm


def load_scaling(form: LoadForm, instances: int) -> LoadScaling:
    """Return the scaling of a layer with so many instances.

    A direction for which nothing is written, neither a threshold nor an alarm, has OpsWorks' default; with a target it
    has no thresholds of its own.
    """
    up, down = form.up or UpForm(), form.down or DownForm()
    target = form.target
    return LoadScaling(
        up=Rule(_thresholds(up, up.alarms, UP, target), tuple(up.alarms), up.hold, up.add, up.then_wait),
        down=Rule(
            _thresholds(down, down.alarms, DOWN, target), tuple(down.alarms), down.hold, down.remove, down.then_wait
        ),
        target=Target(written(target), target.up_for, target.down_for) if target is not None else None,
        minimum=form.minimum,
        maximum=instances if form.maximum is None else form.maximum,
        mode=Mode(form.policy),
        tolerance=form.tolerance / 100,
        warm_up=form.warm_up,
        reversals=form.reversals.most,
        reversals_within=form.reversals.within,
        metrics=tuple(form.metrics),
    )


def written(form: MetricsForm) -> dict[str, float]:
    """Return the values that are written for metrics, by their names."""
    own = {name: getattr(form, name) for name in MEASURED}
    return {name: value for name, value in (*own.items(), *(form.model_extra or {}).items()) if value is not None}


def _thresholds(form: MetricsForm, alarms: list[str], default: Rule, target: MetricsForm | None) -> Mapping[str, float]:
    found = written(form)
    return found if found or alarms or target is not None else default.thresholds
