"""The policy, held to what botocore knows of the services that it names."""

from __future__ import annotations

import botocore.session
import pytest

from stackward.definition.database import identifier
from stackward.providers.ec2 import policy

SERVICES = {"elasticloadbalancing": ("elb", "elbv2")}
NO_OPERATIONS = {
    "iam:PassRole",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "s3:GetObjectVersion",
    "s3:ListBucket",
    "ssmmessages:OpenDataChannel",
}
"""Permissions that no call is named after."""

EVERYTHING = {action for actions in policy.ACTIONS.values() for action in actions}


@pytest.fixture(scope="module")
def operations():
    session = botocore.session.get_session()
    services = {action.partition(":")[0] for action in EVERYTHING - NO_OPERATIONS}
    models = {name: [session.get_service_model(item) for item in SERVICES.get(name, (name,))] for name in services}
    return {f"{name}:{each}" for name, its in models.items() for model in its for each in model.operation_names}


def test_every_action_is_one_of_the_service(operations):
    assert EVERYTHING - operations == NO_OPERATIONS


def test_nothing_that_changes_or_ends_what_is_there_is_allowed_on_everything():
    """What only makes something, or moves an address or a member, has no tag of ours to go by."""
    unlimited = {
        action
        for statement in policy.document()["Statement"]
        if statement["Resource"] == "*" and "Condition" not in statement
        for action in statement["Action"]
    }
    words = ("Delete", "Terminate", "Stop", "Reboot", "Release", "Modify", "Tags", "Revoke", "Authorize")
    assert {action for action in unlimited if any(word in action for word in words)} == set()


def test_databases_are_tagged_under_the_names_that_they_are_made_with():
    (tagging,) = [item for item in policy.document()["Statement"] if item["Sid"] == "TagDatabases"]
    assert all(resource.endswith(":stackward-*") for resource in tagging["Resource"])
    assert identifier("shop", "main").startswith("stackward-")


def test_a_session_can_only_be_had_with_a_machine_of_a_stack_and_ended_by_whom_it_is():
    said = {item["Sid"]: item for item in policy.document()["Statement"]}
    assert said["BeginSessions"]["Condition"] == {"StringLike": {"ssm:resourceTag/stackward:stack": "*"}}
    assert "${aws:userid}" in said["OwnSessions"]["Resource"]
