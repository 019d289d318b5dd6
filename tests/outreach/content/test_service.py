"""Templates as a marketer keeps them, on the real engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from cadenza.base import database
from cadenza.base.ids import ProfileId
from cadenza.base.problem import BadInput, Conflict, NotFound
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import TraitChange
from cadenza.outreach.content import service
from cadenza.outreach.content.types import Rendered, Skipped, Ways
from cadenza.trust.privacy import service as privacy
from tests.outreach.content.drafts import draft

AT = datetime(2026, 3, 1, tzinfo=UTC)
HELLO = draft(
    "<mj-text>Hi {{ person.first_name | default: 'you' }}, {{ person.birth_date | date: '%d.%m.' }}</mj-text>"
)
WAYS = Ways("https://t.example/u/1")


def person(workspace, email: str, **values) -> ProfileId:
    found = identity.resolve(workspace, [[Identifier("email", email)]], at=AT, source="test")[0].profile
    profiles.apply(workspace, [TraitChange(found, {"email": email} | values, AT)])
    return found


def test_a_template_is_saved_in_versions_and_a_campaign_may_hold_on_to_one(workspace):
    with database.scope(workspace):
        first = service.save(workspace, HELLO)
        second = service.save(workspace, replace(HELLO, subject="New"), first.id, seen=1)
        assert (first.version, second.version, service.one(workspace, first.id).subject) == (1, 2, "New")
        assert service.compiled(workspace, first.id, 1).subject == "Hello"
        assert service.compiled(workspace, first.id).reads == {"person.first_name", "person.birth_date"}
        with pytest.raises(Conflict):
            service.save(workspace, HELLO, first.id, seen=1)


def test_templates_are_copied_put_away_and_taken_out(workspace):
    with database.scope(workspace):
        template = service.save(workspace, HELLO)
        copy = service.duplicate(workspace, template.id)
        assert copy.name == "Copy of Test" and {t.id for t in service.all(workspace)} == {
            template.id,
            copy.id,
        }
        service.archive(workspace, template.id)
        assert [t.id for t in service.all(workspace)] == [copy.id]
        assert [t.id for t in service.all(workspace, archived=True)] == [template.id]
        service.restore(workspace, template.id)
        assert len(service.all(workspace)) == 2


def test_a_template_of_another_workspace_is_not_there(workspace):
    from cadenza.trust.accounts import service as accounts

    with database.scope(workspace):
        template = service.save(workspace, HELLO)
    with database.system_scope():
        other = accounts.create_workspace("Other").id
    with database.scope(other), pytest.raises(NotFound):
        service.compiled(other, template.id)


def test_data_outside_of_the_purpose_is_refused_with_the_field_named(workspace):
    gendered = draft("<mj-text>\n{% if person.gender == 'f' %}Ms{% endif %}</mj-text>")
    with database.scope(workspace):
        with pytest.raises(BadInput) as refusal:
            service.save(workspace, gendered)
        assert "gender" in str(refusal.value) and "mjml line 5" in str(refusal.value)
        assert "person.gender" not in {v.path for v in service.permitted(workspace)}


def test_an_extended_purpose_allows_it(workspace):
    with database.scope(workspace):
        privacy.extend(workspace, "I.10", "person.gender", "owner", "Our salutation needs it.")
        assert (
            service.save(workspace, draft("<mj-text>{{ person.gender | default: '' }}</mj-text>")).version
            == 1
        )


def test_traits_are_known_by_name_and_checked_by_category(workspace):
    tier = draft("<mj-text>{{ person.traits.shirt_size | default: '-' }}</mj-text>")
    with database.scope(workspace):
        with pytest.raises(BadInput, match="not a variable"):
            service.save(workspace, tier)
        profiles.define_field(workspace, "shirt_size", "text", "custom.fields", "Shirt size")
        with pytest.raises(BadInput, match="shirt_size"):
            service.save(workspace, tier)  # custom.fields is not in I.10
        privacy.extend(workspace, "I.10", "custom.fields", "owner", "Sizes in mails.")
        service.save(workspace, tier)


def test_a_batch_renders_everyone_by_what_is_known_of_them(workspace, clock):
    with database.scope(workspace):
        ann = person(workspace, "ann@example.com", first_name="Ann <b>", birth_date=date(1990, 4, 3))
        bob = person(workspace, "bob@example.com", first_name="Bob")
        template = service.save(workspace, HELLO)
        gone = ProfileId(999_999_999)
        made = service.render_batch(
            workspace, service.compiled(workspace, template.id), dict.fromkeys((ann, bob, gone), WAYS)
        )
    assert isinstance(made[ann], Rendered) and "Hi Ann &lt;b&gt;, 03.04." in made[ann].html
    assert made[bob] == Skipped("missing_data", "person.birth_date is not known")
    assert made[gone].reason == "missing_person"


def test_a_campaigns_own_subject_gets_what_it_reads(workspace):
    with database.scope(workspace):
        ann = person(workspace, "ann@example.com", last_name="Ozola", birth_date=date(1990, 4, 3))
        compiled = service.compiled(workspace, service.save(workspace, HELLO).id)
        own = replace(compiled, subject="For {{ person.last_name }}")
        assert service.render_batch(workspace, own, {ann: WAYS})[ann].subject == "For Ozola"


def test_only_what_the_template_reads_is_handed_to_it(workspace):
    with database.scope(workspace):
        ann = person(workspace, "ann@example.com", first_name="Ann", last_name="Ozola")
        template = service.save(workspace, HELLO)
        context = service.contexts(workspace, service.compiled(workspace, template.id), [ann])[ann]
    assert context["person"] == {"first_name": "Ann", "traits": {}}


def test_a_preview_shows_a_person_or_an_example_and_is_safe_to_show(workspace, clock):
    evil = draft(
        "<mj-text>Hi {{ person.first_name | default: 'you' }} <b style='x'>b</b></mj-text>",
        subject="{{ person.first_name }}!",
    )
    with database.scope(workspace):
        ann = person(workspace, "ann@example.com", first_name="<img src=x onerror=alert(1)>")
        shown = service.preview(workspace, evil, ann)
        assert shown.subject == "<img src=x onerror=alert(1)>!"
        assert (
            "onerror=alert" not in shown.safe_html.replace("&lt;img src=x onerror=alert(1)&gt;", "")
            and "<b" in shown.safe_html
        )
        assert "<style" not in shown.safe_html and "unsubscribe" in shown.safe_html.lower()
        assert service.preview(workspace, evil).subject == "Ann!"
        assert (
            service.preview(workspace, HELLO, person(workspace, "bob@example.com")).skipped.reason
            == "missing_data"
        )
        with pytest.raises(NotFound):
            service.preview(workspace, evil, ProfileId(999_999_999))


def test_every_starter_can_be_saved_and_previewed_without_advice(workspace):
    with database.scope(workspace):
        for starter in service.starters():
            assert service.advise(workspace, starter.draft) == (), starter.key
            assert service.save(workspace, starter.draft).version == 1
            shown = service.preview(workspace, starter.draft)
            assert shown.skipped is None and "Unsubscribe" in shown.html and "Test shop" in shown.text
