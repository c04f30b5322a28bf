# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible_collections.stackward.ops.plugins.plugin_utils import own_connection

from stackward.definition.model import ProviderChoice

SSM = ProviderChoice("ec2", {"region": "eu-central-1", "user": "stackward", "connection": "ssm", "ssm_bucket": "b"})


class NoErrorOfAnsibleError(Exception):
    """As that of botocore, which the connection plugin passes on."""


class Action:
    """An action with a connection of its own."""

    def __init__(self, error=None):
        self._connection = self
        self.error = error
        self.resets = 0

    def reset(self):
        self.resets += 1
        if self.error is not None:
            raise self.error

    def _low_level_execute_command(self, cmd):
        assert cmd
        return {"rc": 0, "stdout": "another-boot 17\r\n"}


def test_it_is_asked_in_a_session_of_after_the_boot():
    action = Action()
    assert own_connection._asked(action, SSM) == "another-boot 17"
    assert action.resets == 1


@pytest.mark.parametrize("error", [AnsibleConnectionFailure("lost"), NoErrorOfAnsibleError("TargetNotConnected")])
def test_a_machine_that_cannot_be_reached_now_says_nothing_whatever_its_connection_raises(error):
    assert own_connection._asked(Action(error), SSM) == ""
