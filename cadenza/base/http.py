"""The one outgoing HTTP client. It refuses private addresses, follows no redirect and reads no more than asked.

The name is resolved once, every address is checked, and the connection goes to the checked address with
the original host name, so that a name that changes its mind between check and use gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterable
from urllib.parse import urlsplit

import httpx2

from cadenza.base.problem import BadInput, Unavailable

PORTS = frozenset({80, 443})
SECONDS = 10.0
MOST_BYTES = 1 << 20
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
OPEN_IPV6 = ipaddress.IPv6Network("2000::/3")  # all that was ever handed out (RFC 4291); the rest is special


def checked(url: str) -> tuple[str, str, int, str]:
    """Scheme, host, port and the pinned address of a URL that may be called; raises BadInput otherwise."""
    scheme, host, port = _parts(url)
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, ValueError):  # a ValueError is a name that cannot be one
        raise BadInput("The name of this address is not known.", hint="Check how it is spelt.") from None
    if not found or not all(public(address) for address in found):
        raise BadInput("This address leads into a private network.", hint="Use a public address.")
    return scheme, host, port, sorted(found)[0]


def _parts(url: str) -> tuple[str, str, int]:
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        raise BadInput("This is not an address.", hint="Write it like https://shop.example.com.") from None
    plain = url.isprintable() and " " not in url and "\\" not in url and "@" not in parts.netloc
    if not plain or not parts.hostname or parts.scheme not in {"http", "https"} or port not in PORTS:
        raise BadInput("This address cannot be called.", hint="Use a public http or https address.")
    return parts.scheme, parts.hostname, port


def public(address: str) -> bool:
    """Whether an IP address belongs to the open internet, also when it hides inside IPv6."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv4Address):
        return found.is_global and not found.is_multicast
    if found in NAT64:
        return public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
    if found.sixtofour:
        return public(str(found.sixtofour))
    return found in OPEN_IPV6 and found.is_global


def fetch(
    method: str, url: str, *, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    """Call a public address; gives status and at most one megabyte of the answer."""
    scheme, host, port, address = checked(url)
    parts = urlsplit(url)
    target = f"{scheme}://{_bracketed(address)}:{port}{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    usual = (scheme, port) in (("http", 80), ("https", 443))
    told = {
        **(headers or {}),
        "Host": _bracketed(host) if usual else f"{_bracketed(host)}:{port}",
        "Accept-Encoding": "identity",
    }
    try:
        with (
            httpx2.Client(timeout=SECONDS, follow_redirects=False, trust_env=False) as client,
            client.stream(
                method, target, content=body, headers=told, extensions={"sni_hostname": host}
            ) as answer,
        ):
            return answer.status_code, _read(answer.iter_raw())
    except httpx2.InvalidURL:
        raise BadInput("This address cannot be called.", hint="Use a public http or https address.") from None
    except httpx2.HTTPError as error:
        raise Unavailable(f"{host} did not answer: {type(error).__name__}.") from None


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _read(chunks: Iterable[bytes]) -> bytes:
    """The answer as it came (a compressed one could unfold to any size), bounded in size and in time."""
    got, until = b"", time.monotonic() + SECONDS
    for chunk in chunks:
        got += chunk
        if len(got) > MOST_BYTES:
            raise BadInput("The answer is larger than one megabyte.")
        if time.monotonic() > until:
            raise Unavailable("The answer takes too long.")
    return got
