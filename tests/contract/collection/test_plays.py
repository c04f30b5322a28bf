from ansible_collections.stackward.ops.plugins.plugin_utils.plays import Following, hosts


def instance(action, recipes=()):
    return {"action": action, "recipes": {"configure": list(recipes)}}


def with_hosts(instances, following, **given):
    found = hosts(instances, {"shop": 1}, [], following, **given)
    return {play: names for play, names in found.items() if names}


def test_a_play_without_work_has_no_host():
    assert hosts({}, {}, [], Following(worked=False)).items() >= {"move": [], "deploy": [], "end": []}.items()


def test_a_play_of_instances_takes_the_controller_along_so_that_the_run_gets_to_its_end():
    found = with_hosts({"web1": instance("start")}, Following(worked=True))
    assert found == {
        "decide": ["localhost"],
        "move": ["web1", "localhost"],
        "close": ["localhost"],
        "claim_configure": ["localhost"],
        "end": ["localhost"],
    }


def test_instances_with_recipes_for_configure_have_a_play_of_their_own():
    claimed = {"web1": instance("configure"), "web2": instance("configure", ["flags"])}
    found = with_hosts(claimed, Following(worked=False))
    assert found["configure"] == ["web1", "localhost"]
    assert found["configure_with_recipes"] == ["web2", "localhost"]


def test_a_batch_that_is_taken_back_is_not_deployed_again():
    claimed = {"web1": instance("deploy"), "web2": instance("deploy")}
    found = with_hosts(claimed, Following(worked=False, take_back=("web2",)))
    assert (found["deploy_at_once"], found["take_back"]) == (["web1"], ["web2"])
