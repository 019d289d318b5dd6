"""Addresses as people write them, made comparable."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from cadenza.base.problem import BadInput

_PLAIN = re.compile(r"[a-z0-9._%+\-]{1,64}@(?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}")
_ODD = re.compile(r"^\.|\.\.|\.@|xn--")  # dots out of place, or a domain that has a more readable form
LONGEST_EMAIL = 254  # RFC 5321


@lru_cache(maxsize=65536)
def email(text: str) -> str:
    """The comparable form of an e-mail address: trimmed, lower case, domain in Unicode-normal form."""
    lowered = text.strip().lower()
    if len(lowered) <= LONGEST_EMAIL and _PLAIN.fullmatch(lowered) and not _ODD.search(lowered):
        return lowered
    try:
        return validate_email(lowered, check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError:
        raise BadInput("This is not an e-mail address.", hint="Write it like name@example.com.") from None


def phone(text: str, region: str = "") -> str:
    """The E.164 form of a phone number; `region` (ISO 3166, `LV`) helps numbers without a country code."""
    return _phone(text, "" if text.startswith("+") else region.upper())


@lru_cache(maxsize=65536)
def _phone(text: str, region: str) -> str:
    try:
        found = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        raise BadInput(
            "This is not a phone number.", hint="Write it with the country code, like +371 2000 0000."
        ) from None
    if not phonenumbers.is_possible_number(found):
        raise BadInput(
            "This phone number has too few or too many digits.", hint="Write it with the country code."
        )
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)


def clean(text: str, longest: int = 1000) -> str:
    """Text that PostgreSQL can hold: no NUL, no lone surrogates, normal form C, bounded."""
    if text.isascii() and "\x00" not in text:
        return text[:longest]
    plain = text.encode("utf-8", "replace").decode().replace("\x00", "")
    return unicodedata.normalize("NFC", plain)[:longest]
