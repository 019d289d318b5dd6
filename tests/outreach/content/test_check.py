"""A template that cannot be right is refused when it is saved, with the line and the way out."""

from __future__ import annotations

import pytest

from cadenza.base.problem import BadInput
from cadenza.outreach.content.check import check
from cadenza.outreach.content.types import Variable
from cadenza.outreach.content.vocabulary import vocabulary
from tests.outreach.content.drafts import around, draft

KNOWN = dict(vocabulary()) | {
    "person.traits.tier": Variable("person.traits.tier", "Tier", "loyalty.programme")
}


def refusal(**more) -> BadInput:
    with pytest.raises(BadInput) as caught:
        check(draft(**more), KNOWN)
    return caught.value


def text(inside: str) -> str:
    return f"<mj-text>{inside}</mj-text>"


@pytest.mark.parametrize(
    ("written", "near"),
    [
        ("person.frist_name", "person.first_name"),
        ("first_name", "person.first_name"),
        ("person.traits.teir", "person.traits.tier"),
        ("shop.nmae", "shop.name"),
        ("unsubscribe", "unsubscribe_url"),
        ("person.first_name.x.y", "person.first_name"),
    ],
)
def test_an_unknown_variable_is_named_with_its_line_and_the_nearest_known(written: str, near: str):
    told = refusal(inside=f"<mj-text>\n\nHi {{{{ {written} }}}}</mj-text>")
    assert written in told.detail and told.at == "mjml line 6" and near in told.hint


@pytest.mark.parametrize("part", ["subject", "preheader"])
def test_subject_and_preheader_are_checked_alike(part: str):
    told = refusal(**{part: "Hi {{ person.nick }}"})
    assert told.at == f"{part} line 1"


@pytest.mark.parametrize(
    "written",
    [
        "{{ person[shop.name] }}",
        "{{ person }}",
        "{{ person.traits }}",
        "{% for field in person %}{{ field }}{% endfor %}",
        "{% assign p = person %}{{ p.gender }}",
        "{{ person | join: ',' }}",
        "{{ shop }}",
    ],
)
def test_what_cannot_be_told_before_sending_is_refused(written: str):
    assert refusal(inside=text(written)).at == "mjml line 4"


@pytest.mark.parametrize(
    "written",
    [
        "{% include 'x' %}", "{% render 'x' %}", "{% link 1 %}x{% endlink %}", "{{ person.first_name | safe }}",
        "{{ 'x' | env }}",
        "{{ person.first_name", "{% if person.first_name %}", "{% for %}", "{{ (1..30000000) | size }}",
        "{% assign many = (1..30000000) %}", "{% if x y z %}{% endif %}", "{{ 'x' | base64_decode }}",
    ],
)  # fmt: skip
def test_what_is_not_our_liquid_is_refused_with_its_line(written: str):
    told = refusal(inside=text(written))
    assert told.at.startswith("mjml line") and told.hint


def test_local_names_loops_and_computed_conditions_are_fine():
    inside = text(
        "{% assign n = person.first_name | default: 'you' %}{{ n }}"
        "{% for i in (1..3) %}{{ i }}{{ forloop.index }}{% endfor %}"
        "{% if person.traits.tier == 'gold' and person.birth_date %}x{% endif %}{{ person.first_name.size }}"
    )
    found = check(draft(inside), KNOWN)
    assert {variable.path for variable, _ in found.reads} == {
        "person.first_name",
        "person.traits.tier",
        "person.birth_date",
    }


def test_reads_carry_their_category_and_first_place():
    found = check(draft(text("\n{{ person.gender }}"), subject="Hi {{ person.first_name }}"), KNOWN)
    assert {(v.path, v.category, str(use.place)) for v, use in found.reads} == {
        ("person.first_name", "person.name", "subject line 1"),
        ("person.gender", "person.gender", "mjml line 5"),
    }


