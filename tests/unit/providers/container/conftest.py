from __future__ import annotations

import pytest

from tests.unit.providers.container.programs import Programs


@pytest.fixture
def programs(tmp_path):
    return Programs(tmp_path / "programs")
