"""Addresses of instances, as they are written elsewhere."""

from __future__ import annotations

import ipaddress


def in_url(address: str) -> str:
    """Return an address as it stands before a port: an IPv6 address in brackets."""
    try:
        return f"[{address}]" if ipaddress.ip_address(address).version == 6 else address
    except ValueError:
        return address
