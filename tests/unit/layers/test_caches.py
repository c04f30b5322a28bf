import dataclasses

import pytest

from stackward.definition.model import Layer
from stackward.layers import compile_event
from stackward.layers.app_environment import variables_of
from stackward.layers.context import ServiceAccess
from stackward.layers.errors import LayerError
from stackward.lifecycle.events import Event
from tests.unit.layers.contexts import LAYERS, contexts, file_at, resource, stack

REDIS = ServiceAccess("store", "redis", ("store1", "store2"), 6379, "pass/word")
MEMCACHED = ServiceAccess("cache", "memcached", ("cache1", "cache2"), 11211)


def compiled(event=Event.CONFIGURE, services=(REDIS, MEMCACHED), **settings):
    layers = {
        **LAYERS,
        "store": Layer("store", "redis", settings.get("redis", {})),
        "cache": Layer("cache", "memcached", settings.get("memcached", {})),
    }
    given = contexts(event, of=stack(layers=layers))
    return compile_event([dataclasses.replace(context, services=services) for context in given])


def variables(*services, environment=None):
    (context,) = [context for context in contexts(environment=environment) if context.layer.name == "web"]
    return variables_of(dataclasses.replace(context, services=services), context.apps[0])


def test_redis_wants_a_password_that_nothing_else_shows():
    file = file_at(compiled(), "/etc/redis/redis.conf")
    assert 'requirepass "pass/word"\n' in file.content
    assert (file.owner, file.mode, file.secret) == ("redis", "0640", True)
    assert [entry.name for entry in compiled(Event.SETUP) if "pass/word" in repr(entry)] == ["Redis' configuration"]


def test_redis_takes_its_settings():
    text = file_at(
        compiled(redis={"memory": "64mb", "eviction": "allkeys-lru", "append_only": True}), "/etc/redis/redis.conf"
    ).content
    assert "maxmemory 64mb\n" in text
    assert "maxmemory-policy allkeys-lru\n" in text
    assert "appendonly yes\n" in text
    assert "maxmemory " not in file_at(compiled(), "/etc/redis/redis.conf").content


@pytest.mark.parametrize("event", [Event.SETUP, Event.CONFIGURE])
def test_redis_has_its_data_in_the_log_of_writes_before_it_is_started_with_one(event):
    names = [entry.name for entry in compiled(event, redis={"append_only": True})]
    assert names.index("Redis begins its log of writes") < names.index("Redis' configuration")
    assert "Redis begins its log of writes" not in [entry.name for entry in compiled(event)]


def test_a_password_is_quoted_as_redis_reads_it():
    service = dataclasses.replace(REDIS, password='a"b\\c')
    assert 'requirepass "a\\"b\\\\c"\n' in file_at(compiled(services=(service,)), "/etc/redis/redis.conf").content


@pytest.mark.parametrize("services", [(), (dataclasses.replace(REDIS, password="two\nlines"),)])
def test_without_a_usable_password_there_is_no_redis(services):
    with pytest.raises(LayerError, match="password"):
        compiled(services=services)


def test_redis_stops_before_its_machine_does():
    assert resource(compiled(Event.SHUTDOWN), "run", "Redis").command == ("systemctl", "stop", "redis-server.service")


def test_memcached_takes_its_settings():
    file = file_at(compiled(memcached={"memory": 128, "port": 11311, "connections": 9}), "/etc/memcached.conf")
    assert file.content.splitlines()[1:6] == ["-u memcache", "-p 11311", "-U 0", "-m 128", "-c 9"]
    assert file.notify == ("restart:memcached.service",)


def test_apps_find_the_first_redis_and_every_memcached():
    found = variables(REDIS, dataclasses.replace(REDIS, layer="other", hosts=("other1",)), MEMCACHED)
    assert found["REDIS_URL"] == "redis://:pass%2Fword@store1:6379/0"
    assert found["REDIS_PASSWORD"] == "pass/word"
    assert found["MEMCACHED_SERVERS"] == "cache1:11211,cache2:11211"


def test_without_caches_an_app_knows_of_none():
    assert not [name for name in variables() if name.startswith(("REDIS", "MEMCACHED"))]


def test_ones_own_variables_win():
    assert variables(REDIS, environment={"REDIS_URL": "redis://elsewhere"})["REDIS_URL"] == "redis://elsewhere"
