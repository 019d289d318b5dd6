"""What a careless or malicious client sends: hostile values, hostile events around them, and bodies that are broken."""

from __future__ import annotations

import gzip
import json
from functools import cache
from typing import Any

from hypothesis import strategies as st

TEXTS = (
    "", " ", "\x00", "a\x00b", "\ud800", "\udfff\ud800", "😀" * 400, "é" * 400, "x" * 5000, "\u202e\u200b",
    "\r\n\r\n", "'; --", "{{7*7}}",
    "<script>",
    "../../etc/passwd", "=cmd|' /C calc'!A0", "NaN", "1e309", "0x10", "+371 20000000", "@", "a@b", "ann@example.com",
    "2026-02-30", "2026-05-01T09:59:58.000Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59",
    "-1", "１２３", "true",
)  # fmt: skip
NUMBERS = (0, -1, 1, 2**31, 2**53, 2**63, 2**64, 10**40, 10**400, -(10**400), 1e308, -1e308, 5e-324, 0.1, float("inf"),
           float("-inf"), float("nan"))  # fmt: skip
KEYS = ("userId", "anonymousId", "previousId", "groupId", "messageId", "type", "event", "name", "timestamp", "sentAt",
        "originalTimestamp", "traits", "properties", "context", "integrations", "email", "phone", "products",
        "order_id",
        "total", "price", "quantity", "currency", "address", "birthday", "campaign", "page", "userAgent", "ip",
        "channel",
        "", " ", "\x00", "a.b", "$ref", "__proto__", "\ud800", "x" * 300)  # fmt: skip
TYPES = (
    "identify",
    "track",
    "page",
    "screen",
    "group",
    "alias",
    "batch",
    "import",
    "nonsense",
    "",
    None,
    7,
    [],
    {},
)
EVENTS = (
    "Order Completed",
    "Order Updated",
    "Order Refunded",
    "Order Cancelled",
    "Product Viewed",
    "",
    " ",
    "x" * 201,
    None,
    3,
    {},
)


def _values(scalars: st.SearchStrategy[Any], keys: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        scalars,
        lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(keys, inner, max_size=5)),
        max_leaves=12,
    )


