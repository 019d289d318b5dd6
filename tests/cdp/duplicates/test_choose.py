"""What may be compared: what the purpose covers, standard fields and the shop's own."""

from __future__ import annotations

from cadenza.cdp.duplicates.choose import choose
from cadenza.cdp.profiles.types import STANDARD, Field

OWN = (
    Field("zip", "text", "location.area", "Zip", standard=False),
    Field("address", "text", "contact.point", "Address", standard=False),
    Field("shoe_size", "number", "custom.fields", "Shoe size", standard=False),
)


def test_only_what_is_covered_is_read() -> None:
    found = choose([*STANDARD, *OWN], {"person.name", "contact.email", "location.area"})
    assert found.sources == {
        "first_name": ("first_name",), "last_name": ("last_name",), "email": ("email",), "city": ("city",),
        "postcode": ("zip",),
    }  # fmt: skip
    assert [(read.field, read.category) for read in found.refused] == [
        ("birth_date", "person.birth_date"), ("phone", "contact.phone"), ("address", "contact.point"),
    ]  # fmt: skip
