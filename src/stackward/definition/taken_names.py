"""Names that an app must not have, as its account and its units would take their place."""

from __future__ import annotations

TAKEN = frozenset(
    {
        *("root", "daemon", "bin", "sys", "sync", "games", "man", "lp", "mail", "news", "uucp", "proxy", "www-data"),
        *("backup", "list", "irc", "gnats", "nobody", "messagebus", "sshd", "ssh", "postgres", "postgresql", "haproxy"),
        *(
            "mysql",
            "mariadb",
            "redis",
            "redis-server",
            "memcache",
            "memcached",
            "prometheus",
            "prometheus-node-exporter",
        ),
        *("nginx", "cron", "chrony", "dbus", "networking", "rsyslog", "rescue", "emergency", "stackward-agent"),
    }
)
"""Accounts and units that Debian, or another built-in layer, has already."""


def is_taken(name: str) -> bool:
    """Whether the system has an account or a unit of that name for itself."""
    return name in TAKEN or name.startswith("systemd-")
