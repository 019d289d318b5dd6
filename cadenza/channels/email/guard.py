"""Keeps what people wrote from becoming headers: every value is cleaned, every address checked, the result re-read.

A value may hide line breaks inside an encoded word (`=?utf-8?q?Hi=0D=0ABcc:_x?=`) that some reader decodes later, so
encoded words are decoded before cleaning, and whatever still looks like one is encoded again as plain text.
"""

from __future__ import annotations

import binascii
import quopri
import re
from functools import lru_cache

import idna

from cadenza.base.problem import BadInput

UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+"
)
ENCODED_WORD = re.compile(r"=\?([^?\s]+)\?([bBqQ])\?([^?]*)\?=(?:\s+(?==\?))?")
LAYERS = 4  # an honest value has one layer at most
LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\u0080-\U0010ffff-]{1,64}")
HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
LONGEST_LINE = 998


def guard(value: str) -> str:
    """The text that may stand in a header: one line, no controls, no encoded word left to decode."""
    text = value
    for _ in range(LAYERS):
        decoded = ENCODED_WORD.sub(_decoded, text) if "=?" in text else text
        if decoded == text:
            break
        text = decoded
    else:
        text = text.replace("=?", "= ?")
    return " ".join(UNSAFE.sub(" ", text).split(" ")).strip()


def _decoded(word: re.Match[str]) -> str:
    charset, kind, body = word[1].split("*")[0], word[2].lower(), word[3]
    try:
        raw = binascii.a2b_base64(body) if kind == "b" else quopri.decodestring(body.encode(), header=True)
        return raw.decode(charset, "replace")
    except (ValueError, LookupError):
        return word[0].replace("=?", "= ?")


@lru_cache(maxsize=65536)
def mailbox(address: str, at: str = "to") -> str:
    """An address as SMTP wants it: the domain in ASCII (punycode). A local part beyond ASCII stays as it is."""
    local, _, domain = address.rpartition("@")
    if not LOCAL.fullmatch(local) or local.startswith(".") or local.endswith(".") or ".." in local:
        raise BadInput("This is not an e-mail address.", at=at, hint="Write it like name@example.com.")
    return f"{local}@{ascii_domain(domain, at)}"


@lru_cache(maxsize=8192)
def ascii_domain(domain: str, at: str = "domain") -> str:
    """`bücher.example` → `xn--bcher-kva.example`; raises BadInput for what is no domain."""
    try:
        plain = idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        plain = domain.lower() if re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", domain) else ""
    if not plain or len(plain) > 253:
        raise BadInput("This is not a domain.", at=at, hint="Write it like example.com.")
    return plain


def reread(head: bytes, expected: tuple[str, ...]) -> None:
    """Reads the finished header block as a receiver does; raises where it is not exactly the headers meant."""
    breaks = head.count(b"\r\n")
    if head.count(b"\n") != breaks or head.count(b"\r") != breaks or b"\0" in head:
        raise BadInput("A header holds a bare line break.", at="headers", hint="Remove control characters.")
    names = []
    for line in head.split(b"\r\n"):
        if len(line) > LONGEST_LINE:
            raise BadInput(
                "A header line is too long.", at="headers", hint="Shorten the subject or the names."
            )
        if not line.startswith((b" ", b"\t")):
            names.append(line.partition(b":")[0].decode("ascii", "replace"))
        elif not line.strip():
            raise BadInput("A header continues with an empty line.", at="headers", hint="Remove the spaces.")
    if tuple(names) != expected:
        raise BadInput(
            "The headers are not those that were meant.", at="headers", hint="Remove line breaks from names."
        )
