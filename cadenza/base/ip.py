"""An IP address shortened so that it no longer points at one person: /24 for IPv4, /48 for IPv6."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address, ip_network

KEPT_BITS = {4: 24, 6: 48}


@lru_cache(maxsize=10_000)
def truncate(ip: str | None) -> str | None:
    """`203.0.113.77` → `203.0.113.0`; None for what is no address."""
    try:
        address = ip_address((ip or "").strip())
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    return str(ip_network((address, KEPT_BITS[address.version]), strict=False).network_address)
