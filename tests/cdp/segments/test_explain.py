"""A tree reads as a sentence that means what the tree means."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from cadenza.cdp.segments.explain import explain
from cadenza.cdp.segments.parse import parse
from cadenza.cdp.segments.phrase import Names
from tests.cdp.segments.trees import FIELDS, trees

US = {"attribute": "country", "is": "US"}
RIGA = {"attribute": "city", "is": "Riga"}
BOUGHT = {"did": "Order Completed"}

SENTENCES: list[tuple[Any, str]] = [
    ({"all": []}, "everyone"),
    ({"not": {"all": []}}, "nobody"),
    (
        {"all": [{"did": "Order Completed", "times": 2, "days": 30}, US]},
        "bought at least 2 times in the last 30 days and country is US",
    ),
    ({"any": [{"all": [US, RIGA]}, BOUGHT]}, "(country is US and city is Riga) or bought"),
    ({"all": [{"any": [US, RIGA]}, BOUGHT]}, "(country is US or city is Riga) and bought"),
    ({"all": [{"all": [US, RIGA]}, BOUGHT]}, "country is US and city is Riga and bought"),
    ({"all": [{"any": [US]}, BOUGHT]}, "country is US and bought"),
    ({"any": [US, {"not": {"not": {"all": [RIGA, BOUGHT]}}}]}, "country is US or (city is Riga and bought)"),
    ({"not": {"did": "Order Completed", "days": 1}}, "did not buy in the last day"),
    ({"not": {"any": [BOUGHT]}}, "did not buy"),
    ({"not": {"not": BOUGHT}}, "bought"),
    ({"not": {"did": "Order Completed", "times": 2}}, "not (bought at least 2 times)"),
    ({"not": {"any": [US, BOUGHT]}}, "not (country is US or bought)"),
    ({"not": US}, "country is not US (or unknown)"),
    ({"not": {"attribute": "country", "is_not": "US"}}, "country is US"),
    ({"attribute": "country", "is_not": "US"}, "country is not US (or unknown)"),
    ({"attribute": "country", "one_of": ["US", "DE"]}, "country is one of US, DE"),
    ({"attribute": "city", "contains": "a and b"}, "city contains “a and b”"),
    ({"attribute": "city", "is_set": False}, "city is not known"),
    ({"not": {"attribute": "city", "is_set": False}}, "city is known"),
    ({"attribute": "favourite_colour", "is": "sea green"}, "favourite colour is sea green"),
    (
        {"attribute": "score", "at_least": 5, "less_than": 7.5},
        "score is at least 5 and score is less than 7.5",
    ),
    ({"any": [{"attribute": "score", "at_least": 5, "less_than": 7}, US]},
     "(score is at least 5 and score is less than 7) or country is US"),
    ({"attribute": "is_customer", "is": True}, "is a customer"),
    ({"attribute": "is_customer", "is_not": True}, "is not a customer"),
    ({"attribute": "is_customer", "is": False}, "is not a customer"),
    ({"attribute": "email", "is_set": False}, "has no e-mail address"),
    ({"attribute": "birth_date", "before": "1980-01-01"}, "birth date is before 1980-01-01"),
    ({"attribute": "first_seen_at", "days_ago_at_most": 1}, "first seen at is at most 1 day ago"),
    (
        {"attribute": "first_seen_at", "after": "2030-01-01T12:00:00+02:00"},
        "first seen at is after 2030-01-01 10:00 UTC",
    ),
    (
        {"did": "Product Viewed", "times": 2, "days": 7, "where": [{"property": "category", "is": "Bikes"},
                                                                  {"property": "price", "at_least": 50}]},
        "viewed a product (category is Bikes and price is at least 50) at least 2 times in the last 7 days",
    ),
    ({"did": "Tea Poured"}, "did Tea Poured"),
    ({"not": {"did": "Tea Poured"}}, "did not do Tea Poured"),
    ({"did": "Order Completed", "times": 2, "at_most": 2}, "bought exactly 2 times"),
    ({"did": "Order Completed", "times": 1, "at_most": 1}, "bought exactly 1 time"),
    ({"did": "Order Completed", "at_most": 4}, "bought 1 to 4 times"),
    ({"did": "Order Completed", "times": 0, "at_most": 0, "days": 30}, "never bought in the last 30 days"),
    ({"did": "Order Completed", "times": 0, "at_most": 3}, "bought at most 3 times (or never)"),
    ({"orders": "count", "at_least": 3, "days": 365}, "has at least 3 orders in the last 365 days"),
    ({"orders": "count", "is": 1}, "has exactly 1 order"),
    ({"orders": "count", "at_most": 0}, "has no orders"),
    ({"orders": "count", "at_least": 1, "status": "returned"}, "has at least 1 returned order"),
    ({"orders": "count", "at_least": 2, "category": "Bikes"}, "has at least 2 orders with Bikes"),
    ({"orders": "sum", "at_least": 500}, "spent at least 500"),
    ({"orders": "sum", "more_than": 99.5, "category": "Road Bikes"}, "spent more than 99.5 on Road Bikes"),
    ({"orders": "sum", "at_least": 100, "less_than": 200}, "spent at least 100 and spent less than 200"),
    ({"attribute": "sports", "contains_all": ["golf", "chess"]}, "sports contains all of golf, chess"),
    ({"attribute": "birth_date", "anniversary_within": 7}, "birth date has its anniversary within 7 days"),
    ({"did": "Product Viewed", "hours": 6}, "viewed a product in the last 6 hours"),
    ({"did": "Product Viewed", "in": "last_month"}, "viewed a product last month"),
    ({"did": "Product Viewed", "in": "today"}, "viewed a product today"),
    ({"did": "A", "since": "2030-01-01", "until": "2030-02-01"}, "did A from 2030-01-01 to 2030-02-01"),
    ({"did": "A", "first_days": 7}, "did A in the first 7 days after registering"),
    ({"did": "A", "first_days": "ever"}, "did A since registering"),
    (
        {"did": "A", "on": ["saturday", "sunday"], "between_hours": [9, 18]},
        "did A on a Saturday or Sunday between 9:00 and 18:00",
    ),
    (
        {"last": "Order Completed", "days_ago_at_least": 30, "having": [{"property": "category", "is": "Bikes"}]},
        "last bought at least 30 days ago with (category is Bikes)",
    ),
    ({"first": "Page Viewed", "before": "2030-01-01"}, "first viewed a page before 2030-01-01"),
    (
        {"sequence": [{"did": "Product Viewed"}, {"did_not": "Order Completed", "within_days": 2}], "days": 30},
        "viewed a product, then within 2 days did not buy in the last 30 days",
    ),
    ({"orders": "last", "days_ago_at_least": 90}, "last order is at least 90 days ago"),
    ({"orders": "largest", "at_least": 50, "brand": "Acme"}, "largest order with brand Acme came to at least 50"),
    ({"list": "cart", "at_least": 1}, "has at least 1 product in the cart"),
    ({"list": "wishlist", "at_most": 0}, "has nothing on the wish list"),
    ({"subscription": "newsletter"}, "said yes to newsletter by email"),
    ({"identifier": "external_id", "is_set": False}, "has no customer number"),
    ({"not": {"segment": "018f0000-0000-7000-8000-000000000001"}}, "is not in a segment that is gone"),
    ({"bucket": "spring", "to": 12.5}, "is drawn by spring (0 to 12.5 %)"),
    ({"near": {"latitude": 56.95, "longitude": 24.1, "km": 10}}, "is within 10 km of 56.95, 24.1"),
    (
        {"message": "not_opened", "campaign": "c1"},
        "was sent an e-mail (campaign id is c1) and "
        "did not open an e-mail (campaign id is c1 and bot is not true (or unknown))",
    ),
    ({"orders": "average", "at_least": 50, "days": 90}, "spent at least 50 per order in the last 90 days"),
]  # fmt: skip


@pytest.mark.parametrize(("json", "sentence"), SENTENCES)
def test_a_tree_reads_as_a_sentence(json: Any, sentence: str):
    assert explain(parse(json, FIELDS)) == sentence


def test_fields_are_called_as_people_call_them():
    tree = parse({"attribute": "first_seen_at", "is_set": True}, FIELDS)
    assert explain(tree, Names({"first_seen_at": "first visit"})) == "first visit is known"


@given(trees)
def test_every_tree_has_a_sentence_with_its_brackets_closed(tree: Any):
    said = explain(parse(tree, FIELDS))
    plain = said.replace("bike's \\ \n {p1:String} -- '", "")
    assert said
    assert plain.count("(") == plain.count(")")
