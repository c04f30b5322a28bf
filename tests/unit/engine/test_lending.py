"""A built-in layer as a role: the instance's own layer if it has such a one, else one that is lent to it."""

import datetime as dt
from types import SimpleNamespace

import pytest

from stackward.engine import lending
from stackward.errors import StackwardError
from tests.unit.layers.contexts import stack


@pytest.fixture
def looked(monkeypatch):
    """What lending asks to be compiled: the widened stack, and which of its layers."""
    calls = []

    def look(store, widened, name, event, arguments, *, decrypt, now, only):
        calls.append(SimpleNamespace(stack=widened, instance=widened.instances[name], only=only))

    monkeypatch.setattr(lending, "look", look)
    return calls


def lend(uses, of=None, **settings):
    now = lambda: dt.datetime.now(dt.UTC)  # noqa: E731
    return lending.lend(None, of or stack(), "all1", uses, settings, "setup", decrypt=str, now=now)


def test_the_instances_own_layer_is_meant_with_the_settings_given(looked):
    lend("haproxy", healthcheck="/other")
    (call,) = looked
    assert call.only == "lb"
    assert call.stack.layers["lb"].settings == {"healthcheck": "/other"}
    assert call.instance.layers == stack().instances["all1"].layers
    assert call.stack.apps == stack().apps


def test_a_layer_that_the_instance_has_not_is_lent_and_runs_its_apps(looked):
    lend("memcached", memory=5)
    (call,) = looked
    assert call.only == "memcached"
    assert call.instance.layers[0] == "memcached"
    assert next(iter(call.stack.layers)) == "memcached"
    assert all("memcached" in app.layers for app in call.stack.apps.values())


def test_a_redis_that_is_lent_needs_a_password_that_somebody_keeps(looked):
    with pytest.raises(StackwardError, match="no password is kept"):
        lend("redis")
    lend("redis", password="x")
    assert looked[0].only == "redis"
