from __future__ import annotations

from pathlib import Path

import pytest

from stackward.definition.model import ProviderChoice, Stack
from stackward.errors import ProviderError
from stackward.providers import load
from tests.contract.providers.provider_contract import MOUNT, ProviderContract, Subject

PROJECT = Path(__file__).resolve().parents[3]


def stack(folder: Path) -> Stack:
    return Stack(
        name="shop",
        path=str(PROJECT / "inventory" / "shop.stack.yml"),
        data=str(folder),
        state="sqlite://",
        digest="",
        provider=ProviderChoice("example"),
        layers={},
        instances={},
    )


class TestExampleProvider(ProviderContract):
    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, tmp_path_factory):
        of = stack(tmp_path_factory.mktemp("machines"))

        def connect():
            return load(of.provider, stack=of)

        def place(machine, path):
            if path.startswith(MOUNT):
                return connect().volume(machine.instance, MOUNT) / path.removeprefix(f"{MOUNT}/")
            return connect().disk(machine.id) / path.replace("/", "+")

        def read(machine, path):
            file = place(machine, path)
            return file.read_text() if file.exists() else None

        yield Subject(
            connect,
            of.name,
            "other",
            lambda machine, path, text: place(machine, path).write_text(text),
            read,
            lambda machine: connect().stop(machine.id),
        )
        connect().remove_stack(of.name)


def test_an_option_that_it_does_not_know_is_refused(tmp_path):
    with pytest.raises(ProviderError, match="no option 'size'"):
        load(ProviderChoice("example", {"size": 3}), stack=stack(tmp_path))
