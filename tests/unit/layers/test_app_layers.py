"""The layers that run each app as a service: what they share, and what is their own."""

import dataclasses
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from stackward.definition.model import Check, CheckType, Deploying, Layer
from stackward.layers import app_port, compile_event, compile_health
from stackward.layers.built_in import settings_of
from stackward.layers.command_line import for_systemd
from stackward.layers.errors import LayerError
from stackward.layers.java_app import JavaAppSettings
from stackward.layers.node_app import NodeAppSettings
from stackward.lifecycle.events import Event
from tests.unit.layers.contexts import ACCESS, APPS, LAYERS, PEERS, contexts, file_at, resource, stack

KINDS = ("python_app", "node_app", "php_app", "java_app")
UNIT = "/etc/systemd/system/storefront.service"


def compiled(uses, event=Event.DEPLOY, access=ACCESS, environment=None, **settings):
    of = stack(layers={**LAYERS, "web": Layer("web", uses, settings)})
    return compile_event(contexts(event, of=of, access=access, environment=environment))


@pytest.mark.parametrize("uses", KINDS)
def test_a_deploy_switches_only_after_everything_is_in_place(uses):
    names = [entry.name for entry in compiled(uses) if entry.name.startswith("storefront: ")]
    order = ["account", "release", "environment", "service", "current release", "service runs", "answers"]
    places = [names.index(f"storefront: {name}") for name in order]
    assert places == sorted(places)
    assert names.index("storefront: old releases") > places[-1]


@pytest.mark.parametrize("uses", KINDS)
def test_an_answer_has_to_come_from_the_unit_of_the_app_or_from_the_web_server_of_its_layer(uses):
    front = "nginx.service" if uses == "php_app" else ""
    (layers_own,) = (each for each in compiled(uses) if each.name == "storefront: answers")
    assert (layers_own.unit, layers_own.front) == ("storefront.service", front)
    of = stack(layers={**LAYERS, "web": Layer("web", uses)})
    check = Deploying(health=Check(CheckType.HTTP, port=8000, path="/"))
    apps = [dataclasses.replace(app, deploy=check) for app in APPS.values() if app.name == "storefront"]
    found = contexts(Event.DEPLOY, of=dataclasses.replace(of, apps={app.name: app for app in apps}))
    (apps_own,) = compile_health(found)
    assert (apps_own.unit, apps_own.front) == ("storefront.service", front)


@pytest.mark.parametrize("uses", KINDS)
def test_only_the_environment_file_holds_secrets_and_only_the_app_can_read_it(uses):
    resources = compiled(uses, environment={"KEY": "a-very-secret-value"})
    holding = [entry for entry in resources if "a-very-secret-value" in repr(entry) or ACCESS.password in repr(entry)]
    assert [entry.name for entry in holding] == ["storefront: environment"]
    assert (holding[0].mode, holding[0].group, holding[0].secret) == ("0640", "storefront", True)


@pytest.mark.parametrize("uses", KINDS)
def test_apps_run_under_an_account_of_their_own_from_an_environment_file(uses):
    unit = file_at(compiled(uses), UNIT).content
    assert "User=storefront\n" in unit
    assert "EnvironmentFile=/etc/stackward/apps/storefront.env\n" in unit
    assert "NoNewPrivileges=true\n" in unit


@pytest.mark.parametrize("uses", KINDS)
def test_a_configure_leaves_an_app_alone_that_waits_for_a_deploy_of_its_settings(uses):
    of = stack(layers={**LAYERS, "web": Layer("web", uses)})
    found = contexts(Event.CONFIGURE, of=of)
    waiting = [
        dataclasses.replace(
            context,
            apps=tuple(dataclasses.replace(item, settled=item.app.name != "storefront") for item in context.apps),
        )
        for context in found
    ]

    def names(resources, app):
        return [entry.name.partition(": ")[2] for entry in resources if entry.name.startswith(f"{app}: ")]

    assert {"environment", "service"} <= set(names(compile_event(found), "storefront"))
    left = compile_event(waiting)
    assert all(entry.kind == "service" and entry.running for entry in left if entry.name.startswith("storefront: "))
    assert "service runs" in names(left, "storefront")
    assert {"environment", "service"} <= set(names(left, "admin"))
    assert any("PHP sites" in entry.name for entry in compile_event(found)) is (uses == "php_app")
    assert not any("PHP sites" in entry.name for entry in left)


