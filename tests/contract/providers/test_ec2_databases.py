"""Databases of RDS, from the stack file to the calls and to the apps, against the stand-in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackward.definition.database import Database, DatabaseEngine
from stackward.definition.model import App, Secret, Source, SourceType
from stackward.engine import databases
from stackward.errors import ProviderError, StackwardError
from stackward.providers.ec2 import databases as rds
from tests.contract.providers.ec2_shop import cloud, region, shop
from tests.ec2_stand_in.faults import Fault, How

pytestmark = pytest.mark.aws

__all__ = ["cloud", "region", "shop"]


MAIN = Database(
    "main",
    DatabaseEngine.POSTGRESQL,
    "shop",
    options={"instance_class": "db.t4g.small", "encrypted": True, "multi_az": False, "backup_days": 7},
)


@pytest.fixture
def keeping(shop):
    """The shop with a database of RDS and nothing else."""
    shop.layer("web", load_balancers=())
    shop.stack = replace(shop.stack, databases={"main": MAIN})
    return shop


def test_a_database_is_made_with_a_saved_password_and_waited_for(keeping, cloud):
    problems, done, calls = keeping.converge()
    assert (problems, done, calls) == ((), ["create database main (stackward-shop-main)"], ["CreateDBInstance"])
    made = cloud.databases.databases["stackward-shop-main"]
    assert (made["DBInstanceStatus"], made["Engine"], made["DBName"]) == ("available", "postgres", "shop")
    with keeping.store.transaction("shop") as transaction:
        assert databases.passwords(transaction, "main") == made["password"]
    (known,) = keeping.store.resources("shop")
    assert (known.data["host"], known.data["port"]) == ("stackward-shop-main.rds.test", 5432)
    assert keeping.converge() == ((), [], [])


def test_a_database_is_private_encrypted_and_backed_up_and_each_option_reaches_the_call(keeping, cloud):
    options = {
        **MAIN.options,
        "subnet_group": "shop",
        "security_groups": ["sg-0db"],
        "kms_key": "alias/databases",
        "multi_az": True,
        "backup_days": 14,
    }
    keeping.stack = replace(keeping.stack, databases={"main": replace(MAIN, size=50, version="16", options=options)})
    keeping.converge()
    (given,) = [given for action, given in cloud.log if action == "CreateDBInstance"]
    made = {key: value for key, value in given.items() if key not in ("MasterUserPassword", "Tags")}
    assert made == {
        "DBInstanceIdentifier": "stackward-shop-main",
        "DBName": "shop",
        "Engine": "postgres",
        "EngineVersion": "16",
        "DBInstanceClass": "db.t4g.small",
        "AllocatedStorage": 50,
        "StorageType": "gp3",
        "StorageEncrypted": True,
        "KmsKeyId": "alias/databases",
        "MultiAZ": True,
        "BackupRetentionPeriod": 14,
        "PubliclyAccessible": False,
        "CopyTagsToSnapshot": True,
        "DBSubnetGroupName": "shop",
        "VpcSecurityGroupIds": ["sg-0db"],
        "MasterUsername": "stackward",
    }


def test_an_app_gets_the_login_of_its_database_once_it_is_there(keeping):
    app = App("storefront", ("web",), Source(SourceType.DIRECTORY, "/x"), database="main")
    stack = replace(keeping.stack, apps={"storefront": app})

    def access():
        with keeping.store.transaction("shop") as transaction:
            found = databases.access(transaction, stack, transaction.state, app)
        return databases.opened(stack, app, found, str)

    with pytest.raises(StackwardError, match="The database main of storefront is not there yet"):
        access()
    keeping.converge()
    found = access()
    assert (found.host, found.port, found.user, found.database) == (
        "stackward-shop-main.rds.test", 5432, "stackward", "shop",
    )  # fmt: skip
    assert found.password == keeping.cloud.databases.databases["stackward-shop-main"]["password"]


def test_a_registered_database_is_reached_with_its_own_login_and_asks_nothing_of_aws(keeping, cloud):
    theirs = Database("main", DatabaseEngine.MYSQL, "shop", "db.example.com", None, "anna", Secret("cipher"))
    app = App("storefront", ("web",), Source(SourceType.DIRECTORY, "/x"), database="main")
    keeping.stack = replace(keeping.stack, databases={"main": theirs}, apps={"storefront": app})
    assert keeping.converge() == ((), [], [])
    assert cloud.log == []
    with keeping.store.transaction("shop") as transaction:
        access = databases.access(transaction, keeping.stack, transaction.state, app)
    found = databases.opened(keeping.stack, app, access, lambda ciphertext: f"opened {ciphertext}")
    assert (found.host, found.port, found.user, found.password, found.scheme) == (
        "db.example.com", 3306, "anna", "opened cipher", "mysql",
    )  # fmt: skip


def test_a_run_that_was_killed_while_it_waited_is_gone_on_with_and_makes_no_second_database(
    keeping, cloud, monkeypatch
):
    cloud.databases.lag = 100
    monkeypatch.setattr(rds, "_AVAILABLE", replace(rds._AVAILABLE, attempts=5))
    changes = keeping.look()
    with keeping.store.transaction("shop") as transaction:
        transaction.remember_resource(changes.changes[0].known)
        password = databases.passwords(transaction, "main")
    with pytest.raises(ProviderError, match="was to be available, and is creating"):
        keeping.provider.database("shop", MAIN, password)
    cloud.databases.waits["stackward-shop-main"] = 1
    problems, done, calls = keeping.converge()
    assert (problems, done, calls) == ((), ["wait for database main (stackward-shop-main)"], [])
    assert keeping.converge() == ((), [], [])


def test_a_database_that_somebody_deleted_is_told_and_an_empty_one_made_only_where_that_is_allowed(keeping, cloud):
    keeping.converge()
    for state in ("deleting", "gone"):
        if state == "gone":
            cloud.databases.databases.clear()
        else:
            cloud.databases.databases["stackward-shop-main"]["DBInstanceStatus"] = state
        problems, done, calls = keeping.converge()
        assert (done, calls) == ([], [])
        (problem,) = problems
        assert problem.startswith("The database main (stackward-shop-main) is gone, and what was in it, or")
        assert "stackward converge --allow-destroy" in problem
    assert keeping.converge(allow_destroy=True)[1] == ["create database main (stackward-shop-main)"]
    assert keeping.converge() == ((), [], [])


@pytest.mark.parametrize("state", ["failed", "stopped", "incompatible-restore", "inaccessible-encryption-credentials"])
def test_a_database_that_will_not_be_available_by_itself_is_not_waited_for(keeping, cloud, state):
    cloud.databases.lag = 10_000
    before = len(keeping.pauses)
    original = cloud.databases.DescribeDBInstances

    def described(given):
        found = original(given)
        found["DBInstances"][0]["DBInstanceStatus"] = state
        return found

    cloud.databases.DescribeDBInstances = described
    (problem,) = keeping.converge()[0]
    assert f"and is {state}. Look at it in the console of AWS" in problem
    assert len(keeping.pauses) - before < 5


def test_a_lost_answer_makes_no_second_database_and_one_of_somebody_else_is_left_alone(keeping, cloud):
    cloud.faults.append(Fault("CreateDBInstance", how=How.LOST))
    assert keeping.converge()[0] == ()
    other = replace(MAIN, name="other")
    keeping.stack = replace(keeping.stack, databases={"main": MAIN, "other": other})
    cloud.databases.databases["stackward-shop-other"] = {
        "DBInstanceIdentifier": "stackward-shop-other",
        "DBInstanceStatus": "available",
    }
    problems, _done, _calls = keeping.converge()
    assert "There is a database stackward-shop-other already, and it is not this stack's" in problems[0]


def test_a_database_that_nobody_wants_is_kept_and_goes_with_a_last_snapshot_only_where_that_is_allowed(keeping, cloud):
    keeping.converge()
    keeping.stack = replace(keeping.stack, databases={})
    assert keeping.converge() == ((), [], [])
    assert [item.shown for item in keeping.look().kept] == ["database main (stackward-shop-main)"]
    assert keeping.converge(allow_destroy=True)[1] == ["delete database main (stackward-shop-main)"]
    assert cloud.databases.databases == {}
    assert len(cloud.databases.snapshots) == 1
    assert keeping.store.resources("shop") == ()
    assert keeping.converge(allow_destroy=True) == ((), [], [])


def wanted(keeping, size=20, **options):
    changed = replace(MAIN, size=size, options={**MAIN.options, **options})
    keeping.stack = replace(keeping.stack, databases={"main": changed})


def test_another_class_and_a_larger_disk_are_shown_as_a_diff_and_asked_for_once(keeping, cloud):
    keeping.converge()
    wanted(keeping, 50, instance_class="db.m6g.large")
    (change,) = keeping.look().changes
    assert (change.before, change.after) == (
        ("instance_class db.t4g.small", "size 20G"), ("instance_class db.m6g.large", "size 50G"),
    )  # fmt: skip
    assert change.reason.endswith("at once, which interrupts it for some minutes")
    done = keeping.converge()
    assert done == ((), ["update database main (stackward-shop-main)"], ["ModifyDBInstance"])
    # AWS is at it, and then done with it: neither is asked for again.
    for _ in range(4):
        assert keeping.converge() == ((), [], [])
    made = cloud.databases.databases["stackward-shop-main"]
    assert (made["DBInstanceStatus"], made["DBInstanceClass"], made["AllocatedStorage"]) == (
        "available", "db.m6g.large", 50,
    )  # fmt: skip


def test_a_change_may_wait_for_the_maintenance_window(keeping, cloud):
    keeping.converge()
    wanted(keeping, multi_az=True, apply_immediately=False)
    assert keeping.look().changes[0].reason.endswith("in its next maintenance window")
    assert keeping.converge()[2] == ["ModifyDBInstance"]
    assert keeping.converge() == ((), [], [])
    made = cloud.databases.databases["stackward-shop-main"]
    assert (made["DBInstanceStatus"], made["MultiAZ"]) == ("available", False)


def test_a_change_waits_until_the_database_takes_one(keeping, cloud):
    keeping.converge()
    cloud.databases.databases["stackward-shop-main"]["DBInstanceStatus"] = "backing-up"
    wanted(keeping, multi_az=True)
    look = keeping.look()
    assert (look.empty, look.unenforced) == (
        True, ("the database main is backing-up; multi_az will be changed after that",),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (19, "its disk has 20G and the stack file says 19G; a disk cannot shrink. Write size: 20G, or make a smaller"),
        (21, "its disk has 20G and the stack file says 21G; it grows by a tenth at least. Write size: 22G or more"),
    ],
)
def test_a_disk_that_cannot_be_is_refused_and_the_rest_is_changed(keeping, cloud, size, said):
    keeping.converge()
    wanted(keeping, size, multi_az=True)
    problems, done, calls = keeping.converge()
    assert problems[0].startswith(f"The database main: {said}")
    assert (done, calls) == (["update database main (stackward-shop-main)"], ["ModifyDBInstance"])
    assert cloud.databases.databases["stackward-shop-main"]["AllocatedStorage"] == 20


def test_a_disk_that_grows_by_itself_may_be_larger_than_the_file_says(keeping, cloud):
    keeping.converge()
    cloud.databases.databases["stackward-shop-main"] |= {"AllocatedStorage": 40, "MaxAllocatedStorage": 100}
    assert keeping.converge() == ((), [], [])