def _is_whole(text: str) -> bool:
    """Whether a text can be written in UTF-8."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


texts = st.one_of(st.sampled_from(TEXTS), st.text(max_size=40))
scalars = st.one_of(st.none(), st.booleans(), st.sampled_from(NUMBERS), st.integers(), st.floats(), texts)
keys = st.one_of(st.sampled_from(KEYS), texts)
values = _values(scalars, keys)

fine_texts = texts.filter(_is_whole)
fine_numbers = st.one_of(
    st.sampled_from([n for n in NUMBERS if abs(n) < 1e309]), st.floats(allow_nan=False, allow_infinity=False)
)
fine_scalars = st.one_of(st.none(), st.booleans(), fine_numbers, fine_texts)
fine_keys = keys.filter(_is_whole)
fine_values = _values(fine_scalars, fine_keys)
moments = st.one_of(
    st.sampled_from([text for text in TEXTS if text[:1].isdigit()]), st.datetimes().map(str), scalars
)


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    """Something like an event: some fields as they should be, some with whatever there is."""
    item: dict[str, Any] = {
        "type": draw(st.sampled_from(TYPES)),
        "event": draw(st.sampled_from(EVENTS)),
        "userId": draw(st.one_of(st.sampled_from(("u1", "u2", "u3")), scalars)),
        "timestamp": draw(moments),
        "properties": draw(st.one_of(st.dictionaries(keys, values, max_size=6), orders(), values)),
        "traits": draw(st.one_of(st.dictionaries(keys, values, max_size=6), values)),
        "context": draw(st.one_of(st.dictionaries(keys, values, max_size=4), values)),
    }
    item |= draw(st.dictionaries(keys, values, max_size=4))
    for name in draw(st.lists(st.sampled_from(sorted(item)), max_size=4)):
        item.pop(name, None)
    return item


@st.composite
def orders(draw: st.DrawFn, told: st.SearchStrategy[Any] = scalars) -> dict[str, Any]:
    """Something like an order."""
    lines = st.fixed_dictionaries({"product_id": told, "price": told, "quantity": told, "name": told})
    return {"order_id": draw(told), "total": draw(told), "currency": draw(told),
            "products": draw(st.one_of(st.lists(lines, max_size=4), told))}  # fmt: skip


@st.composite
def fine_events(draw: st.DrawFn) -> dict[str, Any]:
    """An event that the door lets in, with odd values where any value may stand."""
    kind = draw(st.sampled_from(("identify", "track", "track", "page", "screen", "group", "alias")))
    users = st.one_of(st.sampled_from(("u1", "u2", "u3", "anonymous", "null")), fine_texts)
    item: dict[str, Any] = {"type": kind, "userId": draw(users)}
    if draw(st.booleans()):
        item["anonymousId"] = draw(users)
    match kind:
        case "track":
            item["event"] = draw(
                st.one_of(st.sampled_from([e for e in EVENTS if isinstance(e, str)]), fine_texts)
            )
        case "alias":
            item["previousId"] = draw(users)
        case "group":
            item["groupId"] = draw(users)
    bags = st.dictionaries(fine_keys, fine_values, max_size=6)
    item["properties"] = draw(st.one_of(orders(fine_scalars), bags))
    item["traits"] = draw(bags)
    item["context"] = draw(bags)
    return item


def written(value: Any) -> bytes:
    """A value as JSON with all that is not allowed in it: NaN, and halves of characters."""
    return json.dumps(value, ensure_ascii=True, default=str).encode("utf-8", "surrogatepass")


def raw(value: Any) -> bytes:
    """The same, its letters as they are; halves of characters become bytes that are no UTF-8."""
    return json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass")


def nested(depth: int) -> bytes:
    """An object so many levels deep."""
    return (
        b'{"type":"track","event":"e","userId":"u","properties":'
        + b'{"a":' * depth
        + b"1"
        + b"}" * depth
        + b"}"
    )


documents = st.one_of(
    fine_events(),
    st.lists(fine_events(), max_size=6).map(lambda batch: {"batch": batch}),
    events(),
    st.lists(events(), max_size=6).map(lambda batch: {"batch": batch, "sentAt": "2026-05-01T10:00:00Z"}),
    st.fixed_dictionaries({"batch": values, "sentAt": scalars, "writeKey": scalars, "context": values}),
    values,
)
bodies = st.one_of(
    documents.map(written),
    documents.map(raw),
    st.binary(max_size=300),
    st.builds(lambda body, end: body[: int(len(body) * end)], documents.map(written), st.floats(0, 1)),
    st.builds(
        lambda body, at: body[:at] + b"\xff\x00" + body[at:], documents.map(written), st.integers(0, 200)
    ),
    st.sampled_from((8, 9, 100, 1000, 20_000)).map(nested),
    st.sampled_from(
        (b"[" * 50_000, b'{"batch":' * 5_000, b"\xef\xbb\xbf{}", "{}".encode("utf-16"), b"", b"null", b"nan")
    ),
    st.integers(10**3, 10**6).map(
        lambda size: written({"type": "track", "event": "e", "userId": "x" * size})
    ),
)


@cache
def bomb(size: int) -> bytes:
    """So many bytes of spaces, packed small."""
    return gzip.compress(b" " * size, 9)


@st.composite
def requests(draw: st.DrawFn) -> tuple[dict[str, str], bytes]:
    """Headers and body, together as they should be or not."""
    body = draw(bodies)
    match draw(st.integers(0, 11)):
        case 0:
            return {"Content-Encoding": "gzip"}, gzip.compress(body)
        case 1:
            return {"Content-Encoding": "gzip"}, body
        case 2:
            packed = gzip.compress(body)
            return {"Content-Encoding": "gzip"}, packed[: draw(st.integers(0, len(packed)))]
        case 3:
            return {"Content-Encoding": "gzip"}, bomb(draw(st.sampled_from((10**5, 10**7, 10**8))))
        case 4:
            return {"Content-Encoding": draw(st.sampled_from(("br", "zstd", "gzip, gzip", "x", "")))}, body
        case 5:
            kinds = (
                "text/plain",
                "application/xml",
                "multipart/form-data",
                "application/json; charset=utf-16",
                "",
                "*",
            )
            return {"Content-Type": draw(st.sampled_from(kinds))}, body
        case 6:
            keys = (
                "",
                "Bearer",
                "Basic",
                "Basic !!!",
                "Basic " + "A" * 3000,
                "Bearer \xff",
                "Bearer cw_" + "x" * 40,
            )
            return {"Authorization": draw(st.sampled_from(keys))}, body
        case _:
            return {}, body
