"""From what a shop knows of a person to what is compared: no case, accents, signs or spaces, one script.

Cyrillic and Greek letters are written in Latin ones, so that Анна Иванова and Anna Ivanova meet.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from cadenza.base.ids import ProfileId
from cadenza.cdp.duplicates.types import Person

_CYRILLIC = dict(zip("абвгдежзийклмнопрстуфхцчшщъыьэюяіїєґў", (
    "a b v g d e zh z i i k l m n o p r s t u f h c ch sh sch  y  e yu ya i i e g u"
).split(" "), strict=True))  # fmt: skip
_GREEK = dict(zip("αβγδεζηθικλμνξοπρσςτυφχψω", (
    "a v g d e z i th i k l m n x o p r s s t i f h ps o"
).split(" "), strict=True))  # fmt: skip
_OTHER = {"ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "œ": "oe", "ı": "i"}
_LATIN = str.maketrans(_CYRILLIC | _GREEK | _OTHER)
_SIGNS = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\D+")
PHONE_DIGITS = 8  # the country code is written or not; what follows tells people apart


def simplify(id: ProfileId, told: Mapping[str, str]) -> Person:
    """`told`: field → text as the shop knows it; birth_date as 1990-02-03."""
    return Person(
        id=id,
        first_name=letters(told.get("first_name", "")),
        last_name=letters(told.get("last_name", "")),
        birth_date=_DIGITS.sub("", told.get("birth_date", "")),
        email=told.get("email", "").strip().lower(),
        phone=_DIGITS.sub("", told.get("phone", ""))[-PHONE_DIGITS:],
        city=letters(told.get("city", "")),
        postcode=letters(told.get("postcode", "")),
        street=_street(told.get("street", "")),
    )


def letters(text: str) -> str:
    """Letters and digits alone."""
    return _plain(text).replace(" ", "")


def _street(text: str) -> str:
    """Words in alphabetical order: it does not matter where the number of a house stands. Alone it is no street."""
    words = _plain(text).split()
    return " ".join(sorted(words)) if any(map(str.isalpha, "".join(words))) else ""


def _plain(text: str) -> str:
    lowered = text.lower()
    if not lowered.isascii():
        apart = unicodedata.normalize("NFKD", lowered)
        lowered = "".join(one for one in apart if not unicodedata.combining(one)).translate(_LATIN)
    return _SIGNS.sub(" ", lowered).strip()