@pytest.mark.parametrize("uses", KINDS)
def test_undeploy_leaves_nothing_but_the_account(uses):
    gone = [entry.path for entry in compiled(uses, Event.UNDEPLOY) if entry.kind == "absent"]
    assert {UNIT, "/etc/stackward/apps/storefront.env", "/srv/storefront"} <= set(gone)


@pytest.mark.parametrize("uses", KINDS)
def test_each_app_has_a_port_of_its_own(uses):
    of = stack(layers={"web": Layer("web", uses, {"ports": {"admin": 9000}})})
    assert [app_port(of, of.apps[name], of.layers["web"]) for name in ("storefront", "admin")] == [8000, 9000]


@pytest.mark.parametrize("uses", KINDS)
def test_an_app_cannot_take_over_a_name_of_the_system(uses):
    app = dataclasses.replace(APPS["admin"], name="mysql")
    of = stack(layers={"web": Layer("web", uses)}, apps={"mysql": app})
    with pytest.raises(LayerError, match="mysql"):
        compile_event(contexts(Event.DEPLOY, of=of))


def test_node_installs_what_the_release_asks_for_as_the_app_itself():
    run = resource(compiled("node_app"), "run", "storefront: dependencies by npm")
    assert run.user == "storefront"
    assert run.creates == "/srv/storefront/releases/r1/node_modules/.stackward"
    assert resource(compiled("node_app", Event.SETUP), "packages", "Node.js").packages == ("nodejs", "npm")


def test_node_does_without_npm_where_one_says_so():
    assert not [entry for entry in compiled("node_app", npm=False) if "npm" in entry.name]
    assert resource(compiled("node_app", npm=False), "packages", "Node.js").packages == ("nodejs",)


def test_the_command_of_a_node_app_is_run_with_the_programs_of_its_dependencies():
    unit = file_at(compiled("node_app", command="next start --title 'My shop'"), UNIT).content
    assert 'ExecStart=/usr/bin/env "next" "start" "--title" "My shop"\n' in unit
    assert "PATH=/srv/storefront/current/node_modules/.bin:" in unit
    assert "PORT=8000" in unit


def test_a_php_app_is_served_from_its_document_root_by_its_own_fpm():
    resources = compiled("php_app", document_root="public")
    sites = file_at(resources, "/etc/nginx/conf.d/stackward-php.conf").content
    assert "listen 8000;\n    root /srv/storefront/current/public;\n" in sites
    assert "fastcgi_pass unix:/run/stackward-storefront/php.sock;" in sites
    assert "listen 8002;" in sites


def test_a_deploy_of_one_php_app_leaves_the_port_of_another_that_was_deployed_elsewhere():
    of = stack(layers={**LAYERS, "web": Layer("web", "php_app", {"port": 7000})})
    peers = {**PEERS, "all1": dataclasses.replace(PEERS["all1"], ports={"storefront": 8000, "admin": 8002})}
    found = [
        dataclasses.replace(context, apps=tuple(item for item in context.apps if item.app.name != "admin"))
        for context in contexts(Event.DEPLOY, of=of, peers=peers)
    ]
    sites = file_at(compile_event(found), "/etc/nginx/conf.d/stackward-php.conf").content
    assert "listen 7000;" in sites
    assert "listen 8002;" in sites


def test_a_php_release_drops_no_request():
    assert resource(compiled("php_app"), "link", "storefront: current release").notify == ("reload:storefront.service",)


