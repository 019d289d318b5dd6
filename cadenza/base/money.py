"""Money is Decimal, with the currency beside it. Rounding is half-up, to the currency's own digits."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from babel.numbers import format_currency, get_currency_precision

from cadenza.base.problem import BadInput

LARGEST = Decimal(10) ** 13


def amount(value: object, at: str | None = None) -> Decimal:
    """A Decimal of at most four places from a number or text; raises BadInput for NaN, infinity and noise."""
    try:
        told = str(value).strip()  # an integer of thousands of digits is a ValueError already
        found = Decimal(told if "_" not in told else "")
    except (InvalidOperation, ValueError):
        raise BadInput("This is not an amount.", at=at, hint="Write a number like 12.50.") from None
    if not found.is_finite() or abs(found) >= LARGEST:
        raise BadInput("This amount is out of range.", at=at, hint="Amounts stay below ten trillion.")
    return found.quantize(Decimal("0.0001"), ROUND_HALF_UP) + 0  # no minus before a zero


def rounded(value: Decimal, currency: str) -> Decimal:
    """Rounded to what can be paid in this currency."""
    return value.quantize(Decimal(1).scaleb(-get_currency_precision(currency)), ROUND_HALF_UP)


def formatted(value: Decimal, currency: str, locale: str = "en_US") -> str:
    """As people of `locale` write it."""
    return format_currency(value, currency, locale=locale)
