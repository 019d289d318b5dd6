"""Made-up items of the tracking API, from sound to absurd, for hypothesis."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
HUGE = st.sampled_from(
    [10**18, -(10**18), 2**63, 2**64, 10**40, -(10**400), 10**4000, 1e308, -1e308, 5e-324, 0, -0.0, 1e15, 0.1]
)
ODD = st.sampled_from(
    ["", " ", "\x00", "a\x00b", "\u202e", "ß" * 3, "ŉ" * 200, "𝕏" * 400, "x" * 5000, "null", "NaN", "1e400", "-1",
     "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "2199-12-31T23:59:59-14:00", "1900-01-01T00:00:00+14:00",
     "2026-05-01", "2026-05-01T12:00:00.000Z", "ann@example.com", "Ann@Example.com", "a@" + "b" * 300 + ".com",
     "ä@exämple.com", "+37120000000", "+371 2000 0000", "u1", "u2", "12,50", "ı@example.com", "-Infinity"]
)  # fmt: skip
SCALAR = st.none() | st.booleans() | st.integers(-(10**6), 10**6) | HUGE | ODD | TEXT
ANY = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT | ODD, inner, max_size=4),
    max_leaves=8,
)
ID = st.sampled_from(["u1", "u2", "u3", "", "\x00", " u1 ", "x" * 320, "𝕏" * 320, "7"]) | SCALAR
MOMENT = st.sampled_from(
    ["2026-05-01T12:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00",
     "0001-01-01T00:00:00+14:00", "2026-05-01", "1969-12-31T23:59:59Z", "2100-01-01T00:00:00Z"]
) | SCALAR  # fmt: skip
TRAITS = st.dictionaries(
    st.sampled_from(
        ["email", "phone", "name", "firstName", "last_name", "birthday", "address", "createdAt", "vip", "score", "city",
         "language", "gender", "first_seen_at", "has_email", "vip ", " ", "\x00", "told", "ŉ" * 120]
    ) | TEXT,
    ANY | st.fixed_dictionaries({}, optional={"city": ANY, "country": ANY, "state": ANY}),
    max_size=5,
)  # fmt: skip
AMOUNT = (
    st.sampled_from([1, 2.5, "3.10", 0, -1, 10**12, 9999999999999.99999, 10**13, "1e400", "NaN", "1e-999999"])
    | SCALAR
)
PRODUCT = st.fixed_dictionaries(
    {},
    optional={
        "product_id": ID,
        "sku": ID,
        "price": AMOUNT,
        "quantity": AMOUNT,
        "name": ANY,
        "category": ANY,
        "brand": ANY,
    },
)
ORDER = st.fixed_dictionaries(
    {},
    optional={
        "order_id": ID, "total": AMOUNT, "revenue": AMOUNT, "shipping": AMOUNT, "tax": AMOUNT, "discount": AMOUNT,
        "coupon": ANY, "currency": st.sampled_from(["EUR", "usd", "ßßß", "ééé", "€"]) | SCALAR,
        "status": st.sampled_from(["paid", "Canceled", "lost"]) | SCALAR,
        "products": st.lists(PRODUCT | ANY, max_size=4) | ANY,
    },
)  # fmt: skip
NAME = (
    st.sampled_from(
        ["Order Completed", "Order Updated", "Order Refunded", "Order Cancelled", "Searched", "\x00"]
    )
    | TEXT
)


def _item(kind: Any) -> st.SearchStrategy[dict[str, Any]]:
    properties = ORDER if kind == "track" else st.dictionaries(TEXT | ODD, ANY, max_size=4)
    return st.fixed_dictionaries(
        {"type": st.just(kind), "userId": ID},
        optional={
            "anonymousId": ID, "event": NAME, "properties": properties | ANY, "traits": TRAITS | ANY, "name": ANY,
            "context": st.fixed_dictionaries({}, optional={"traits": TRAITS | ANY, "page": ANY, "locale": ANY}) | ANY,
            "groupId": ID, "previousId": ID, "messageId": ANY, "timestamp": MOMENT, "originalTimestamp": MOMENT,
            "sentAt": MOMENT, "integrations": ANY, "other": ANY,
        },
    )  # fmt: skip


def items() -> st.SearchStrategy[dict[str, Any]]:
    """Items of every type, most of them strange."""
    return st.sampled_from(["identify", "track", "track", "page", "screen", "group", "alias"]).flatmap(_item)
