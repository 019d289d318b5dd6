"""The importer's fields, kinds and choices in the words that people see."""

from __future__ import annotations

from typing import Any

from cadenza.connect.imports import service as imports
from cadenza.connect.imports.types import KINDS, Fillable, Kind
from cadenza.web import wording

WHO = ("external_id", "external_id:", "email", "phone", "loyalty_card", "card_hash", "anonymous_id", "app_id")

# kind → what it is called, what a row of such a file is, icon
KIND_WORDS: dict[Kind, tuple[str, str, str]] = {
    "customers": ("Customers", "One row a person: names, addresses, what you know of them.", "users"),
    "orders": ("Orders", "One row an order: number, day, total.", "receipt"),
    "order_lines": ("Order lines", "One row a piece of an order: order number, product, quantity.", "list"),
    "products": ("Products", "One row a product: name, category, price.", "package"),
    "returns": ("Returns", "One row a returned product.", "undo-2"),
    "events": ("Events", "One row something a person did, with its time.", "activity"),
    "consents": ("Consents", "One row a yes or a no to your newsletter.", "shield-check"),
    "merges": ("Merges", "One row two people who are one: who stays, and who becomes that one.", "git-merge"),
}
BASES = (
    ("", "Choose…"),
    ("contract", "Contract: they bought from us or asked for an offer"),
    ("consent", "Consent: they agreed to it, and we can prove it"),
    ("legitimate_interests", "Legitimate interests: weighed against theirs, and recorded"),
    ("legal_obligation", "Legal obligation: a law asks us to keep it"),
    ("public_task", "Public task"),
    ("vital_interests", "Vital interests: a matter of life"),
)
LABELS = {
    "external_id": "Customer number",
    "email": "E-mail address",
    "phone": "Phone number",
    "external_id:": "Number in another system…",
    "loyalty_card": "Loyalty card",
    "card_hash": "Token of a bank card",
    "anonymous_id": "Visitor number",
    "app_id": "Number of an app",
    "full_name": "Full name (split into two)",
    "birth_date": "Date of birth",
    "time_zone": "Time zone",
    "registered_at": "Registered on",
    "at": "Time",
    "number": "Order number",
    "placed_at": "Ordered on",
    "line_number": "Number of the line",
    "product": "Product number",
    "name": "Name",
    "sku": "SKU",
    "id": "Product number",
    "url": "Page address",
    "image_url": "Address of the picture",
    "returned_at": "Returned on",
    "amount": "Amount given back",
    "event": "What was done",
    "message_id": "Number of the event",
    "state": "Yes or no",
    "wording": "What they agreed to",
    "total": "Total",
}
SIDES = {"into": "Stays", "from": "Becomes that one"}
OPEN_WORDS = {
    "traits.": "A field of our own…",
    "properties.": "A detail of our own…",
    "consent.": "Consent to a topic…",
}
TYPES = (
    ("text", "Text"),
    ("integer", "Whole number"),
    ("decimal", "Number"),
    ("date", "Day"),
    ("time", "Moment"),
    ("flag", "Yes or no"),
)
CASES = (("", "As it is"), ("title", "Title Case"), ("lower", "lower case"), ("upper", "UPPER CASE"))
IF_WRONG = (("reject", "Reject the row"), ("leave_out", "Take the row without it"))
DECIMALS = (("", "Find out"), (".", "1,234.50"), (",", "1.234,50"))
FORMATS = (
    ("%d.%m.%Y", "31.12.2026"), ("%m/%d/%Y", "12/31/2026"), ("%d/%m/%Y", "31/12/2026"), ("%Y-%m-%d", "2026-12-31"),
    ("%d.%m.%y", "31.12.26"), ("%m-%d-%y", "12-31-26"), ("%Y%m%d", "20261231"), ("%d %b %Y", "31 Dec 2026"),
    ("%d.%m.%Y %H:%M", "31.12.2026 18:30"), ("%m/%d/%Y %I:%M %p", "12/31/2026 06:30 PM"),
)  # fmt: skip
CHOICES = {
    "bases": BASES,
    "types": TYPES,
    "cases": CASES,
    "if_wrong": IF_WRONG,
    "decimals": DECIMALS,
    "known_formats": FORMATS,
}
TIMES = ("time", "birth_date", "date")


def kind_options() -> list[dict[str, str]]:
    """Kinds as big choices, and the choice to find out."""
    known = ((kind, *KIND_WORDS[kind]) for kind in KINDS)
    unknown = ("", "Find out", "From the names of its columns.", "wand-sparkles")
    return [
        {"value": kind, "label": label, "hint": hint, "icon": icon}
        for kind, label, hint, icon in (unknown, *known)
    ]


def kind_label(kind: str) -> str:
    """What a kind is called; a run without a mapping has none."""
    return KIND_WORDS[kind][0] if kind in KIND_WORDS else "File"  # type: ignore[index]


def target_groups(kind: Kind) -> list[tuple[str, list[dict[str, Any]]]]:
    """What a column of this kind of file can fill, in groups."""
    found = imports.fields(kind)
    who = [_option(one) for one in found if one.name in WHO]
    own = [_option(one) for one in found if one.name not in WHO and not one.name.endswith(".")]
    more = [_option(one) for one in found if one.name.endswith(".")]
    groups = [("Who it is about", who), (kind_label(kind), own), ("Something of our own", more)]
    if kind == "merges":
        groups = [
            (label, [option for option in own if option["value"].startswith(f"{side}.")])
            for side, label in SIDES.items()
        ]
    return [(label, options) for label, options in groups if options]


def field_label(name: str) -> str:
    """What a field is called, as the head of a column."""
    space, _, own = name.partition(".")
    if space in SIDES:
        known = "Number of the person" if own == "id" else _who_label(own)
        return f"{SIDES[space]}: {known.lower() if known != 'E-mail address' else 'e-mail address'}"
    if own and f"{space}." in OPEN_WORDS:
        return own
    return _who_label(name) if ":" in name else LABELS.get(name) or wording.humanised(name)


def _who_label(name: str) -> str:
    base, _, system = name.partition(":")
    return f"{LABELS[base]} in {system}" if system else LABELS[name]


def _option(one: Fillable) -> dict[str, Any]:
    label = OPEN_WORDS.get(one.name) or field_label(one.name)
    return {
        "value": one.name,
        "label": f"{label} (needed)" if one.required else label,
        "is_time": one.type in TIMES,
    }
