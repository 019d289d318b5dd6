"""The processing register is complete, and the page in docs/ is what this version says."""

from __future__ import annotations

from pathlib import Path

import cadenza
from cadenza.trust.privacy import service
from cadenza.trust.privacy.purposes import purposes
from cadenza.trust.privacy.render import render
from cadenza.trust.privacy.types import Holding, ProcessingRegister

PAGE = Path(cadenza.__file__).parent.parent / "docs" / "processing-register.md"


def test_the_page_tells_purposes_places_and_shares():
    page = render(
        ProcessingRegister(
            purposes=purposes()[:1],
            holdings=(Holding("profiles_profile", "email", "contact.email"),),
            events=(Holding("Product Viewed", "*", "behaviour.catalog"),),
            shares={"profiles": ("profiles_profile",), "events": ()},
        )
    )
    assert "### I.1 Create a person's profile" in page
    assert "| E-mail address (`contact.email`) | `profiles_profile.email` |" in page
    assert "| Product Viewed | `*` | Products and categories viewed (`behaviour.catalog`) |" in page
    assert "| profiles | `profiles_profile` |" in page and "| events | outside PostgreSQL |" in page


def test_every_declared_field_uses_the_vocabulary_and_lies_in_a_share():
    from cadenza.trust.privacy.categories import categories

    register = service.processing_register()
    assert {h.category for h in register.holdings} <= categories()
    covered = {table for tables in register.shares.values() for table in tables}
    own = {h.place for h in register.holdings if h.place.startswith(("consent_", "privacy_", "accounts_"))}
    assert own <= covered


def test_the_page_in_docs_is_fresh():
    assert PAGE.read_text(encoding="utf-8") == service.processing_register_page(), "Run `make docs`."
