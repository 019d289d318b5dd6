"""Requests that nobody should send, made by hypothesis: anything where anything else is expected."""

from __future__ import annotations

from hypothesis import strategies as st

NAMES = st.sampled_from(
    "customer order productList addProductToList removeProductFromList setProductCountInList mergeCustomers page ids"
    " websiteID mindboxId email mobilePhone discountCard number firstName fullName birthDate sex area name timeZone"
    " customFields subscriptions pointOfContact topic isSubscribed valueByDefault brand changeDateTimeUtc"
    " executionDateTimeUtc product sku count quantity pricePerItem totalPrice deliveryCost lines lineNumber status"
    " basePricePerItem discountedPricePerLine discounts amount currency resultingCustomer customersToMerge pageNumber"
    " itemsPerPage sinceDateTimeUtc viewProduct authenticationTicket items value".split()
)
WORDS = st.sampled_from(
    ["42", "ann@example.com", "+37120000001", "1990-05-01", "2026-05-01T12:00:00Z", "9999-12-31T23:59:59-12:00", "true",
     "male", "Email", "newsletter", "9.90", "-1", "1e30", "NaN", "\x00", "\ud800", "ž" * 300, " ", "Infinity", "٣", "²"]
)  # fmt: skip
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS | st.text(max_size=20)
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip
REQUESTS = st.dictionaries(NAMES, ANYTHING, max_size=5)
CUSTOMERS = st.dictionaries(NAMES, ANYTHING, max_size=6)
ORDERS = st.dictionaries(NAMES, ANYTHING, max_size=6)
TREES = st.one_of(
    REQUESTS,
    st.builds(lambda who, more: {**more, "customer": who}, CUSTOMERS, REQUESTS),
    st.builds(
        lambda who, told: {"customer": {"ids": {"websiteID": "1"}, **who}, "order": told}, CUSTOMERS, ORDERS
    ),
    st.builds(
        lambda told: {"customer": {"email": "a@example.com"}, "productList": told},
        st.lists(ORDERS, max_size=3),
    ),
)
