"""What holds for any set of peers."""

import random

from hypothesis import given
from hypothesis import strategies as st

from stackward.attributes import Peer
from stackward.layers import compile_event
from stackward.layers.resources import to_data
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import MEMBERS, State
from tests.unit.layers.contexts import LAYERS, contexts, file_at, stack

NAMES = st.from_regex(r"[a-z][a-z0-9]{0,7}", fullmatch=True)
ADDRESSES = st.one_of(st.none(), st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(str))


@st.composite
def fleets(draw):
    names = draw(st.sets(NAMES, max_size=12))
    return {
        name: Peer(
            name,
            tuple(sorted(draw(st.sets(st.sampled_from(sorted(LAYERS)), max_size=3)))),
            draw(st.sampled_from(State)),
            draw(ADDRESSES),
        )
        for name in sorted(names)
    }


def shuffled(mapping, seed):
    items = list(mapping.items())
    random.Random(seed).shuffle(items)
    return dict(items)


@given(fleets())
def test_the_balancers_members_are_exactly_the_online_instances_of_the_apps_layers(peers):
    content = file_at(compile_event(contexts(peers=peers)), "/etc/haproxy/haproxy.cfg").content
    for app in stack().apps.values():
        section = content.split(f"\nbackend {app.name}\n")[1].split("\n\n")[0]
        servers = [line.split()[1] for line in section.splitlines() if line.strip().startswith("server ")]
        assert servers == sorted(
            peer.name
            for peer in peers.values()
            if peer.state in MEMBERS and peer.address is not None and set(peer.layers) & set(app.layers)
        )


@given(fleets())
def test_the_databases_clients_are_exactly_the_online_instances_of_the_apps_layers(peers):
    content = file_at(compile_event(contexts(peers=peers)), "/etc/stackward/postgresql/pg_hba.conf").content
    admitted = [line.rpartition("# ")[2] for line in content.splitlines() if line.startswith("host ")]
    assert admitted == sorted(
        peer.name
        for peer in peers.values()
        if peer.state in MEMBERS and peer.address is not None and "web" in peer.layers
    )


@given(fleets(), st.sampled_from(Event), st.integers())
def test_the_order_of_mappings_does_not_matter(peers, event, seed):
    plain = compile_event(contexts(event, peers=peers, environment={"A": "1", "B": "2"}))
    mixed = compile_event(contexts(event, peers=shuffled(peers, seed), environment={"B": "2", "A": "1"}))
    assert to_data(plain) == to_data(mixed)


@given(fleets(), st.sampled_from(Event))
def test_every_path_has_one_meaning(peers, event):
    resources = compile_event(contexts(event, peers=peers))
    files = [entry.path for entry in resources if entry.kind == "file"]
    assert len(files) == len(set(files))
