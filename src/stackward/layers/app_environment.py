"""The environment variables of an app, and the file in which systemd finds them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from stackward.layers.addresses import in_url
from stackward.layers.context import AppOnInstance, DatabaseAccess, LayerContext, ServiceAccess
from stackward.layers.errors import LayerError

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def variables_of(context: LayerContext, item: AppOnInstance) -> dict[str, str]:
    """Return the app's variables: those of its database and of the stack's caches, and its own, which win."""
    database = _database_variables(context, item.database) if item.database is not None else {}
    return {**_cache_variables(context.services), **database, **item.environment}


def environment_file(variables: Mapping[str, str]) -> str:
    """Return the text of a systemd environment file. Raises LayerError for a name that is none."""
    lines = []
    for name, value in sorted(variables.items()):
        if _VARIABLE.fullmatch(name) is None:
            raise LayerError(f"{name!r} cannot be the name of an environment variable: use letters, digits and '_'.")
        if "\0" in value:
            raise LayerError(f"The value of the environment variable {name} must not hold a NUL character.")
        escaped = re.sub(r'(["\\$`])', r"\\\1", value)
        lines.append(f'{name}="{escaped}"\n')
    return "".join(lines)


def _database_variables(context: LayerContext, access: DatabaseAccess) -> dict[str, str]:
    host = host_of(context, access)
    login = f"{quote(access.user, safe='')}:{quote(access.password, safe='')}"
    return {
        "DATABASE_URL": f"{access.scheme}://{login}@{in_url(host)}:{access.port}/{quote(access.database, safe='')}",
        "DATABASE_HOST": host,
        "DATABASE_PORT": str(access.port),
        "DATABASE_NAME": access.database,
        "DATABASE_USER": access.user,
        "DATABASE_PASSWORD": access.password,
    }


def host_of(context: LayerContext, access: DatabaseAccess) -> str:
    """Return where the database is: its address, or the name of its first instance while nobody knows one."""
    return access.host or _first_of(context, access.layer)


def _cache_variables(services: tuple[ServiceAccess, ...]) -> dict[str, str]:
    """Return where the first Redis and the first memcached layer of the stack are.

    They name every instance of the layer, online or not, so that an app need not restart whenever one comes or goes.
    """
    variables: dict[str, str] = {}
    for service in services:
        if service.uses == "redis" and "REDIS_URL" not in variables and service.hosts:
            host, port, password = service.hosts[0], str(service.port), service.password or ""
            variables |= {
                "REDIS_URL": f"redis://:{quote(password, safe='')}@{host}:{port}/0",
                "REDIS_HOST": host,
                "REDIS_PORT": port,
                "REDIS_PASSWORD": password,
            }
        if service.uses == "memcached" and "MEMCACHED_SERVERS" not in variables:
            variables["MEMCACHED_SERVERS"] = ",".join(f"{host}:{service.port}" for host in service.hosts)
    return variables


def _first_of(context: LayerContext, layer: str) -> str:
    # /etc/hosts knows the address of an instance by its name as soon as it is online.
    return next((name for name, instance in context.stack.instances.items() if layer in instance.layers), "localhost")
