"""The keys under which a person is looked for: only people who share one are ever compared.

Each key alone misses some duplicates (a name misspelt, a date mistyped), so there are several.  Where few people
are known a name or a date alone will do; where many share it (the caller sets the bound) the key is passed over,
and those of two parts find the pair.  Names stand for how they sound (Soundex, U.S. patents 1,261,167 and
1,435,663), and for both orders, so that an exchanged first and last name is found too.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from cadenza.cdp.duplicates.types import Person

_CLASSES = {
    letter: digit
    for letters, digit in (("bfpv", "1"), ("cgjkqsxz", "2"), ("dt", "3"), ("l", "4"), ("mn", "5"), ("r", "6"))
    for letter in letters
}
SHORTEST_MAILBOX = 4  # "info", "anna": what is shorter says nothing


def block(person: Person) -> frozenset[str]:
    """All keys of a person; none for somebody of whom too little is known."""
    return frozenset(_keys(person))


def _keys(one: Person) -> Iterator[str]:
    names = [name for name in (one.first_name, one.last_name) if name]
    sounds = [sound(name) for name in names]
    if len(names) == 2:
        yield "names " + " ".join(sorted(sounds))
        yield f"spelling {one.first_name[:3]} {one.last_name[:3]} {one.birth_date[:4]}"
    if one.birth_date:
        yield f"born {one.birth_date}"
        yield from (f"born {one.birth_date} {name[0]}" for name in names)
    for place in filter(None, (one.postcode, one.city)):
        yield from (f"place {place} {said}" for said in sounds)
        if one.birth_date:
            yield f"born at {place} {one.birth_date}"
    if one.street:
        yield from (f"street {one.street} {said[0]}" for said in sounds)
    mailbox, _, domain = one.email.partition("@")
    if len(mailbox) >= SHORTEST_MAILBOX:
        yield f"mailbox {mailbox}"
    for name in names:
        yield f"name {name}"
    if domain:
        yield f"domain {domain}"
    if one.phone:
        yield f"phone {one.phone}"


def sound(word: str) -> str:
    """The Soundex code of a word: its first letter and up to three classes of consonants."""
    heard = [_CLASSES.get(letter, "") for letter in word if letter not in "hw"]
    once = [digit for digit, _ in groupby(heard)]
    rest = once[1:] if once and heard[0] == once[0] else once
    return word[:1] + "".join(rest)[:3].ljust(3, "0")
