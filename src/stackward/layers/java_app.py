"""Java applications: a jar that runs by itself, or a web application under Tomcat, as a service for each app."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from stackward.definition.mistake import Mistake, shown
from stackward.definition.model import App, Layer, Stack
from stackward.layers import app_service
from stackward.layers.addresses import in_url
from stackward.layers.app_environment import host_of
from stackward.layers.app_events import AppKind, events_of
from stackward.layers.app_service import ServiceSettings
from stackward.layers.built_in import BuiltInLayer, settings_of
from stackward.layers.command_line import Arguments, for_systemd
from stackward.layers.context import AppOnInstance, LayerContext
from stackward.layers.folders import AppFolders, app_folders
from stackward.layers.rendering import rendered
from stackward.layers.resources import Directory, File, Link, Packages, Resource

Artifact = Annotated[str, Field(pattern=r"^(\.|[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*)$")]

_HOME = "/usr/share/tomcat10"
_TOMCAT = ("tomcat10-common", "libtomcat10-java", "tomcat10-user")
_DRIVERS = {
    "mariadb-java-client.jar": "libmariadb-java",
    "postgresql.jar": "libpostgresql-jdbc-java",
}
"""JDBC drivers of the distribution by their files in /usr/share/java, with their packages."""

_JDBC = {"mysql": "mariadb"}
"""How JDBC calls a kind of database where it does not call it by the scheme of its URLs."""


class JavaAppSettings(ServiceSettings):
    """Settings of a layer of Java application servers."""

    artifact: Artifact = Field(
        default="app.jar",
        description="What runs: a .jar, a .war, or a folder with a web application; `.` for the whole source.",
    )
    java_options: Arguments = Field(default="", description="Options of the Java machine.", examples=["-Xmx512m"])
    arguments: Arguments = Field(default="", description="Arguments of a jar's main class.")

    @model_validator(mode="after")
    def _arguments_are_for_a_jar(self) -> JavaAppSettings:
        if self.arguments and _under_tomcat(self):
            raise Mistake(
                f"has arguments, and Tomcat, which runs the artifact {shown(self.artifact)}, hands none on",
                "remove arguments, or name a .jar",
            )
        return self


def port_of(stack: Stack, app: App, layer: Layer) -> int:
    """Return the port on which the app answers."""
    return app_service.port_of(stack, app, settings_of(layer, JavaAppSettings))


def _under_tomcat(settings: JavaAppSettings) -> bool:
    return not settings.artifact.endswith(".jar")


def _setup(context: LayerContext) -> tuple[Resource, ...]:
    tomcat = _under_tomcat(settings_of(context.layer, JavaAppSettings))
    return (
        # Minimal images leave the folder out, and Java's package cannot be installed without it.
        Directory(name="folder of manuals", path="/usr/share/man/man1"),
        Packages(name="Java", packages=("default-jre-headless", *_DRIVERS.values())),
        *((Packages(name="Tomcat", packages=_TOMCAT),) if tomcat else ()),
        app_service.environment_folder(),
    )


def _unit_files(context: LayerContext, item: AppOnInstance) -> list[Resource]:
    settings = settings_of(context.layer, JavaAppSettings)
    folders = app_folders(item.app)
    port = port_of(context.stack, item.app, context.layer)
    tomcat = _under_tomcat(settings)
    unit = rendered(
        "java_app.service.j2",
        app=item.app.name,
        port=port,
        folders=folders,
        environment_file=app_service.environment_path(item.app),
        home=_HOME if tomcat else "",
        command="" if tomcat else _jar_command(settings, folders),
    )
    options = {"JAVA_OPTS": settings.java_options} if tomcat and settings.java_options else {}
    return [
        *(_tomcat_base(item, folders, settings, port) if tomcat else ()),
        app_service.environment(context, item, {**options, **_jdbc(context, item)}),
        app_service.service_file(item.app, unit),
    ]


def _jar_command(settings: JavaAppSettings, folders: AppFolders) -> str:
    words = f"{settings.java_options} -jar {folders.current}/{settings.artifact} {settings.arguments}"
    return for_systemd(words)


def _jdbc(context: LayerContext, item: AppOnInstance) -> dict[str, str]:
    """Return where the app's database is in the words of JDBC; user and password have variables of their own."""
    access = item.database
    if access is None:
        return {}
    kind = _JDBC.get(access.scheme, access.scheme)
    return {"JDBC_DATABASE_URL": f"jdbc:{kind}://{in_url(host_of(context, access))}:{access.port}/{access.database}"}


def _tomcat_base(item: AppOnInstance, folders: AppFolders, settings: JavaAppSettings, port: int) -> list[Resource]:
    name = item.app.name
    base = f"{folders.root}/tomcat"
    artifact = folders.current if settings.artifact == "." else f"{folders.current}/{settings.artifact}"
    server = rendered("tomcat_server.xml.j2", port=port, artifact=artifact)
    again = app_service.restart(item.app)
    return [
        *(
            Directory(
                name=f"{name}: Tomcat's {path or 'folder'}", path=f"{base}/{path}".rstrip("/"), group=name, mode="0750"
            )
            for path in ("", "conf", "lib")
        ),
        *(
            Directory(name=f"{name}: Tomcat's {path}", path=f"{base}/{path}", owner=name, group=name, mode="0750")
            for path in ("logs", "temp", "webapps", "work")
        ),
        File(
            name=f"{name}: Tomcat's server",
            path=f"{base}/conf/server.xml",
            content=server,
            group=name,
            mode="0640",
            notify=again,
        ),
        *(
            Link(name=f"{name}: Tomcat's {file}", path=f"{base}/conf/{file}", target=f"{_HOME}/skel/conf/{file}")
            for file in ("catalina.properties", "web.xml")
        ),
        *(
            Link(name=f"{name}: {file}", path=f"{base}/lib/{file}", target=f"/usr/share/java/{file}", notify=again)
            for file in _DRIVERS
        ),
    ]


JAVA_APP = BuiltInLayer(
    name="java_app",
    settings=JavaAppSettings,
    runs_apps=True,
    listeners=app_service.listeners,
    mentions=app_service.mentions,
    variables=frozenset({"PORT", "SERVER_PORT", "CATALINA_HOME", "CATALINA_BASE"}),
    only_setup=frozenset({"artifact"}),
    events=events_of(AppKind(settings=JavaAppSettings, setup=_setup, unit_files=_unit_files)),
)
