"""Pools: instances of a layer that nobody names one by one."""

from __future__ import annotations

import pytest

from stackward.definition.model import InstanceType

from .conftest import Load, Problems

FILE = """\
plugin: stackward.ops.stack
name: shop
provider: {type: container}
layers:
  lb: {}
  web:
    POOL
instances:
  lb1: {layers: [lb]}
"""


def file(pool: str, more: str = "") -> str:
    return FILE.replace("POOL", pool) + more


def test_a_pool_stands_for_its_instances(load_stack: Load):
    stack = load_stack(file("pool: {min: 2, max: 3, warm: 1}"))
    assert list(stack.instances) == ["lb1", "web-1", "web-2", "web-3"]
    assert [(item.type, item.pooled) for item in stack.instances.values()] == [
        (InstanceType.ALWAYS, False),
        *[(InstanceType.LOAD, True)] * 3,
    ]
    layer = stack.layers["web"]
    assert layer.pool is not None
    assert layer.pool.warm == 1
    assert layer.load_scaling is not None
    assert (layer.load_scaling.minimum, layer.load_scaling.maximum) == (2, 3)


def test_names_are_as_the_file_says_and_scaling_beside_it_is_kept(load_stack: Load):
    stack = load_stack(file("pool: {max: 2, hostname: 'shop-{n}-web'}\n    scaling: {load: {target: {cpu: 55}}}"))
    assert [name for name, item in stack.instances.items() if item.pooled] == ["shop-1-web", "shop-2-web"]
    assert stack.layers["web"].load_scaling.target.values == {"cpu": 55}


def test_instances_that_are_named_live_beside_a_pool(load_stack: Load):
    stack = load_stack(file("pool: {max: 2}", "  web1: {layers: [web]}\n"))
    assert [name for name, item in stack.instances.items() if "web" in item.layers] == ["web1", "web-1", "web-2"]
    assert not stack.instances["web1"].pooled
    assert stack.layers["web"].load_scaling.maximum == 3


@pytest.mark.parametrize(
    ("pool", "problem"),
    [
        ("pool: {min: 1}", "7: layers.web.pool.max: is missing"),
        ("pool: {max: 0}", "7: layers.web.pool.max: "),
        ("pool: {min: 4, max: 3}", "7: layers.web.pool.min: 4 is more than max (3); write 3 at most"),
        ("pool: {max: 3, warm: 4}", "7: layers.web.pool.warm: 4 is more than max (3); write 3 at most"),
        ("pool: {max: 3, hostname: web}", '7: layers.web.pool.hostname: "web" is not accepted'),
        (
            "pool: {min: 1, max: 3}\n    scaling: {load: {min: 2}}",
            "8: layers.web.scaling.load.min: the pool has a min already; write it in one place only",
        ),
    ],
)
def test_a_pool_that_cannot_be_is_refused(problems_of: Problems, pool: str, problem: str):
    assert any(said.startswith(problem) for said in problems_of(file(pool))), problems_of(file(pool))


def test_names_of_a_pool_are_no_others(problems_of: Problems):
    text = file("pool: {max: 3}", "  web-2: {layers: [web]}\n")
    assert any("stands for web-2" in said for said in problems_of(text))
