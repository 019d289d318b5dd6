"""From the nouns of reports to what JSON can say: amounts as texts, windows as days, rates with their share."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

# What is worked out from the fields and wanted by readers all the same.
WORKED_OUT = (
    "share", "change", "net", "left_out_count", "failed_count", "sent_rate", "bounce_rate", "open_rate", "click_rate",
    "click_to_open_rate", "unsubscribe_rate", "order_rate", "revenue_per_recipient",
)  # fmt: skip


def tell(value: Any) -> Any:
    """The same as objects, lists, texts and numbers."""
    match value:
        case Decimal():
            return format(value, "f")
        case UUID():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case timedelta():
            return value.days
        case dict():
            return {str(key): tell(inner) for key, inner in value.items()}
        case tuple() | list():
            return [tell(inner) for inner in value]
        case _ if is_dataclass(value):
            names = [one.name for one in fields(value)] + [
                name for name in WORKED_OUT if hasattr(type(value), name)
            ]
            return {name: tell(getattr(value, name)) for name in names}
    return value
