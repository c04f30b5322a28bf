from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackward.errors import ProviderError
from stackward.providers.container import volumes

MOUNTS = st.text("ab/-_. é", min_size=1).map(lambda text: "/" + text.strip("/"))


def test_the_name_says_whose_volume_it_is_and_where():
    assert volumes.name("shop", "db1", "/var/lib/postgresql") == "stackward-shop-db1-var-lib-postgresql"


@given(MOUNTS, MOUNTS)
def test_different_mount_points_have_different_volumes(one, other):
    assert (volumes.name("shop", "db1", one) == volumes.name("shop", "db1", other)) == (one == other)


@given(MOUNTS)
def test_every_name_is_one_that_engines_take(mount):
    assert re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*", volumes.name("shop", "db1", mount))


def test_a_volume_that_is_there_is_used(programs):
    described = '[{"Labels": {"stackward.stack": "shop", "stackward.instance": "db1"}}]'
    engine = programs.engine(f"'volume inspect'*) echo '{described}' ;;")
    assert volumes.ensure(engine, "shop", "db1", "/srv") == "stackward-shop-db1-srv"
    assert len(programs.calls) == 1


def test_a_missing_volume_is_made_with_its_owners_labels(programs):
    engine = programs.engine("'volume inspect'*) echo 'Error: no such volume' >&2; exit 125 ;;")
    volumes.ensure(engine, "shop", "db1", "/srv")
    assert programs.calls[-1] == (
        "podman volume create --label stackward.stack=shop --label stackward.instance=db1 stackward-shop-db1-srv"
    )


def test_a_volume_of_somebody_else_is_not_used(programs):
    engine = programs.engine("""'volume inspect'*) echo '[{"Labels": null}]' ;;""")
    with pytest.raises(ProviderError, match="is there already and is not db1's of the stack shop"):
        volumes.ensure(engine, "shop", "db1", "/srv")


def test_one_volume_is_removed_and_one_that_is_gone_is_no_error(programs):
    engine = programs.engine("'volume rm'*) echo 'Error: no such volume' >&2; exit 125 ;;")
    volumes.remove_one(engine, "shop", "db1", "/srv")
    assert programs.calls[-1] == "podman volume rm stackward-shop-db1-srv"
