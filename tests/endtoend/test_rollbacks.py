"""A rollback brings back what was served before, whatever kind of app it is."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.endtoend.project import Project, project

pytestmark = [pytest.mark.containers, pytest.mark.endtoend]

PAGES = {
    "brochure": ("index.html", "{version}"),
    "guestbook": ("index.php", "<?php echo '{version}';"),
    "shouts": (
        "server.js",
        "require('http').createServer((_, answer) => answer.end('{version}')).listen(process.env.PORT)",
    ),
}
SERVER = """\
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;

public class Server {
    public static void main(String[] words) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(Integer.parseInt(System.getenv("PORT"))), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write("{version}".getBytes());
            exchange.close();
        });
        server.start();
    }
}
"""
LAYERS = {
    "site": {"uses": "static_web", "port": 8080},
    "php": {"uses": "php_app", "port": 8100, "extensions": []},
    "node": {"uses": "node_app", "port": 8200, "npm": False, "healthcheck_within": 8},
    "jar": {"uses": "java_app", "port": 8300, "artifact": "server.jar", "java_options": "-Xmx64m"},
    "war": {"uses": "java_app", "port": 8400, "artifact": "pages.war", "java_options": "-Xmx128m"},
}
APPS = (*PAGES, "counter", "catalogue")


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with project(tmp_path_factory.mktemp("rollbacks"), "rollbacks") as made:
        write(made, "one")
        apps = {
            name: {"layers": [layer], "source": {"type": "directory", "path": str(made.folder / name)}}
            for name, layer in zip(APPS, LAYERS, strict=True)
        }
        made.write({"layers": LAYERS, "instances": {"host1": {"layers": list(LAYERS)}}, "apps": apps})
        made.play("start")
        yield made


def write(shop: Project, version: str) -> None:
    for name, (file, text) in PAGES.items():
        (shop.folder / name).mkdir(exist_ok=True)
        (shop.folder / name / file).write_text(text.replace("{version}", version))
    _jar(shop.folder, SERVER.replace("{version}", version))
    (shop.folder / "catalogue").mkdir(exist_ok=True)
    with zipfile.ZipFile(shop.folder / "catalogue" / "pages.war", "w") as war:
        war.writestr("index.jsp", version)


def _jar(folder: Path, source: str) -> None:
    """Compile a program for the oldest Java of the hosts, and pack it."""
    compiler = shutil.which("javac")
    assert compiler is not None, "this test needs javac: bootstrap/system-packages tests"
    (folder / "counter").mkdir(exist_ok=True)
    (folder / "java").mkdir(exist_ok=True)
    (folder / "java" / "Server.java").write_text(source)
    command = [compiler, "--release", "11", "-d", "classes", "Server.java"]
    subprocess.run(command, cwd=folder / "java", check=True)
    with zipfile.ZipFile(folder / "counter" / "server.jar", "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\nMain-Class: Server\n")
        for compiled in (folder / "java" / "classes").iterdir():
            jar.write(compiled, compiled.name)


def served(shop: Project, app: str) -> str:
    address = shop.state().instances["host1"].machine.address
    port = LAYERS[dict(zip(APPS, LAYERS, strict=True))[app]]["port"]
    place = APPS.index(app) if app != "brochure" else 0
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "20", f"http://{address}:{port + place}/"],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize("app", APPS)
def test_the_release_before_is_served_again(shop, app):
    write(shop, "one")
    assert served(shop, app) == "one"
    first = {item.app: item.release for item in shop.state().instances["host1"].apps}[app]
    write(shop, "two")
    shop.play("deploy", app=app)
    assert served(shop, app) == "two"
    shop.play("rollback", app=app)
    assert served(shop, app) == "one"
    assert {item.app: item.release for item in shop.state().instances["host1"].apps}[app] == first
    past = shop.store().rollouts("rollbacks", app=app)
    assert [(item.kind, item.status.value) for item in past[:2]] == [
        ("rollback", "successful"),
        ("deploy", "successful"),
    ]


def test_a_release_that_does_not_answer_is_taken_back_where_no_load_balancer_takes_part(shop):
    before = {item.app: item.release for item in shop.state().instances["host1"].apps}
    (shop.folder / "shouts" / "server.js").write_text("process.exit(3)\n")
    printed = shop.play("deploy", app="shouts", succeeds=False)
    assert "host1 serves what it served before" in printed
    assert served(shop, "shouts") == "one"
    assert {item.app: item.release for item in shop.state().instances["host1"].apps} == before
    past = shop.store().rollouts("rollbacks", app="shouts")
    assert past[0].status.value == "failed"
    assert "answer" in past[0].failure
    assert past[0].results["host1"].failure.endswith("the release before is back")
