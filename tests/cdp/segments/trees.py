"""Fields and random trees for the tests of segmentation."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from cadenza.cdp.segments.types import Kind

FIELDS = {
    "country": Kind.TEXT,
    "city": Kind.TEXT,
    "gender": Kind.TEXT,
    "favourite_colour": Kind.TEXT,
    "score": Kind.NUMBER,
    "is_customer": Kind.FLAG,
    "birth_date": Kind.TIME,
    "first_seen_at": Kind.TIME,
    "email": Kind.PRESENCE,
    "first_name": Kind.PRESENCE,
}

EVENTS = ("Product Viewed", "Order Completed", "Email Opened")
CATEGORIES = ("Bikes", "Clothing", "bike's \\ \n {p1:String} -- '")
COUNTRIES = ("US", "DE", "Cöte d'Ivoire")
STATUSES = ("placed", "paid", "delivered", "returned")
DAYS = ("1960-01-01", "1985-06-15", "2029-12-31", "2030-02-20T10:30:00+02:00", "2030-02-22T12:00:00Z")

Tree = dict[str, Any]
_numbers = st.sampled_from([-1, 0, 1, 2.5, 10, 99.99])
_days = st.sampled_from([1, 7, 30, 365])


def _tests(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[Tree]:
    return st.one_of(*(st.fixed_dictionaries({op: value}) for op, value in values.items()))


def _ordered(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Tree]:
    return _tests(**{"is": values}, at_least=values, at_most=values, more_than=values, less_than=values)


def _words(known: tuple[str, ...]) -> st.SearchStrategy[Tree]:
    word = st.sampled_from(known)
    part = st.sampled_from(["u", "B", "ö", "es", "-- '", "\\", "zz"])
    return _tests(
        **{"is": word},
        is_not=word,
        one_of=st.lists(word, min_size=1, max_size=2),
        contains=part,
        starts_with=part,
        is_set=st.booleans(),
    )


_number_tests = st.one_of(
    _ordered(_numbers),
    _tests(is_not=_numbers, one_of=st.lists(_numbers, min_size=1, max_size=3), is_set=st.booleans()),
    st.fixed_dictionaries({"at_least": _numbers, "less_than": _numbers}),
)
_flag_tests = _tests(**{"is": st.booleans()}, is_not=st.booleans(), is_set=st.booleans())
_time_tests = _tests(
    **{"is": st.sampled_from(DAYS)},
    before=st.sampled_from(DAYS),
    after=st.sampled_from(DAYS),
    is_set=st.booleans(),
    days_ago_at_least=st.sampled_from([0, 1, 30, 20000]),
    days_ago_at_most=st.sampled_from([0, 1, 30, 20000]),
)


def _leaf(key: str, name: str, tests: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    return tests.map(lambda found: {key: name, **found})


attributes = st.one_of(
    _leaf("attribute", "country", _words(COUNTRIES)),
    _leaf("attribute", "city", _words(("Riga", "Berlin"))),
    _leaf("attribute", "score", _number_tests),
    _leaf("attribute", "is_customer", _flag_tests),
    _leaf("attribute", "birth_date", _time_tests),
    _leaf("attribute", "first_seen_at", _time_tests),
    _leaf("attribute", "email", _tests(is_set=st.booleans())),
)
wheres = st.one_of(
    _leaf("property", "category", _words(CATEGORIES)),
    _leaf("property", "price", _number_tests),
    _leaf("property", "gift", _flag_tests),
)
dids = st.one_of(
    st.fixed_dictionaries(
        {"did": st.sampled_from(EVENTS)},
        optional={"times": st.integers(1, 4), "days": _days, "where": st.lists(wheres, max_size=2)},
    ),
    st.fixed_dictionaries(
        {"did": st.sampled_from(EVENTS), "times": st.integers(0, 2), "at_most": st.integers(2, 4)},
        optional={"days": _days, "where": st.lists(wheres, max_size=1)},
    ),
)
_more = {"days": _days, "category": st.sampled_from(CATEGORIES), "status": st.sampled_from(STATUSES)}
_money = st.sampled_from([0, 5, 10, 20.5, 25.5, 99.99, 100])


def _orders(measure: str, tests: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    more = st.fixed_dictionaries({}, optional=_more)
    return st.tuples(tests, more).map(lambda found: {"orders": measure, **found[0], **found[1]})


orders = st.one_of(
    _orders("count", _ordered(st.integers(0, 3))),
    _orders("sum", _ordered(_money)),
    _orders("average", _ordered(_money)),
    _orders("sum", st.fixed_dictionaries({"at_least": _money, "less_than": _money})),
)
leaves = st.one_of(attributes, dids, orders)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=8,
)
