"""Whoever comes from OpsWorks finds each of its words, and what they are told to write is there."""

import re

import pytest

from stackward.lifecycle.events import Event
from stackward.lifecycle.states import State
from tests.unit.docs.documents import CODE, ROOT


def words(text: str) -> list[str]:
    return text.split()


DOCUMENT = ROOT / "docs" / "from-opsworks.md"

OPERATIONS = words("""
CreateStack CloneStack UpdateStack DeleteStack StartStack StopStack DescribeStacks DescribeStackSummary
DescribeStackProvisioningParameters DescribeAgentVersions DescribeOperatingSystems DescribeServiceErrors
CreateLayer UpdateLayer DeleteLayer DescribeLayers GetHostnameSuggestion CreateInstance UpdateInstance
DeleteInstance StartInstance StopInstance RebootInstance DescribeInstances RegisterInstance DeregisterInstance
AssignInstance UnassignInstance GrantAccess CreateApp UpdateApp DeleteApp DescribeApps CreateDeployment
DescribeDeployments DescribeCommands SetLoadBasedAutoScaling DescribeLoadBasedAutoScaling
SetTimeBasedAutoScaling DescribeTimeBasedAutoScaling RegisterVolume DeregisterVolume UpdateVolume AssignVolume
UnassignVolume DescribeVolumes DescribeRaidArrays RegisterElasticIp DeregisterElasticIp UpdateElasticIp
AssociateElasticIp DisassociateElasticIp DescribeElasticIps AttachElasticLoadBalancer
DetachElasticLoadBalancer DescribeElasticLoadBalancers RegisterRdsDbInstance UpdateRdsDbInstance
DeregisterRdsDbInstance DescribeRdsDbInstances RegisterEcsCluster DeregisterEcsCluster DescribeEcsClusters
CreateUserProfile UpdateUserProfile DeleteUserProfile DescribeUserProfiles DescribeMyUserProfile
UpdateMyUserProfile SetPermission DescribePermissions TagResource UntagResource ListTags
""")
"""All of OpsWorks' API (version 2013-02-18)."""

COMMANDS = words("""
update_custom_cookbooks execute_recipes setup configure install_dependencies update_dependencies deploy
undeploy rollback start stop restart
""")
"""What CreateDeployment took as Command."""

LAYERS = words("""
lb db-master monitoring-master memcached rails-app java-app nodejs-app php-app web aws-flow-ruby ecs-cluster
custom
""")
"""The types of layers."""

AGENT = words("""
agent_report instance_report stack_state get_json list_commands show_log run_command
""")
"""What opsworks-agent-cli took."""

HOOKS = ["before_migrate", "before_symlink", "before_restart", "after_restart"]

BAGS = words("""
aws_opsworks_app aws_opsworks_command aws_opsworks_instance aws_opsworks_layer aws_opsworks_stack
aws_opsworks_user aws_opsworks_rds_db_instance aws_opsworks_elastic_load_balancer aws_opsworks_ecs_cluster
""")
"""Chef 12's data bags."""

GONE_STATES = ["assigning", "unassigning"]


@pytest.fixture(scope="module")
def coded() -> set[str]:
    """Every word that stands in code."""
    text = DOCUMENT.read_text(encoding="utf-8")
    return {word for piece in CODE.findall(text) for word in re.findall(r"[\w-]+", piece)}


@pytest.mark.parametrize(
    "said",
    [
        OPERATIONS,
        COMMANDS,
        LAYERS,
        AGENT,
        HOOKS,
        BAGS,
        [*(state.value for state in State), *GONE_STATES],
        [event.value for event in Event],
    ],
    ids=["operations", "commands", "layers", "agent", "hooks", "bags", "states", "events"],
)
def test_each_word_of_opsworks_is_explained(said, coded):
    assert [word for word in said if word not in coded] == []


def test_the_operations_are_all_that_there_were():
    assert len(OPERATIONS) == len(set(OPERATIONS)) == 74
