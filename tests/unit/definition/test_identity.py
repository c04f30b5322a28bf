"""Whose a stack file is, whatever else of it is wrong."""

import pytest

from stackward.definition.identity import Identity, identity
from stackward.definition.places import Places

SHOP = Identity("shop", "sqlite:////project/var/shop/state.db")
OTHER = Identity("shop", "sqlite:////project/x.db")


@pytest.mark.parametrize(
    ("text", "its"),
    [
        ("name: shop\nlayers: 3", SHOP),
        ("layers: {web: [}\nname: 'shop'  # ours", SHOP),
        ("name: shop\nstate: sqlite:///../x.db\ncolour: red", OTHER),
        ("\tname: other\nname: shop\nstate: sqlite:///../x.db", OTHER),
        ("name: shop\ndata: /data\n- x", Identity("shop", "sqlite:////data/state.db")),
        ("name: Shop", None),
        ("state: sqlite:///x.db", None),
        ("name: shop\nstate: here", None),
        ("name: shop\nname: shops", None),
        ("name: 'shop\nlayers: {}", None),
        ("name: shop\n---\nname: shops", None),
        ("{name: shop", None),
        ("", None),
    ],
)
def test_name_and_state_are_read_alone(text, its):
    assert identity(text, Places("/project/inventory"), None) == its


def test_an_address_that_wins_over_the_file_is_the_state():
    assert identity("name: shop", Places("/project/inventory"), "sqlite:////x.db") == Identity(
        "shop", "sqlite:////x.db"
    )
