"""The policy that the controller's role needs, by feature. A test holds it to the calls that are made."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

ACTIONS: Mapping[str, tuple[str, ...]] = {
    "Look": (
        "ec2:DescribeAddresses",
        "ec2:DescribeImages",
        "ec2:DescribeInstanceStatus",
        "ec2:DescribeInstances",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSpotInstanceRequests",
        "ec2:DescribeSubnets",
        "ec2:DescribeVolumes",
    ),
    "Launch": ("ec2:RunInstances", "ec2:CreateVolume", "ec2:AllocateAddress"),
    "TagWhatIsMade": ("ec2:CreateTags",),
    "TagMachinesAgain": ("ec2:CreateTags",),
    "OwnMachines": (
        "ec2:GetConsoleOutput",
        "ec2:RebootInstances",
        "ec2:StartInstances",
        "ec2:StopInstances",
        "ec2:TerminateInstances",
    ),
    "OwnResources": ("ec2:AttachVolume", "ec2:DeleteVolume", "ec2:ModifyVolume", "ec2:ReleaseAddress"),
    "MoveAddresses": ("ec2:AssociateAddress", "ec2:DisassociateAddress"),
    "LoadBalancers": (
        "elasticloadbalancing:DeregisterInstancesFromLoadBalancer",
        "elasticloadbalancing:DeregisterTargets",
        "elasticloadbalancing:DescribeInstanceHealth",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
        "elasticloadbalancing:RegisterInstancesWithLoadBalancer",
        "elasticloadbalancing:RegisterTargets",
    ),
    "Databases": ("rds:CreateDBInstance", "rds:CreateDBSnapshot", "rds:DescribeDBInstances"),
    "TagDatabases": ("rds:AddTagsToResource",),
    "OwnDatabases": ("rds:DeleteDBInstance", "rds:ModifyDBInstance"),
    "MakeSecurityGroups": ("ec2:CreateSecurityGroup",),
    "OwnSecurityGroups": (
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:DeleteSecurityGroup",
        "ec2:RevokeSecurityGroupIngress",
    ),
    "GiveSecurityGroups": ("ec2:ModifyInstanceAttribute",),
    "GivenSecurityGroups": ("ec2:ModifyInstanceAttribute",),
    "ImageByParameter": ("ssm:GetParameter",),
    "RoleOfMachines": ("iam:PassRole",),
    "RolesOfServices": ("iam:CreateServiceLinkedRole",),
    "KeysOfDisks": (
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    ),
    "GrantKeysOfDisks": ("kms:CreateGrant",),
    "BeginSessions": ("ssm:StartSession",),
    "DocumentOfSessions": ("ssm:StartSession",),
    "OwnSessions": ("ssm:TerminateSession", "ssmmessages:OpenDataChannel"),
    "BucketOfSessions": ("s3:ListBucket",),
    "FilesOfSessions": ("s3:DeleteObject", "s3:GetObject", "s3:PutObject"),
    "ReadCode": ("s3:GetObject", "s3:GetObjectVersion"),
    "ReadMeasurements": ("cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData"),
}
"""The API actions of each statement. What none of the calls names is in BY_AWS."""

OF_SESSIONS = frozenset({"BeginSessions", "DocumentOfSessions", "OwnSessions", "BucketOfSessions", "FilesOfSessions"})
"""Statements for calls of the connection plugin for Systems Manager."""

ON_ANY_PROVIDER = frozenset({"ReadCode", "ReadMeasurements"})
"""Statements for calls of other parts than this provider."""

_ASIDE = ("RoleOfMachines", "RolesOfServices", "KeysOfDisks", "GrantKeysOfDisks")

BY_AWS = frozenset(
    {
        *(action for name in _ASIDE for action in ACTIONS[name]),
        "rds:AddTagsToResource",
        "rds:CreateDBSnapshot",
    }
)
"""What AWS checks by itself, where a call has tags, a last snapshot, a role, or a key."""

_TAGGED = {"StringLike": {"aws:ResourceTag/stackward:stack": "*"}}
_MAKING = ["AllocateAddress", "CreateSecurityGroup", "CreateVolume", "RunInstances"]

_LIMITS: Mapping[str, tuple[str | list[str], Mapping[str, object]]] = {
    "TagWhatIsMade": ("*", {"StringEquals": {"ec2:CreateAction": _MAKING}}),
    "TagMachinesAgain": ("arn:aws:ec2:*:*:instance/*", {}),
    "OwnMachines": ("*", _TAGGED),
    "OwnResources": ("*", _TAGGED),
    "OwnDatabases": ("*", _TAGGED),
    "OwnSecurityGroups": ("*", _TAGGED),
    "GiveSecurityGroups": ("arn:aws:ec2:*:*:instance/*", _TAGGED),
    "GivenSecurityGroups": ("arn:aws:ec2:*:*:security-group/*", {}),
    "TagDatabases": (["arn:aws:rds:*:*:db:stackward-*", "arn:aws:rds:*:*:snapshot:stackward-*"], {}),
    "ImageByParameter": ("arn:aws:ssm:*:*:parameter/aws/service/*", {}),
    "RoleOfMachines": ("arn:aws:iam::*:role/NAME", {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}),
    "RolesOfServices": (
        "arn:aws:iam::*:role/aws-service-role/*",
        {"StringEquals": {"iam:AWSServiceName": ["rds.amazonaws.com", "spot.amazonaws.com"]}},
    ),
    "KeysOfDisks": ("arn:aws:kms:*:*:key/ID", {}),
    "BeginSessions": (
        "arn:aws:ec2:*:*:instance/*",
        {"StringLike": {"ssm:resourceTag/stackward:stack": "*"}},
    ),
    "DocumentOfSessions": ("arn:aws:ssm:*:*:document/SSM-SessionManagerRunShell", {}),
    "OwnSessions": ("arn:aws:ssm:*:*:session/${aws:userid}-*", {}),
    "BucketOfSessions": ("arn:aws:s3:::BUCKET-OF-SESSIONS", {}),
    "FilesOfSessions": ("arn:aws:s3:::BUCKET-OF-SESSIONS/i-*", {}),
    "ReadCode": ("arn:aws:s3:::BUCKET/*", {}),
    "GrantKeysOfDisks": ("arn:aws:kms:*:*:key/ID", {"Bool": {"kms:GrantIsForAWSResource": "true"}}),
}


def document() -> dict[str, object]:
    """Return the whole policy as IAM takes it."""
    statements = []
    for name, actions in ACTIONS.items():
        resource, condition = _LIMITS.get(name, ("*", {}))
        statement: dict[str, object] = {
            "Sid": name,
            "Effect": "Allow",
            "Action": list(actions),
            "Resource": resource,
        }
        statements.append({**statement, **({"Condition": condition} if condition else {})})
    return {"Version": "2012-10-17", "Statement": statements}


def rendered() -> str:
    """Return the policy as the documents show it."""
    return json.dumps(document(), indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(rendered())