def test_php_takes_its_settings():
    resources = compiled("php_app", ini={"memory_limit": "64M", "display_errors": False}, workers=1, extensions=["gd"])
    pool = file_at(resources, "/etc/stackward/apps/storefront.fpm.conf").content
    assert 'php_admin_value[memory_limit] = "64M"\n' in pool
    assert "php_admin_value[display_errors] = 0\n" in pool
    assert "pm.max_children = 1\npm.start_servers = 1\n" in pool
    assert resource(resources, "packages", "PHP").packages == ("php-fpm", "php-gd")


def test_a_setting_of_php_cannot_begin_another_line():
    with pytest.raises(LayerError, match=r"ini\.x: is not one line"):
        compiled("php_app", ini={"x": "a\n[other]"})


def test_paths_that_are_no_file_are_for_the_front_controller_or_not_there():
    path = "/etc/nginx/conf.d/stackward-php.conf"
    assert "try_files $uri $uri/ /index.php?$query_string;" in file_at(compiled("php_app"), path).content
    assert "try_files $uri $uri/ =404;" in file_at(compiled("php_app", front_controller=False), path).content


def test_a_jar_runs_by_itself():
    resources = compiled("java_app", artifact="build/shop.jar", java_options="-Xmx64m", arguments="--mode 'a b'")
    unit = file_at(resources, UNIT).content
    assert 'ExecStart=/usr/bin/java "-Xmx64m" "-jar" "/srv/storefront/current/build/shop.jar" "--mode" "a b"\n' in unit
    assert not [entry for entry in resources if "Tomcat" in entry.name]


@pytest.mark.parametrize(
    ("artifact", "place"), [("shop.war", "/srv/storefront/current/shop.war"), (".", "/srv/storefront/current")]
)
def test_anything_else_runs_under_a_tomcat_of_its_own(artifact, place):
    resources = compiled("java_app", artifact=artifact, java_options="-Xmx64m")
    server = file_at(resources, "/srv/storefront/tomcat/conf/server.xml").content
    assert f'docBase="{place}"' in server
    assert '<Connector port="8000"' in server
    assert "catalina.sh run" in file_at(resources, UNIT).content
    assert 'JAVA_OPTS="-Xmx64m"\n' in file_at(resources, "/etc/stackward/apps/storefront.env").content


@pytest.mark.parametrize(("scheme", "url"), [("postgresql", "jdbc:postgresql"), ("mysql", "jdbc:mariadb")])
def test_java_finds_its_database_in_the_words_of_jdbc(scheme, url):
    resources = compiled("java_app", access=dataclasses.replace(ACCESS, scheme=scheme))
    text = file_at(resources, "/etc/stackward/apps/storefront.env").content
    assert f'JDBC_DATABASE_URL="{url}://10.0.0.9:5432/storefront"\n' in text


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        (NodeAppSettings, {"command": "node 'x"}),
        (NodeAppSettings, {"command": " "}),
        (NodeAppSettings, {"command": "node x\nExecStartPre=/bin/evil"}),
        (JavaAppSettings, {"artifact": "../x.jar"}),
        (JavaAppSettings, {"java_options": '-Da="b'}),
    ],
)
def test_what_would_break_a_unit_is_refused(model, settings):
    with pytest.raises(ValidationError):
        model.model_validate(settings)
    with pytest.raises(LayerError, match="layer 'web'"):
        settings_of(Layer("web", "x", settings), model)


@given(st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc"))), min_size=1))
def test_systemd_reads_the_words_of_a_command_as_they_are(words):
    written = for_systemd(shlex.join(words))
    read, rest = [], written
    while rest:
        assert rest.startswith('"')
        word, position = "", 1
        while rest[position] != '"':
            if rest[position] == "\\":
                position += 1
            elif rest[position] in "%$":
                assert rest[position] == rest[position + 1]
                position += 1
            word += rest[position]
            position += 1
        read.append(word)
        rest = rest[position + 1 :].removeprefix(" ")
    assert read == words