@pytest.mark.parametrize(
    ("inside", "words", "line"),
    [
        ("<mj-text>\nHi", "<mj-text> cannot stand inside <mj-text>", 6),
        ("<mj-txt>Hi</mj-txt>", "<mj-txt> is not an MJML tag", 4),
        ("<mj-column></mj-column>", "cannot stand inside <mj-column>", 4),
        ("\n<p>Hi</p>", "<p> is not an MJML tag", 5),
        ("\n\nHello", "stands outside of any text", 6),
        ("{{ shop.name }}", "printed outside of any text", 4),
        ("<mj-text {% if shop.name %}x{% endif %}>Hi</mj-text>", "among the attributes", 4),
        ("</mj-text>", "closes nothing here", 4),
        ("<mj-include path='x' />", "<mj-include> is not supported", 4),
        ("<mj-raw><script>alert(1)</script></mj-raw>", "<script> does not belong into a mail", 4),
        ("<mj-text><p\nonclick='x'>Hi</p></mj-text>", "onclick runs a script", 4),
        ("<mj-text><iframe src='https://x.example'></iframe></mj-text>", "<iframe>", 4),
        ("<mj-text>\n<a href='javascript:alert(1)'>x</a></mj-text>", "leads nowhere", 5),
        ("<mj-text><a href='java&#115;cript:alert(1)'>x</a></mj-text>", "leads nowhere", 4),
        ("<mj-button href='data:text/html,x'>x</mj-button>", "leads nowhere", 4),
        ("<mj-button href='www.shop.example'>x</mj-button>", "leads nowhere", 4),
        ("<mj-button href='#'>x</mj-button>", "leads nowhere", 4),
        ("<mj-image src='file:///etc/passwd' />", "leads nowhere", 4),
        (
            "<mj-social><mj-social-element name='facebook' href='https://f.example'/></mj-social>",
            "no picture",
            4,
        ),
    ],
)
def test_broken_mjml_names_the_line(inside: str, words: str, line: int):
    told = refusal(inside=inside)
    assert words in told.detail and told.at == f"mjml line {line}" and told.hint


@pytest.mark.parametrize("mjml", ["hello", "<mjml></mjml>", "<html><body>x</body></html>", "<mjml><mj-body>"])
def test_what_is_no_mjml_document_is_refused(mjml: str):
    assert refusal(mjml=mjml).at.startswith("mjml")


@pytest.mark.parametrize(
    "href",
    ["http://a.example", "HTTPS://a.example", "mailto:a@b.example", "tel:+371", "{{ shop.url }}/x", "#top"],
)
def test_links_of_a_mail_are_fine(href: str):
    check(draft(f"<mj-button href='{href}'>x</mj-button>"), KNOWN)


def test_a_template_one_cannot_leave_is_refused():
    told = refusal(mjml=around("<mj-text>Hi</mj-text>").replace("{{ unsubscribe_url }}", "https://x.example"))
    assert "unsubscribe" in told.detail
    assert "unsubscribe" in refusal(text_override="Hello").detail


@pytest.mark.parametrize(
    ("more", "at"),
    [({"name": " "}, "name"), ({"subject": ""}, "subject"), ({"subject": "a\nb"}, "subject"),
     ({"subject": "x" * 301}, "subject"),
     ({"mjml": "x" * 600_000}, "mjml"), ({"preheader": "a\u2028b"}, "preheader")],
)  # fmt: skip
def test_sizes_and_line_breaks(more: dict[str, str], at: str):
    assert refusal(**more).at == at


def test_advice_names_variables_without_fallback_and_says_what_happens():
    found = check(draft(text("{{ person.first_name }} {{ person.last_name | default: 'x' }}")), KNOWN)
    assert [(a.at, "first_name" in a.detail, "left out" in a.detail) for a in found.advice] == [
        ("mjml line 4", True, True)
    ]
    asked = draft(text("{% if person.first_name %}{{ person.first_name }}{% endif %}"))
    assert check(asked, KNOWN).advice == ()


def test_advice_asks_for_address_and_preheader():
    found = check(
        draft(preheader="", mjml=around("<mj-text>Hi</mj-text>").replace("{{ shop.address }}", "")), KNOWN
    )
    assert {a.at for a in found.advice} == {"mjml", "preheader"}
