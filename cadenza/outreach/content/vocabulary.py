"""The variables a template may use, each with the data category it reveals about a person.

A field of a profile becomes `person.<name>` where it is a standard one, `person.traits.<name>` where the workspace
defined it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from cadenza.outreach.content.types import Variable

SHOP = (
    Variable("shop.name", "Shop name", example="Acme Bikes"),
    Variable("shop.url", "Shop address on the web", kind="url", example="https://shop.example"),
    Variable("shop.address", "Postal address", example="1 Main Street, Riga"),
    Variable("campaign.name", "Name of the campaign", example="Spring sale"),
    Variable("unsubscribe_url", "Unsubscribe link", kind="url", example="https://shop.example/u/…"),
    Variable("view_url", "Read-on-the-web link", kind="url", example="https://shop.example/v/…"),
    Variable("now", "The moment of sending", kind="time", example="2030-01-01"),
)
PERSON = (
    Variable("person.first_name", "First name", "person.name", example="Ann"),
    Variable("person.last_name", "Last name", "person.name", example="Ozola"),
    Variable("person.email", "E-mail address", "contact.email", example="ann@example.com"),
    Variable("person.phone", "Phone number", "contact.phone", example="+37120000000"),
    Variable("person.gender", "Gender", "person.gender", example="f"),
    Variable("person.birth_date", "Birth date", "person.birth_date", "date", example="1990-04-23"),
    Variable("person.country", "Country", "location.area", example="LV"),
    Variable("person.region", "Region", "location.area", example="Vidzeme"),
    Variable("person.city", "City", "location.area", example="Riga"),
    Variable("person.language", "Language", "location.area", example="lv"),
    Variable("person.time_zone", "Time zone", "location.area", example="Europe/Riga"),
)


class FieldLike(Protocol):
    """What is needed of a profile field: see cdp/profiles/types."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def standard(self) -> bool: ...


def vocabulary(fields: Iterable[FieldLike] = ()) -> Mapping[str, Variable]:
    """Every variable by its path; a workspace's fields override the categories of the standard ones."""
    known = {variable.path: variable for variable in (*SHOP, *PERSON)}
    for field in fields:
        path = f"person.{field.name}" if field.standard else f"person.traits.{field.name}"
        given = known.get(path)
        label, example = field.label or (given.label if given else field.name), given.example if given else ""
        known[path] = Variable(path, label, field.category or "custom.fields", field.type, example)
    return known
