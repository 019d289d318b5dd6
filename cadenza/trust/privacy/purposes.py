"""The purposes of the data-processing agreement, read once from `purposes.toml` into frozen values.

What the agreement says of all purposes alike, and the recipients that its notes name, is added here, so that
the register, the notice and the export tell the same.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from cadenza.trust.privacy.types import Purpose

PERIOD = "While the contract runs; deleted within 30 days of its end; backups purged 6 months after deletion."
INSTRUCTION = "Documented instruction of the controller (GDPR Art. 28(3)(a))"
CONSENT = f"{INSTRUCTION}; a message only with the person's consent (Art. 6(1)(a))"
STAFF = f"{INSTRUCTION}; security of processing (Art. 32)"
AD_TOOLS = (
    "The advertising tool that the controller chooses",
    "An integrator in the EU that stores in the US",
)

BASES = dict.fromkeys(("I.8", "I.10", "I.11", "I.12", "I.13", "I.14"), CONSENT)
RECIPIENTS = {
    "I.10": ("The mail server that the controller sets",),
    "I.11": ("The SMS provider that the controller chooses",),
    "I.12": ("The Viber provider that the controller chooses",),
    "I.13": ("Google Firebase (US)", "Apple Push Notifications (US)", "Huawei Push Kit (China)"),
    "I.14": ("The push service of the person's browser",),
    "I.16": AD_TOOLS,
    "I.17": AD_TOOLS,
    "I.18": AD_TOOLS,
    "I.19": ("The service that the controller connects",),
}


@cache
def purposes() -> tuple[Purpose, ...]:
    """All purposes, in the order of the agreement."""
    told = files(__package__).joinpath("purposes.toml").read_text(encoding="utf-8")
    return tuple(_purpose(entry) for entry in tomllib.loads(told)["purpose"])


def _purpose(entry: dict[str, Any]) -> Purpose:
    return Purpose(
        id=entry["id"],
        title=entry["title"],
        module=entry["module"],
        subjects=entry["subjects"],
        categories=tuple(entry["categories"]),
        note=entry.get("note", ""),
        basis=BASES.get(entry["id"], STAFF if entry["id"].startswith("III.") else INSTRUCTION),
        recipients=RECIPIENTS.get(entry["id"], ()),
        period=PERIOD,
    )
