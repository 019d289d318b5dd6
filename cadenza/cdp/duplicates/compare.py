"""How two people compare, field by field: one level of `LEVELS` each.

Likeness of names is Jaro–Winkler (W. E. Winkler, "String comparator metrics and enhanced decision rules in
the Fellegi–Sunter model of record linkage", ASA 1990); of dates and numbers, the edits between them with a
transposition as one (optimal string alignment).
"""

from __future__ import annotations

import re

from rapidfuzz.distance import OSA, JaroWinkler

from cadenza.cdp.duplicates.types import LEVELS, Pattern, Person

NAME, PLACE, STREET = 0.88, 0.88, 0.75
SLIPS = 2  # of the finger, in a mailbox
FEW = 2  # digits that two people of one name may both have chosen
_DIGITS = re.compile(r"\d")
AT = {field: {level: place for place, level in enumerate(levels)} for field, levels in LEVELS.items()}
UNKNOWN, OTHER = 0, 1

jaro_winkler = JaroWinkler.normalized_similarity
edits = OSA.distance


def compare(one: Person, two: Person) -> Pattern:
    """The pattern of a pair; its order does not matter."""
    exchanged = _exchanged(one, two)
    return (
        AT["first_name"]["exchanged"] if exchanged else _name("first_name", one.first_name, two.first_name),
        UNKNOWN if exchanged else _name("last_name", one.last_name, two.last_name),
        _date(one.birth_date, two.birth_date),
        _email(one, two),
        _number("phone", one.phone, two.phone),
        _place(one.city, two.city),
        _number("postcode", one.postcode, two.postcode),
        _street(one.street, two.street),
    )


def _exchanged(one: Person, two: Person) -> bool:
    """Whether the first name of one is the last name of the other, and not their own."""
    if not (one.first_name and one.last_name and two.first_name and two.last_name):
        return False
    if one.first_name[0] != two.last_name[0] and one.last_name[0] != two.first_name[0]:
        return False
    crossed = min(jaro_winkler(one.first_name, two.last_name), jaro_winkler(one.last_name, two.first_name))
    straight = min(jaro_winkler(one.first_name, two.first_name), jaro_winkler(one.last_name, two.last_name))
    return crossed >= NAME and crossed > straight


def _name(field: str, one: str, two: str) -> int:
    if not one or not two:
        return UNKNOWN
    if one == two:
        return AT[field]["same"]
    if one.startswith(two) or two.startswith(one):
        return AT[field]["begins"]
    return AT[field]["similar"] if jaro_winkler(one, two) >= NAME else OTHER


def _date(one: str, two: str) -> int:
    if not one or not two:
        return UNKNOWN
    if one == two:
        return AT["birth_date"]["same"]
    turned = one[:4] == two[:4] and one[4:6] == two[6:] and one[6:] == two[4:6]
    if turned or edits(one, two, score_cutoff=1) <= 1:
        return AT["birth_date"]["typo"]
    agree = (one[:4] == two[:4]) + (one[4:6] == two[4:6]) + (one[6:] == two[6:])
    return AT["birth_date"]["near"] if agree == 2 else OTHER


def _email(one: Person, two: Person) -> int:
    """Other digits are another mailbox; and a mailbox that is but the name tells nothing that the name does not."""
    if not one.email or not two.email:
        return UNKNOWN
    if one.email == two.email:
        return AT["email"]["same"]
    mine, theirs = one.email.partition("@")[0], two.email.partition("@")[0]
    digits = _DIGITS.findall(mine)
    if digits != _DIGITS.findall(theirs) or edits(mine, theirs, score_cutoff=SLIPS) > SLIPS:
        return OTHER
    if len(digits) <= FEW and _named_after(mine, one) and _named_after(theirs, two):
        return UNKNOWN
    return AT["email"]["mailbox" if mine == theirs else "similar"]


def _named_after(mailbox: str, person: Person) -> bool:
    return any(len(name) > 1 and name in mailbox for name in (person.first_name, person.last_name))


def _number(field: str, one: str, two: str) -> int:
    if not one or not two:
        return UNKNOWN
    if one == two:
        return AT[field]["same"]
    return AT[field]["typo"] if edits(one, two, score_cutoff=1) <= 1 else OTHER


def _place(one: str, two: str) -> int:
    if not one or not two:
        return UNKNOWN
    if one == two:
        return AT["city"]["same"]
    return AT["city"]["similar"] if jaro_winkler(one, two) >= PLACE else OTHER


def _street(one: str, two: str) -> int:
    if not one or not two:
        return UNKNOWN
    if one == two:
        return AT["street"]["same"]
    return AT["street"]["similar"] if OSA.normalized_similarity(one, two) >= STREET else OTHER
