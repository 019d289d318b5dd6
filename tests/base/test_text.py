"""Two spellings of one address become one; what is none is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadenza.base import text
from cadenza.base.problem import BadInput


@pytest.mark.parametrize(
    ("told", "found"),
    [(" Ann@Example.COM ", "ann@example.com"), ("ann+x@example.com", "ann+x@example.com"),
     ("o'hara@example.com", "o'hara@example.com"), ("a@münchen.example", "a@münchen.example"),
     ("a@xn--mnchen-3ya.example", "a@münchen.example")],
)  # fmt: skip
def test_an_address_has_one_spelling(told, found):
    assert text.email(told) == found


@pytest.mark.parametrize(
    "noise",
    ["", "x", "@", "a@", "@b.com", "a@b", "a b@c.com", "a..b@c.com", ".a@c.com", "a.@c.com", "a@b..com", "a@-b.com",
     "a@b.com\r\nBcc: x@y.com", "a@b.com\x00", "\ud800@b.com", "a" * 255 + "@b.com", "a@" + "b." * 200 + "com",
     "a@b.com,c@d.com", "Ann <a@b.com>", "a@" + ".".join(["b" * 63] * 6) + ".com"],
)  # fmt: skip
def test_what_is_no_address_is_refused(noise):
    with pytest.raises(BadInput):
        text.email(noise)


@given(st.one_of(st.text(), st.emails()))
def test_an_address_made_comparable_stays_so(told):
    try:
        found = text.email(told)
    except BadInput:
        return
    assert text.email(found) == found


@pytest.mark.parametrize(
    ("told", "region", "found"),
    [("+371 2000 0000", "", "+37120000000"), ("20000000", "LV", "+37120000000"), ("20000000", "lv", "+37120000000"),
     ("00371 20000000", "LV", "+37120000000"), ("(415) 555-2671", "US", "+14155552671")],
)  # fmt: skip
def test_a_phone_number_has_one_spelling(told, region, found):
    assert text.phone(told, region) == found


@pytest.mark.parametrize("noise", ["", "x", "20000000", "+1", "+" + "9" * 40, "1" * 5000, "\x00", "\ud800"])
def test_what_is_no_phone_number_is_refused(noise):
    with pytest.raises(BadInput):
        text.phone(noise)


@given(st.text())
def test_clean_text_can_be_stored(told):
    found = text.clean(told, 20)
    assert "\x00" not in found and len(found) <= 20
    found.encode()


def test_clean_text_mends_lone_surrogates_and_forms():
    assert text.clean("a\ud800b\x00") == "a?b"
    assert text.clean("e\u0301") == "é"
