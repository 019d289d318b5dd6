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
        {"all": [{"orders": "count", "at_least": 1}, {"orders": "count", "at_most": 0, "days": 180}]},
    ),
    Start(
        "vip", "Big spenders", "Spent much in a year: thank them, show them new things first.", "star",
        {"all": [{"orders": "sum", "at_least": 1000, "days": 365}]},
    ),
    Start(
        "cart", "Left a cart", "Put something into the cart this week and did not buy.", "shopping-cart",
        {"all": [{"did": "Product Added", "days": 7}, {"orders": "count", "at_most": 0, "days": 7}]},
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
        "readers", "Opened an e-mail lately", "They read what you write: the best audience for news.", "mail-open",
        {"all": [{"did": "Email Opened", "days": 60}]},
    ),
)  # fmt: skip
EVERYONE: dict[str, Any] = {"all": []}


def start(key: str) -> Start | None:
    """The start of a key."""
    return next((one for one in STARTS if one.key == key), None)
