"""Layer contexts of one instance that has every built-in layer, for tests."""

from stackward.attributes import Peer, document
from stackward.definition.model import App, Instance, Layer, ProviderChoice, Source, SourceType, Stack
from stackward.layers.context import AppOnInstance, DatabaseAccess, LayerContext
from stackward.layers.scram import verifier
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import State

LAYERS = {
    "lb": Layer("lb", "haproxy", {"healthcheck": "/healthz"}),
    "web": Layer("web", "python_app", {"shared": ["uploads/images"]}),
    "site": Layer("site", "static_web", {"port": 8080}),
    "db": Layer("db", "postgresql", {"parameters": {"max_connections": 50, "ssl": False, "log_line_prefix": "it's"}}),
    "own": Layer("own"),
}
APPS = {
    "storefront": App(
        "storefront", ("web",), Source(SourceType.DIRECTORY, "/x"), database="db", domains=("shop.example.com",), keep=3
    ),
    "brochure": App("brochure", ("site",), Source(SourceType.DIRECTORY, "/x"), domains=("Www.example.com",)),
    "admin": App("admin", ("web",), Source(SourceType.DIRECTORY, "/x")),
}
PASSWORD = "pass/word"
ACCESS = DatabaseAccess(
    "storefront", "db", "storefront", "storefront", PASSWORD, verifier(PASSWORD, b"0123456789abcdef"), "10.0.0.9"
)
PEERS = {
    "all1": Peer("all1", tuple(LAYERS), State.ONLINE, "10.0.0.1"),
    "web2": Peer("web2", ("web",), State.ONLINE, "10.0.0.2"),
    "web3": Peer("web3", ("web",), State.RUNNING_SETUP, "10.0.0.3"),
    "web4": Peer("web4", ("web",), State.REBOOTING, "10.0.0.4"),
    "web5": Peer("web5", ("web",), State.ONLINE, None),
    "site1": Peer("site1", ("site",), State.ONLINE, "fd00::5"),
}


def stack(layers=None, apps=None):
    chosen = LAYERS if layers is None else layers
    return Stack(
        name="shop",
        path="/shop.stack.yml",
        data="/data",
        state="sqlite://",
        digest="0",
        provider=ProviderChoice("static"),
        layers=chosen,
        instances={"all1": Instance("all1", tuple(chosen))},
        apps=APPS if apps is None else apps,
    )


def contexts(event=Event.CONFIGURE, *, of=None, peers=None, release="r1", access=ACCESS, environment=None):
    """The contexts of instance all1: every app deployed, archives only in the deploy event."""
    chosen = of or stack()
    instance = chosen.instances["all1"]
    everyone = PEERS if peers is None else peers
    apps = tuple(
        AppOnInstance(
            app,
            release,
            "abc",
            f"/controller/{app.name}.tar.gz" if event is Event.DEPLOY else None,
            (environment or {}) if app.database else {},
            access if app.database else None,
        )
        for app in chosen.apps.values()
    )
    attributes = document(chosen, everyone, instance, event.value)
    return [
        LayerContext(
            stack=chosen,
            layer=layer,
            instance=instance,
            event=event,
            peers=everyone,
            document=attributes,
            apps=tuple(item for item in apps if layer.name in item.app.layers),
            databases=(access,) if layer.name == "db" and access is not None and access.app in chosen.apps else (),
        )
        for layer in chosen.layers_of(instance)
    ]


def resource(resources, kind, name):
    """The one resource of that kind whose name contains the text."""
    (found,) = [entry for entry in resources if entry.kind == kind and name in entry.name]
    return found


def file_at(resources, path):
    (found,) = [entry for entry in resources if entry.kind == "file" and entry.path == path]
    return found
