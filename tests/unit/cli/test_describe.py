"""What `stackward describe` tells of each kind of thing."""

import pytest


def test_an_instance_with_everything_about_it(stackward, told):
    found = stackward("describe", "web1", "-o", "json").json
    assert (found["kind"], found["name"], found["stack"], found["state"]) == ("instance", "web1", "shop", "online")
    assert found["machine"]["id"] == "machine-web1"
    assert found["attributes"]["custom"] == {"motd": "Shop"}
    assert "deploy" not in found["attributes"]
    assert [command["event"] for command in found["commands"]] == ["setup"]
    assert found["journal"][-1]["text"] == "set up"


def test_a_pending_request_is_told(stackward, told):
    request = stackward("describe", "web2", "-o", "json").json["request"]
    assert (request["desired"], request["initiator"], request["reason"]) == ("online", "user", "Monday morning")
    assert request["at"].endswith("Z")


def test_a_layer_with_its_recipes_and_instances(stackward, told):
    found = stackward("describe", "web", "-o", "json").json
    assert found["kind"] == "layer"
    assert found["recipes"]["setup"] == ["role hardening"]
    assert found["instances"] == {"web1": "online", "web2": "stopped", "web3": "setup_failed", "db1": "stopped"}


def test_an_app_with_its_releases_but_not_its_environment(stackward, told):
    ran = stackward("describe", "storefront", "-o", "json")
    assert ran.json["live"]["revision"] == "0123456789abcdef"
    assert ran.json["instances"]["web1"]["release"] == "20260302T120000Z-0123456789"
    assert ran.json["instances"]["web2"] is None
    assert ran.json["environment"] == {"LANGUAGE": "(set)"}


def test_a_stack_without_the_password_of_its_state(stackward, told, project, monkeypatch):
    found = stackward("describe", "shop", "-o", "json").json
    assert found["file"] == str(project / "inventory" / "shop.stack.yml")
    assert found["provider"] == {"type": "container", "image": "debian-12"}
    assert found["counts"] == {"online": 2, "stopped": 2, "setup_failed": 1}


def test_what_looks_like_a_secret_in_settings_is_hidden(stackward, project):
    file = project / "inventory" / "shop.stack.yml"
    file.write_text(
        file.read_text().replace("uses: haproxy", "uses: haproxy\n    statistics: {user: anna, password: hunter2}")
    )
    ran = stackward("describe", "lb", "-o", "json")
    assert ran.json["settings"]["statistics"] == {"user": "anna", "password": "(hidden)"}
    assert "hunter2" not in ran.out


@pytest.mark.parametrize("name", ["web1", "web2", "web", "storefront", "shop"])
def test_the_text_form_says_the_same_in_80_columns(stackward, told, name):
    ran = stackward("describe", name)
    assert ran.code == 0
    assert f"name: {name}\n" in ran.out


def test_an_unknown_name_is_refused_with_the_one_that_was_meant(stackward, project):
    ran = stackward("describe", "storefrnt")
    assert (ran.code, ran.out) == (1, "")
    assert 'did you mean "storefront"?' in ran.err


def test_a_name_in_several_stacks_needs_the_stack(stackward, project):
    other = (project / "inventory" / "shop.stack.yml").read_text().replace("name: shop", "name: shed")
    (project / "inventory" / "shed.stack.yml").write_text(other)
    ran = stackward("describe", "web1")
    assert (ran.code, "say which with --stack" in ran.err) == (1, True)
    assert stackward("describe", "web1", "--stack", "shed", "-o", "json").json["stack"] == "shed"
