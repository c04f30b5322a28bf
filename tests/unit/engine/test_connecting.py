"""The variables by which Ansible connects to the machine of an instance."""

import pytest

from stackward.definition import loader
from stackward.definition.model import ProviderChoice
from stackward.engine.connecting import to_machine, variables
from stackward.errors import DefinitionError
from stackward.state.records import MachineRecord

MACHINE = MachineRecord("t", 1, {}, "i-0123456789abcdef0", "192.0.2.7")
EC2 = {"region": "eu-central-1", "user": "stackward"}


def test_over_ssh_it_says_only_what_differs_from_root_on_port_22():
    assert variables(ProviderChoice("container"), MACHINE) == {"ansible_host": "192.0.2.7"}
    its = ProviderChoice("static", {"user": "admin", "key": "/k"})
    assert variables(its, MachineRecord("t", 1, {}, "m", "192.0.2.8", 2222)) == {
        "ansible_user": "admin",
        "ansible_become": True,
        "ansible_ssh_private_key_file": "/k",
        "ansible_host": "192.0.2.8",
        "ansible_port": 2222,
    }
    assert variables(ProviderChoice("container"), None) == {}


def test_over_ssh_a_new_machine_means_its_address_and_its_port_whatever_those_were_before():
    assert to_machine(ProviderChoice("container"), MACHINE) == {"ansible_host": "192.0.2.7", "ansible_port": 22}


def test_by_systems_manager_a_new_machine_means_all_that_names_it():
    its = ProviderChoice("ec2", {**EC2, "connection": "ssm", "ssm_bucket": "shop-ansible"})
    assert to_machine(its, MACHINE) == variables(its, MACHINE)


def test_by_systems_manager_it_names_region_bucket_and_the_machine_itself():
    its = ProviderChoice("ec2", {**EC2, "connection": "ssm", "ssm_bucket": "shop-ansible"})
    assert variables(its, MACHINE) == {
        "ansible_connection": "amazon.aws.aws_ssm",
        "ansible_aws_ssm_region": "eu-central-1",
        "ansible_aws_ssm_bucket_name": "shop-ansible",
        "ansible_aws_ssm_timeout": 1800,
        "ansible_aws_ssm_instance_id": "i-0123456789abcdef0",
        "ansible_host": "i-0123456789abcdef0",
        "ansible_user": "ssm-user",
        "ansible_become": True,
    }


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            {"connection": "psrp"},
            {"ansible_connection": "psrp", "ansible_port": 5986, "ansible_psrp_protocol": "https"},
        ),
        (
            {"connection": "winrm", "port": 5985},
            {"ansible_connection": "winrm", "ansible_port": 5985, "ansible_winrm_scheme": "http"},
        ),
    ],
)
def test_windows_is_reached_by_psrp_or_winrm(options, expected):
    its = ProviderChoice("static", {"platform": "windows", "user": "Administrator", **options})
    assert variables(its, MACHINE) == {
        "ansible_shell_type": "powershell",
        "ansible_user": "Administrator",
        "ansible_host": "192.0.2.7",
        **expected,
    }


def stack_of(layer: str):
    text = (
        "plugin: stackward.ops.stack\nname: shop\nprovider: {type: static}\n"
        f"layers:\n  desk: {layer}\n"
        "instances:\n  win1: {layers: [desk], address: 192.0.2.20, platform: windows, user: Administrator}\n"
    )
    return loader.load_text(text, "/project/inventory/shop.stack.yml", environment={})


def test_a_windows_machine_of_the_stack_file_comes_by_psrp_unless_it_says_otherwise():
    its = stack_of("{}").provider_of("win1")
    assert its.windows
    assert variables(its, None)["ansible_connection"] == "psrp"


@pytest.mark.parametrize("layer", ["{uses: static_web}", "{packages: [vim]}", "{cron: {a: {at: '@daily', job: x}}}"])
def test_built_in_parts_are_refused_for_windows_instead_of_left_out(layer):
    with pytest.raises(DefinitionError, match="which is for Linux; on Windows only recipes run"):
        stack_of(layer)
