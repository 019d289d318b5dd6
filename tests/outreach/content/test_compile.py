"""MJML in, a mail out: Liquid unharmed, links numbered, nothing loaded from third parties, a text for everyone."""

from __future__ import annotations

import re

import pytest

from cadenza.outreach.content.compile import compile
from cadenza.outreach.content.types import Link
from tests.outreach.content.drafts import around, draft


def test_liquid_survives_wherever_it_stands():
    compiled = compile(
        draft(
            "{% if shop.name == \"A 'B' <C>\" %}\n<mj-text css-class='x{{ shop.name }}'>"
            'a < b & c {{ shop.name | default: "<b>&" }}<br>&nbsp;</mj-text>'
            '\n{% endif %}<mj-image src="{{ shop.url }}/a.png" alt="{{ shop.name | default: \'x\' }}" />'
        )
    )
    for piece in (
        "{% if shop.name == \"A 'B' <C>\" %}",
        '{{ shop.name | default: "<b>&" }}',
        'src="{{ shop.url }}/a.png"',
        "a < b & c",
    ):
        assert piece in compiled.html, piece
    assert "zqcdz" not in compiled.html + compiled.text


def test_sections_may_stand_in_conditions():
    mjml = around("<mj-text>Hi</mj-text>").replace("<mj-section>", "{% if shop.name %}<mj-section>", 1)
    compiled = compile(draft(mjml=mjml.replace("</mj-section>", "</mj-section>{% endif %}")))
    inside = compiled.html.partition("{% if shop.name %}")[2].partition("{% endif %}")[0]
    assert inside.count("<!--[if mso") == inside.count("<![endif]-->")


def test_links_are_numbered_in_the_order_of_the_mail():
    compiled = compile(
        draft(
            '<mj-button href="https://a.example/?a=1&b=2">Go <b>now</b></mj-button>'
            '<mj-text><a href="mailto:x@y.example">x</a>'
            '<a class="x" href=\'{{ shop.url }}\'><img alt="Shop" src="https://a.example/x.png"></a></mj-text>'
        )
    )
    assert compiled.links == (
        Link(0, "https://a.example/?a=1&b=2", "Go now"),
        Link(1, "{{ shop.url }}", "Shop"),
    )
    assert '<a href="{% link 0 %}https://a.example/?a=1&amp;b=2{% endlink %}"' in compiled.html.replace(
        "<a\n", "<a "
    )
    assert 'href="{{ unsubscribe_url }}"' in compiled.html


def test_nothing_is_loaded_from_third_parties():
    compiled = compile(draft("<mj-text font-family='Ubuntu, Roboto'>Hi</mj-text>"))
    outside = re.sub(r'xmlns(:\w+)?="[^"]*"', "", compiled.html)
    assert not re.findall(r"https?://(?!www\.w3\.org)[^\s\"']+", outside)
    assert "@import" not in outside and "<link" not in outside


def test_inline_styles_go_into_the_elements():
    head = "<mj-head><mj-style inline='inline'>.red b { color: red }</mj-style></mj-head>"
    mjml = around("<mj-text css-class='red'><b>{{ shop.name }}</b></mj-text>", head)
    assert re.search(r'<b style="color: red;?">\{\{ shop.name \}\}</b>', compile(draft(mjml=mjml)).html)


def test_the_text_part_says_it_all_with_addresses():
    compiled = compile(
        draft(
            '<mj-text><h1>Big</h1><p>One&nbsp;two</p></mj-text><mj-button href="{{ shop.url }}">Go</mj-button>'
        )
    )
    assert compiled.text == (
        "Big\n\nOne two\n\nGo ( {% link 0 %}{{ shop.url }}{% endlink %} )\n\n"
        "{{ shop.address }} Unsubscribe ( {{ unsubscribe_url }} )\n"
    )


def test_a_text_of_ones_own_shares_the_numbers():
    written = "See {{ shop.url }} or https://a.example/x "
    written += "and https://b.example/y?z={{ shop.name }}.\n{{ unsubscribe_url }}"
    compiled = compile(draft('<mj-button href="https://a.example/x">Go</mj-button>', text_override=written))
    assert (
        "{% link 0 %}https://a.example/x{% endlink %} and {% link 1 %}https://b.example/y?z={{ shop.name }}"
        in compiled.text
    )
    assert [link.index for link in compiled.links] == [0, 1]


def test_the_preheader_is_hidden_and_escaped():
    html = compile(draft(preheader="a < b {{ shop.name }}")).html
    assert re.search(r"<body[^>]*><div style=\"display:none[^>]*>a &lt; b \{\{ shop.name \}\}", html)


@pytest.mark.parametrize("given", ["<mjml>", '<mjml lang="lv">'])
def test_the_language_is_told(given: str):
    html = compile(draft(mjml=around("<mj-text>x</mj-text>").replace("<mjml>", given)), lang="de").html
    assert f'<html lang="{"lv" if "lv" in given else "de"}"' in html


def test_a_mail_needs_no_encoding_where_the_data_needs_none():
    style = "<mj-head><mj-style>b::after { content: '✓' }</mj-style></mj-head>"
    html = compile(
        draft(mjml=around("<mj-text>① naïve · {{ shop.name | default: 'ü' }}</mj-text>" * 20, style))
    ).html
    assert "&#9312; na&#239;ve &#183; {{ shop.name | default: 'ü' }}" in html and "content: '✓'" in html
    assert max(len(line) for line in html.splitlines()) < 900


def test_spaces_that_nobody_sees_do_not_travel():
    assert (
        "  "
        not in compile(draft("<mj-text>a\n\n   b   c</mj-text>\n   {% if shop.name %}\n   {% endif %}")).html
    )
    assert "a   b" in compile(draft("<mj-text><pre>a   b</pre></mj-text>")).html
