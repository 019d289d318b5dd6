"""The rules of recognition over HTTP: shown, tried without a trace, saved, and refused beside the field."""

from __future__ import annotations

from cadenza.base import database
from cadenza.cdp.identity import service as identity
from cadenza.web.settings_identity import rows, why


def form(workspace, **changes):
    """What the page would send if nothing was touched, with changes; None leaves a box unticked."""
    with database.scope(workspace):
        held = identity.rules(workspace)
    told = {"most_identifiers": held.most_identifiers, "blocked.*": "\n".join(held.blocked["*"])}
    for row in rows(held):
        told |= {
            f"place.{row.kind}": row.place,
            f"limits.{row.kind}": row.limit,
            f"blocked.{row.kind}": row.blocked,
        }
        told |= {f"{name}.{row.kind}": "on" for name in ("joins", "apart", "access") if getattr(row, name)}
    return {name: value for name, value in (told | changes).items() if value is not None}


def test_saving_what_is_shown_changes_nothing(pages, workspace):
    with database.scope(workspace):
        before = identity.rules(workspace)
    assert pages.post("/settings/identity/", form(workspace)).status_code == 302
    with database.scope(workspace):
        assert identity.rules(workspace) == before


def test_rules_are_tried_without_a_trace_and_then_hold(pages, workspace, arrive, number):
    for who in ("u1", "u2"):
        arrive({"type": "identify", "userId": who, "traits": {"email": "ann@example.com"}})
    wanted = form(workspace, **{"apart.external_id": None, "limits.external_id": ""})
    tried = pages.post("/settings/identity/rehearse", wanted).content.decode()
    assert "<b>1</b> pair would become one person" in tried
    assert number("u1") != number("u2")
    assert pages.post("/settings/identity/", wanted).status_code == 302
    assert number("u1") == number("u2")


def test_who_stays_two_is_said_with_the_reason(pages, workspace, arrive):
    for who in ("u1", "u2"):
        arrive({"type": "identify", "userId": who, "traits": {"email": "ann@example.com"}})
    tried = pages.post("/settings/identity/rehearse", form(workspace)).content.decode()
    assert "because they have different customer numbers" in tried


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_saved(pages, workspace):
    for name, value in (("limits.email", "many"), ("limits.email", "0"), ("most_identifiers", "1")):
        answer = pages.post("/settings/identity/", form(workspace, **{name: value}))
        assert answer.status_code == 422
        assert f'id="field-{name}-error"' in answer.content.decode()
    with database.scope(workspace):
        assert identity.rules(workspace) == identity.Rules()


def test_a_person_who_is_many_is_listed(pages, workspace, arrive):
    pages.post("/settings/identity/", form(workspace, most_identifiers="3"))
    for place in range(5):
        arrive({"type": "identify", "userId": "u1", "anonymousId": f"d{place}"})
    assert "No incidents" not in pages.get("/settings/identity/").content.decode()


def test_reasons_are_words():
    assert why("too_many_email") == "would have too many together: e-mail"
    assert why("unmerged") == "were parted by hand"
