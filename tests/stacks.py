"""A small stack as a model, for tests that need one without a file."""

from stackward.definition.model import App, Instance, Layer, ProviderChoice, Source, SourceType, Stack


def small_stack(
    instances=None, *, path="/project/inventory/shop.stack.yml", data="/project/var/shop", apps=True, **changes
):
    """A load balancer, two application servers and a database, all in layers of the user's own."""
    chosen = instances or {"lb1": ("lb",), "web1": ("web",), "web2": ("web",), "db1": ("db",)}
    layers = {name: Layer(name=name) for name in ("lb", "web", "db")}
    app = App(name="storefront", layers=("web",), source=Source(SourceType.DIRECTORY, "/nowhere"), database="db")
    given = {
        "name": "shop",
        "path": path,
        "data": data,
        "state": "sqlite://",
        "digest": "0" * 64,
        "provider": ProviderChoice("simulated"),
        "layers": layers,
        "instances": {name: Instance(name=name, layers=its) for name, its in chosen.items()},
        "apps": {"storefront": app} if apps else {},
    }
    return Stack(**{**given, **changes})
