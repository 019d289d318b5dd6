"""The shapes that ids have in addresses of pages; what has another shape is no page at all."""

from __future__ import annotations

from django.urls import register_converter

from cadenza.base.ids import ProfileId


class PersonNumber:
    """The number of a person, as far as the database can count."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> ProfileId:
        return ProfileId(int(value))

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(PersonNumber, "person")
