"""What holds for the batches of every deploy."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from stackward.definition.model import Batch, Deploying, Instance, Layer
from stackward.rollout.batches import batches, size
from tests.stacks import small_stack

sizes = st.one_of(
    st.builds(Batch, count=st.integers(1, 12)), st.builds(Batch, share=st.sampled_from([0.01, 0.25, 0.3, 0.5, 1.0]))
)


@st.composite
def deploys(draw):
    layers = draw(st.lists(st.sampled_from(["web", "admin", "worker"]), min_size=1, unique=True))
    count = draw(st.integers(0, 30))
    instances = {}
    for number in range(count):
        its = draw(st.lists(st.sampled_from(layers), min_size=1, unique=True))
        instances[f"host{number}"] = Instance(f"host{number}", tuple(its))
    own = draw(st.dictionaries(st.sampled_from(layers), sizes))
    migrate = draw(st.sampled_from([None, "./migrate"]))
    stack = small_stack()
    app = replace(
        stack.apps["storefront"],
        layers=tuple(layers),
        deploy=Deploying(batch=draw(sizes), batches=own, migrate=migrate),
    )
    stack = replace(stack, layers={name: Layer(name) for name in layers}, instances=instances)
    return stack, app, tuple(instances)


@given(deploys())
def test_every_instance_is_in_one_batch_and_no_batch_is_empty(deploy):
    stack, app, names = deploy
    found = batches(stack, app, names)
    assert sorted(name for batch in found for name in batch) == sorted(names)
    assert all(found)


@given(deploys())
def test_no_batch_takes_more_of_a_layer_than_its_size(deploy):
    stack, app, names = deploy
    by_layer = {
        layer: [name for name in names if next(x for x in app.layers if x in stack.instances[name].layers) == layer]
        for layer in app.layers
    }
    for batch in batches(stack, app, names):
        for layer, its in by_layer.items():
            assert len(set(batch) & set(its)) <= size(app.deploy.batches.get(layer, app.deploy.batch), len(its))


@given(deploys())
def test_within_a_layer_instances_go_in_the_order_of_the_file(deploy):
    stack, app, names = deploy
    went = [name for batch in batches(stack, app, names) for name in batch]
    for layer in app.layers:
        its = [name for name in names if next(x for x in app.layers if x in stack.instances[name].layers) == layer]
        assert [name for name in went if name in its] == its


@given(deploys())
def test_a_migration_has_the_first_instance_for_itself(deploy):
    stack, app, names = deploy
    found = batches(stack, app, names)
    if app.deploy.migrate and names:
        assert found[0] == names[:1]


@given(st.integers(1, 1000), sizes)
def test_at_least_one_goes_and_a_part_never_means_more_than_it_says(count, batch):
    step = size(batch, count)
    assert step >= 1
    assert batch.count is not None or step == 1 or step <= count * batch.share + 1e-6


def test_unless_told_otherwise_a_quarter_goes_at_a_time():
    assert [size(Batch(), count) for count in (1, 2, 4, 7, 8, 12)] == [1, 1, 1, 1, 2, 3]
