"""Which events tell of a list, and what."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cadenza.cdp.product_lists.hear import LISTS, Heard, hear
from cadenza.cdp.product_lists.types import Piece

BELL = {"product_id": "bell", "price": 9.9, "quantity": 2}
BELLS = Piece("bell", Decimal(2), Decimal("9.9"))


@pytest.mark.parametrize(
    ("event", "told", "heard"),
    [
        ("Product Added", BELL, Heard("cart", "add", (BELLS,))),
        ("Product Added", {"sku": 7}, Heard("cart", "add", (Piece("7"),))),
        (
            "Product Added",
            BELL | {"category": "Bells", "gift": True, "tags": ["a"], "sku": "b1", "position": 2},
            Heard(
                "cart",
                "add",
                (replace(BELLS, told={"category": "Bells", "gift": True, "sku": "b1", "position": 2}),),
            ),
        ),
        ("Product Added to Wishlist", BELL, Heard("wishlist", "add", (BELLS,))),
        ("Product Added to List", BELL | {"list": "gifts"}, Heard("gifts", "add", (BELLS,))),
        ("Product Removed", {"product_id": "bell"}, Heard("cart", "count", (Piece("bell", Decimal(0)),))),
        ("Product Removed", BELL, Heard("cart", "add", (Piece("bell", Decimal(-2)),))),
        ("Product Quantity Changed", BELL, Heard("cart", "count", (BELLS,))),
        ("Cart Viewed", {"products": [BELL]}, Heard("cart", "set", (BELLS,))),
        ("Cart Updated", {"products": []}, Heard("cart", "set", ())),
        ("Product List Updated", {"list": "gifts", "products": [BELL]}, Heard("gifts", "set", (BELLS,))),
        ("Order Completed", {"order_id": "1"}, Heard("cart", "set", ())),
        ("Order Completed", {"order_id": "1", "channel": "offline"}, None),
        ("Cart Viewed", {}, None),
        ("Product Viewed", BELL, None),
        ("Product Added", {"quantity": 1}, None),
        ("Product Added", BELL | {"quantity": "many"}, None),
        ("Product Added", BELL | {"quantity": -1}, None),
        ("Product Added to List", BELL, None),
        ("Cart Viewed", {"products": ["bell"]}, None),
    ],
)
def test_what_an_event_tells(event, told, heard):
    assert hear(event, told) == heard


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(sorted(LISTS)),
    st.dictionaries(
        st.sampled_from(["product_id", "sku", "quantity", "price", "list", "products", "channel"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["sku", "quantity"]), inner),
        ),
    ),
)  # fmt: skip
def test_whatever_the_properties_are_nothing_breaks(event, told):
    hear(event, told)
