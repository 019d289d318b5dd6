"""One person's mail: what is filled in, what is escaped, what is counted, and what is left out."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cadenza.outreach.content.compile import compile
from cadenza.outreach.content.render import render
from cadenza.outreach.content.types import Rendered, Skipped, Ways
from tests.outreach.content.drafts import draft

ANN = {
    "first_name": "Ann",
    "last_name": "O'Neil",
    "birth_date": date(1990, 4, 3),
    "traits": {"tier": "gold", "sizes": ["S", "M"]},
}
WAYS = Ways(
    "https://t.example/u/1", "https://t.example/v/1", "", lambda number, url: f"https://t.example/c/{number}"
)


def context(**person: Any) -> dict[str, Any]:
    shop = {"name": "Tom & Co", "url": "https://shop.example", "address": "1 Main Street"}
    now = datetime(2030, 3, 1, 23, 30, tzinfo=UTC)
    return {
        "person": person or ANN,
        "shop": shop,
        "campaign": {"name": "Spring"},
        "now": now,
        "@locale": "en",
        "@currency": "EUR",
        "@time_zone": "Europe/Riga",
    }


def made(inside: str, ways: Ways = WAYS, person: dict[str, Any] | None = None, **more: Any) -> Any:
    return render(compile(draft(f"<mj-text>{inside}</mj-text>", **more)), context(**(person or {})), ways)


def shown(written: str, person: dict[str, Any] | None = None) -> str:
    """What the text part says for this."""
    return made(f"[[{written}]]", person=person).text.partition("[[")[2].partition("]]")[0]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("{{ person.first_name }}", "Ann"),
        ("{{ person.nick | default: 'you' }}", "you"),
        ("{% if person.nick %}a{% else %}b{% endif %}", "b"),
        ("{% if person.nick == blank %}b{% endif %}", "b"),
        ("{% unless person.nick %}b{% endunless %}", "b"),
        (
            "{% if person.nick != blank %}a{% else %}b{% endif %}{% if person.first_name != blank %}c{% endif %}",
            "bc",
        ),
        ("{{ person.points | plus: 1 | default: 'none' }}", "none"),
        ("{% if person.traits.tier == 'gold' %}VIP{% endif %}", "VIP"),
        ("{% for s in person.traits.sizes %}{{ s }},{% endfor %}", "S,M,"),
        ("{% for s in person.traits.none %}{{ s }},{% endfor %}", ""),
        ("{{ person.birth_date | date: '%-d %B' }}", "3 April"),
        ("{{ person.birth_date | date: 'd MMMM yyyy' }}", "3 April 1990"),
        ("{{ person.birth_date | date: 'long' }}", "April 3, 1990"),
        ("{{ now | date: '%Y-%m-%d %H:%M' }}", "2030-03-02 01:30"),
        ("{{ 'now' | date: '%d/%m/%Y' }}", "02/03/2030"),
        ("{{ '2030-05-01' | days_until }}", "60"),
        ("{{ 1299.5 | money }}", "€1,299.50"),
        ("{{ '10' | money: 'USD' }}", "$10.00"),
        ("{{ 12345.678 | number }}", "12,345.678"),
        ("{{ 12345.678 | number: 1 }}", "12,345.7"),
        ("{{ 0.25 | percent }}", "25%"),
        ("{{ person.first_name | possessive }}", "Ann’s"),
        ("{{ person.last_name | upcase }}", "O'NEIL"),
        ("{{ shop.name }}", "Tom & Co"),
    ],
)
def test_what_a_marketer_writes_and_a_person_reads(written: str, read: str):
    assert shown(written) == read


def test_subject_and_preheader_are_filled_and_one_line():
    rendered = made("x", subject="Hi {{ person.first_name }}", preheader="For <{{ person.last_name }}>")
    assert (rendered.subject, rendered.preheader) == ("Hi Ann", "For <O'Neil>")
    assert "For &lt;O&#39;Neil&gt;" in rendered.html
    broken = made("x", person={"first_name": "A\r\nBcc: evil"}, subject="Hi {{ person.first_name }}")
    assert broken.subject == "Hi A Bcc: evil"


@pytest.mark.parametrize(
    "name",
    [
        "{{ secrets }}",
        "{% for i in (1..9) %}x{% endfor %}",
        "{{ shop.name }}",
        "{{ ''.__class__ }}",
        "{% link 0 %}x{% endlink %}",
        "zqcdz0z",
    ],
)
def test_personal_data_is_never_a_template(name: str):
    rendered = made("[[{{ person.first_name }}]]", person={"first_name": name})
    assert f"[[{name}]]" in rendered.text


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a & b", "'onload='x"]
)
def test_personal_data_is_escaped_in_html_and_plain_in_text(name: str):
    inside = "{{ person.first_name }}<a href='https://x.example' "
    inside += "title='{{ person.first_name }}'>x</a>{{ person.first_name | upcase }}"
    rendered = made(inside, person={"first_name": name})
    assert name not in rendered.html and name.upper() not in rendered.html
    assert name in rendered.text


@pytest.mark.parametrize(
    "written",
    ["{{ person.__class__ }}", "{{ person.first_name.__class__ }}", "{{ shop.items }}", "{{ person.keys }}"],
)
def test_nothing_of_python_can_be_reached(written: str):
    assert isinstance(made(written), Skipped)


def test_who_lacks_a_value_is_skipped_and_the_value_named():
    assert made("{{ person.city }}") == Skipped("missing_data", "person.city is not known")
    assert isinstance(made("{{ person.city }}", skip_missing=False), Rendered)
    assert made("x", subject="{{ person.city | default: '' }}") == Skipped(
        "missing_data", "The subject is empty."
    )


def test_links_are_numbered_counted_and_their_addresses_told():
    inside = (
        '<a href="https://a.example/?x=1&y={{ person.last_name | url_encode }}">one</a> '
        '<a href="{{ shop.url }}/b">two</a> '
        '<a href="mailto:x@y.example">three</a>'
    )
    told: list[tuple[int, str]] = []
    ways = Ways(
        "https://t.example/u/1",
        link=lambda number, url: told.append((number, url)) or f"https://t.example/c/{number}",
    )
    rendered = made(inside, ways)
    assert rendered.links == ((0, "https://a.example/?x=1&y=O%27Neil"), (1, "https://shop.example/b"))
    assert {number for number, _ in told} == {0, 1}
    assert 'href="https://t.example/c/0"' in rendered.html and "https://t.example/c/1" in rendered.text
    assert 'href="mailto:x@y.example"' in rendered.html and "https://t.example/u/1" in rendered.html


@pytest.mark.parametrize(
    "value",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " java\tscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "//evil.example",
        "\x01javascript:x",
        "file:///x",
    ],
)
def test_an_address_out_of_personal_data_cannot_bite(value: str):
    rendered = made(
        '<a href="{{ person.first_name }}">x</a>', Ways("https://t.example/u/1"), {"first_name": value}
    )
    assert 'href="#"' in rendered.html and rendered.links == ()


def test_an_address_is_written_so_that_it_works():
    rendered = made(
        '<a href="https://bücher.example/a b/ü?q={{ person.first_name }}">x</a>',
        Ways("https://t.example/u/1"),
        {"first_name": 'é "<'},
    )
    assert rendered.links == ((0, "https://xn--bcher-kva.example/a%20b/%C3%BC?q=%C3%A9%20%22%3C"),)


def test_the_pixel_is_there_only_when_asked_for():
    assert "<img" not in made("x").html
    assert (
        '<img src="https://t.example/o/1.gif"'
        in made("x", Ways("https://t.example/u/1", pixel_url="https://t.example/o/1.gif")).html
    )


BOMBS = [
    "{% for a in (1..9999) %}{% for b in (1..9999) %}x{% endfor %}{% endfor %}",
    "{% assign a = 'xxxxxxxxxx' %}{% for i in (1..60) %}{% assign a = a | append: a %}{% endfor %}",
    "{% assign a = 'x' %}{% for i in (1..4000) %}{% assign a = a | replace: 'x', 'xxxxxxxxxx' %}{% endfor %}",
    "{{ 'aaaaaaaaaa'" + " | replace: 'a', 'aaaaaaaaaa'" * 12 + " }}",
    "{{ 'a,a,a,a,a,a' | split: ','"
    + " | join: 'a,a,a,a,a,a,a,a,a,a,a,a,a,a' | split: ','" * 9
    + " | size }}",
    "{% for i in (1..5000) %}" + "{{ shop.name }}" * 400 + "{% endfor %}",
    "{% assign a = 9 %}{% for i in (1..400) %}{% assign a = a | times: a %}{% endfor %}",
    "{% capture a %}{% for i in (1..4999) %}"
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx{% endfor %}{% endcapture %}"
    "{% for i in (1..99) %}{{ a }}{% endfor %}",
    "{{ 'x' | truncate: 99999999999 | ljust: 99999999 }}",
]


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_go_out_quickly(bomb: str):
    began = time.thread_time()
    assert isinstance(made(bomb), Skipped)
    assert time.thread_time() - began < 2


names = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)


@settings(max_examples=200, deadline=None)
@given(first=names, last=names)
def test_any_name_gives_a_mail_with_the_same_tags(first: str, last: str):
    import re

    inside = '{{ person.first_name }} <a href="https://a.example/?q={{ person.last_name }}" '
    inside += 'title="{{ person.first_name }}">{{ person.last_name }}</a>'
    rendered = made(inside, person={"first_name": first, "last_name": last})
    plain = made(inside, person={"first_name": "Ann", "last_name": "Ozola"})
    tags = re.compile(r"<(/?[a-zA-Z!][^\s>]*)")
    assert tags.findall(rendered.html) == tags.findall(plain.html)
    assert rendered.html.count('"') == plain.html.count('"')
