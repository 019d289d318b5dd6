"""Conditions that most shops begin with, so that nobody begins with an empty page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Start:
    """A segment to begin with: its name, what it is good for, and its tree."""

    key: str
    name: str
    good_for: str
    icon: str
    tree: dict[str, Any]


STARTS: tuple[Start, ...] = (
    Start(
        "once", "Bought once", "Ask for the second order: it decides who stays.", "shopping-bag",
        {"all": [{"orders": "count", "is": 1}]},
    ),
    Start(
        "lapsed", "Lapsed customers", "Bought before, but not for half a year. Win them back.", "hourglass",
        {"all": [{"orders": "last", "days_ago_at_least": 180}]},
    ),
    Start(
        "vip", "VIP", "Spent much in a year: thank them, show them new things first.", "star",
        {"all": [{"orders": "sum", "at_least": 1000, "days": 365}]},
    ),
    Start(
        "cart", "Left a cart", "Something lies in the cart, and they did not buy this week.", "shopping-cart",
        {"all": [{"list": "cart", "at_least": 1}, {"orders": "count", "at_most": 0, "days": 7}]},
    ),
    Start(
        "birthday", "Birthday soon", "Their day is within a week: a small present is remembered.", "cake",
        {"all": [{"attribute": "birth_date", "anniversary_within": 7}]},
    ),
    Start(
        "unread", "Never opened", "Were sent e-mails and opened none: write differently, or rarely.", "mail-x",
        {"all": [{"message": "not_opened", "channel": "email"}]},
    ),
    Start(
        "readers", "Opened lately", "They read what you write: the best audience for news.", "mail-open",
        {"all": [{"message": "opened", "channel": "email", "days": 60}]},
    ),
    Start(
        "looked", "Looked and did not buy", "Viewed a product and did not order within two days.", "eye",
        {"all": [
            {"sequence": [{"did": "Product Viewed"}, {"did_not": "Order Completed", "within_days": 2}], "days": 14},
        ]},
    ),
    Start(
        "loyal", "Loyal", "Three orders or more within a year: ask them for a friend.", "repeat",
        {"all": [{"orders": "count", "at_least": 3, "days": 365}]},
    ),
    Start(
        "new", "New this month", "Welcome them while they still know your name.", "user-plus",
        {"all": [{"attribute": "first_seen_at", "days_ago_at_most": 30}]},
    ),
    Start(
        "never", "Never ordered", "Known, but no customers yet. Give them a first reason.", "circle-dashed",
        {"all": [{"orders": "count", "at_most": 0}]},
    ),
    Start(
        "reachable", "May be written to", "Said yes to your newsletter by e-mail.", "mail-check",
        {"all": [{"subscription": "newsletter", "channel": "email", "is": "given"}]},
    ),
)  # fmt: skip
EVERYONE: dict[str, Any] = {"all": []}


def start(key: str) -> Start | None:
    """The start of a key."""
    return next((one for one in STARTS if one.key == key), None)
