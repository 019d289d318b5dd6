"""The one outgoing HTTP client. It refuses private addresses, follows no redirect and reads no more than asked.

The name is resolved once, every address is checked, and the connection goes to the checked address with
the original host name, so that a name that changes its mind between check and use gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

import httpx2

from cadenza.base.problem import BadInput, Unavailable

PORTS = frozenset({80, 443})
SECONDS = 10.0
MOST_BYTES = 1 << 20


def checked(url: str) -> tuple[str, str, int, str]:
    """Scheme, host, port and the pinned address of a URL that may be called; raises BadInput otherwise."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    if parts.scheme not in {"http", "https"} or not parts.hostname or port not in PORTS or parts.username:
        raise BadInput("This address cannot be called.", hint="Use a public http or https address.")
    try:
        found = {info[4][0] for info in socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)}
    except OSError:
        raise BadInput(f"The name {parts.hostname} is not known.") from None
    for address in found:
        if not public(str(address)):
            raise BadInput("This address leads into a private network.", hint="Use a public address.")
    return parts.scheme, parts.hostname, port, str(sorted(found)[0])


def public(address: str) -> bool:
    """Whether an IP address belongs to the open internet, also when it hides inside IPv6."""
    found = ipaddress.ip_address(address.split("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner:
            return public(str(inner))
        if found in ipaddress.ip_network("64:ff9b::/96"):
            return public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
    return found.is_global and not found.is_multicast


def fetch(
    method: str, url: str, *, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    """Call a public address; gives status and at most one megabyte of the answer."""
    scheme, host, port, address = checked(url)
    parts = urlsplit(url)
    shown = f"[{address}]" if ":" in address else address
    target = f"{scheme}://{shown}:{port}{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    told = {**(headers or {}), "Host": host if port in PORTS else f"{host}:{port}"}
    try:
        with (
            httpx2.Client(timeout=SECONDS, follow_redirects=False, trust_env=False) as client,
            client.stream(
                method, target, content=body, headers=told, extensions={"sni_hostname": host}
            ) as answer,
        ):
            got = b""
            for chunk in answer.iter_bytes():
                got += chunk
                if len(got) > MOST_BYTES:
                    raise BadInput("The answer is larger than one megabyte.")
            return answer.status_code, got
    except httpx2.HTTPError as error:
        raise Unavailable(f"{host} did not answer: {type(error).__name__}.") from None
