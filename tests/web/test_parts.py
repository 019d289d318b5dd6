"""The parts escape what they are given, say what is wrong beside its field, and the design page shows them all."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory

from cadenza.base.problem import BadInput
from cadenza.web import design
from cadenza.web.templatetags import controls, parts

BAD = '<script>alert("x")</script>'


def drawn(source: str, **context: Any) -> str:
    return Template("{% load parts %}" + source).render(Context(context))


@pytest.mark.parametrize(
    "source",
    [
        "{% badge bad %}",
        "{% person bad bad key=1 %}",
        "{% stat bad bad hint=bad %}",
        "{% progress 1 2 label=bad detail=bad %}",
        "{% pair bad bad copy=True %}",
        "{% code bad label=bad %}",
        '{% input "name" bad value=bad hint=bad placeholder=bad %}',
        "{% bars rows label=bad %}",
        "{% page bad subtitle=bad %}{% endpage %}",
        "{% event bad %}{{ bad }}{% endevent %}",
    ],
)
def test_whatever_people_write_is_escaped(source: str) -> None:
    assert "<script" not in drawn(source, bad=BAD, rows=[{"label": BAD, "value": 1}])


def test_an_unknown_icon_says_where_icons_live() -> None:
    with pytest.raises(TemplateSyntaxError, match=r"icons\.svg"):
        drawn('{% icon "no-such-icon" %}')


def test_a_problem_stands_beside_the_field_it_is_about() -> None:
    refusal = BadInput("Unknown variable.", at="subject", hint="Did you mean first_name?")
    beside = drawn('{% input "subject" "Subject" problem=refusal %}', refusal=refusal)
    assert 'aria-invalid="true"' in beside
    assert 'aria-describedby="field-subject-error"' in beside
    assert "Unknown variable. Did you mean first_name?" in beside
    assert "aria-invalid" not in drawn('{% input "name" "Name" problem=refusal %}', refusal=refusal)


def test_attributes_are_written_with_hyphens_and_false_ones_left_out() -> None:
    assert controls.flat({"hx_get": "/x?a=1&b", "required": True, "disabled": False, "title": None}) == (
        ' hx-get="/x?a=1&amp;b" required'
    )


def test_a_change_is_coloured_by_what_is_good() -> None:
    assert 'data-tone="positive"' in parts.delta(0.1)
    assert 'data-tone="positive"' in parts.delta(-0.1, good="down")
    assert 'data-tone="critical"' in parts.delta(-0.1)
    assert 'data-tone="neutral"' in parts.delta(0)


def test_a_column_head_turns_its_direction_and_forgets_the_cursor() -> None:
    request = RequestFactory().get("/people?sort=name&after=x&q=ann")
    head = drawn('{% th "Name" sort="name" %}', request=request)
    assert 'aria-sort="ascending"' in head
    assert "sort=-name" in head and "q=ann" in head and "after" not in head


@pytest.mark.parametrize(("path", "label"), [("/", "Dashboard"), ("/people/7", "People"), ("/peoples", None)])
def test_the_navigation_marks_where_we_are(path: str, label: str | None) -> None:
    items = parts.navigation({"request": SimpleNamespace(path=path), "demo": False})["items"]
    assert [item[0] for item in items if item[3]] == ([label] if label else [])
    assert "Mailbox" not in [item[0] for item in items]


def test_the_theme_is_what_the_cookie_says_and_nothing_else() -> None:
    for cookie, theme in (("dark", "dark"), ('"><script>', "auto"), ("", "auto")):
        request = SimpleNamespace(COOKIES={"cadenza_theme": cookie})
        assert parts.theme({"request": request}) == theme


def test_the_design_page_shows_every_part_without_inline_script() -> None:
    request = RequestFactory().get("/design")
    request.user = AnonymousUser()
    page = design.design(request).content.decode()
    for part in (
        "time-chart",
        "funnel",
        "stepper",
        "dropzone",
        "timeline",
        "segmented",
        "pagination",
        "banner",
    ):
        assert part in page
    assert " onclick=" not in page and "hx-on" not in page and "javascript:" not in page
