"""A stand-in of EC2 for each test, and one instance of a stack on it."""

from __future__ import annotations

import pytest

from tests.contract.providers.ec2_slot import Slot
from tests.ec2_stand_in.cloud import Cloud
from tests.ec2_stand_in.connecting import connected
from tests.ec2_stand_in.server import standing_in


@pytest.fixture
def cloud():
    return Cloud()


@pytest.fixture
def slot(cloud, tmp_path):
    with standing_in(cloud):
        yield Slot(cloud, str(tmp_path), connected())
