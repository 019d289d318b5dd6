"""Which fields of a profile may be compared: those that the purpose covers, standard ones and the shop's own."""

from __future__ import annotations

from collections.abc import Iterable, Set

from cadenza.cdp.duplicates.types import FIELDS, Chosen
from cadenza.cdp.profiles.types import Field
from cadenza.trust.privacy.types import ANY, Read

TRAITS = {
    "postcode": "postcode postal_code postalcode zip zip_code zipcode plz",
    "street": "street address street_address address_line_1 address_line1 address_1 address1 street_and_number",
}
"""What shops call the fields that are no standard ones; of several the first that a person has is taken."""


def choose(fields: Iterable[Field], allowed: Set[str]) -> Chosen:
    """`fields`: all of the workspace; `allowed`: the categories that the purpose covers there."""
    known = {field.name: field for field in fields}
    sources: dict[str, tuple[str, ...]] = {}
    refused: list[Read] = []
    for name in FIELDS:
        here = [known[told] for told in TRAITS.get(name, name).split() if told in known]
        covered = [field for field in here if field.category in allowed or ANY in allowed]
        refused += [Read(field.name, field.category, field.name) for field in here if field not in covered]
        if covered:
            sources[name] = tuple(field.name for field in covered)
    return Chosen(sources, tuple(refused))
