"""Passwords of caches: made once where nobody gave one, decrypted at the moment of use."""

import dataclasses

from stackward.definition.model import Instance, Layer, Secret
from stackward.engine import services
from tests.unit.layers.contexts import stack


class Kept:
    def __init__(self):
        self.secrets = {}

    def secret(self, owner, name, make):
        return self.secrets.setdefault((owner, name), make())


def caches(**settings):
    layers = {"store": Layer("store", "redis", settings), "cache": Layer("cache", "memcached", {"port": 1})}
    instances = {name: Instance(name, (layer,)) for name, layer in (("s1", "store"), ("c1", "cache"), ("c2", "cache"))}
    return dataclasses.replace(stack(layers=layers, apps={}), instances=instances)


def test_a_password_is_made_once():
    kept = Kept()
    first = services.passwords(kept, caches())
    assert services.passwords(kept, caches()) == first
    assert len(first["store"]) >= 32


def test_a_given_password_is_used_and_none_is_made():
    kept = Kept()
    of = caches(password=Secret("$ANSIBLE_VAULT"))
    assert services.passwords(kept, of) == {}
    assert kept.secrets == {}
    assert services.accesses(of, {}, lambda text: f"opened {text}")[0].password == "opened $ANSIBLE_VAULT"


def test_every_instance_of_a_cache_is_named():
    found = services.accesses(caches(password="x"), {}, str)
    assert [(service.layer, service.hosts, service.port) for service in found] == [
        ("store", ("s1",), 6379),
        ("cache", ("c1", "c2"), 1),
    ]


def test_a_password_is_not_shown():
    assert "hunter2" not in repr(services.accesses(caches(password="hunter2"), {}, str))
