"""Events become sentences; what is odd in them never breaks one."""

import pytest

from cadenza.web.narrate import flatten, narrate


@pytest.mark.parametrize(
    ("name", "properties", "title", "text"),
    [
        (
            "Product Viewed",
            {"name": "Helmet", "price": 57.9, "currency": "eur"},
            "Looked at Helmet",
            "€57.90",
        ),
        ("Product Viewed", {}, "Looked at a product", ""),
        ("Page Viewed", {"path": "/sale"}, "Viewed the page “/sale”", ""),
        (
            "Order Completed",
            {"order_id": 7, "total": "12", "products": [{}, {}]},
            "Ordered: number 7",
            "2 products · 12.00",
        ),
        ("Group Joined", {"group": {"name": "Acme"}}, "Joined “Acme”", ""),
        ("Quiz Finished", {"score": 3, "context": {"page": {"url": "x"}}}, "Quiz Finished", "score: 3"),
        ("Email Opened", {"campaign": "Autumn"}, "Opened “Autumn”", ""),
    ],
)
def test_a_sentence(name, properties, title, text):
    told = narrate(name, properties)
    assert (told.title, told.text) == (title, text)


@pytest.mark.parametrize(
    "odd",
    [
        {"name": ["x"]},
        {"price": "NaN"},
        {"price": "ten"},
        {"price": True},
        {"name": {"a": 1}},
        {"currency": "€€€", "price": 1},
        {"name": "{0} {x}"},
        {"products": "p1"},
    ],
)
def test_odd_properties_break_no_sentence(odd):
    assert narrate("Product Viewed", odd).title.startswith("Looked at")


def test_properties_are_laid_out_flat():
    assert flatten({"a": {"b": [1, {"c": True}]}, "d": None}) == [
        ("a.b.0", "1"),
        ("a.b.1.c", "yes"),
        ("d", "–"),
    ]
