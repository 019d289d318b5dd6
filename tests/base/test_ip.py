"""A shortened IP address never points at one person."""

from cadenza.base.ip import truncate


def test_an_address_loses_its_last_part():
    assert truncate("203.0.113.77") == "203.0.113.0"
    assert truncate("2001:db8:abcd:12::1") == "2001:db8:abcd::"
    assert truncate("::ffff:203.0.113.77") == "203.0.113.0"


def test_what_is_no_address_is_not_kept():
    assert truncate(None) is None
    assert truncate("") is None
    assert truncate("ann@example.com") is None
