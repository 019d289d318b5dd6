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
    "registered_at": Kind.TIME,
    "sports": Kind.LIST,
    "email": Kind.PRESENCE,
    "first_name": Kind.PRESENCE,
}

EVENTS = (
    "Product Viewed",
    "Order Completed",
    "Email Opened",
    "Product Added",
    "Product Removed",
    "Email Sent",
)
CATEGORIES = ("Bikes", "Clothing", "bike's \\ \n {p1:String} -- '")
PRODUCTS = ("p1", "p2", "p3")
BRANDS = ("b1", "b2")
COUNTRIES = ("US", "DE", "Cöte d'Ivoire")
STATUSES = ("placed", "paid", "delivered", "returned")
SPORTS = ("tennis", "golf", "chess's")
DAYS = ("1960-01-01", "1985-06-15", "2029-12-31", "2030-02-20T10:30:00+02:00", "2030-02-22T12:00:00Z")
SEGMENTS = tuple(f"018f0000-0000-7000-8000-0000000000{n:02}" for n in range(3))
TOPICS, CHANNELS = ("newsletter", "style"), ("email", "sms")
STANDINGS = ("given", "refused", "withdrawn", "never_asked")
KINDS = ("external_id", "anonymous_id")
RIGA, BERLIN = (56.95, 24.1), (52.52, 13.4)

Tree = dict[str, Any]
_numbers = st.sampled_from([-1, 0, 1, 2.5, 10, 99.99])
_few_days = st.sampled_from([1, 2, 7, 30, 365])
windows = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"days": _few_days}),
    st.fixed_dictionaries({"hours": st.sampled_from([1, 24, 36])}),
    st.fixed_dictionaries(
        {
            "in": st.sampled_from(
                ["today", "yesterday"]
                + [f"{a}_{b}" for a in ("this", "last") for b in ("week", "month", "year")]
            )
        }
    ),
    st.fixed_dictionaries(
        {}, optional={"since": st.sampled_from(DAYS[:4]), "until": st.sampled_from(DAYS[4:])}
    ),
    st.fixed_dictionaries({"first_days": st.sampled_from([1, 30, "ever"])}),
)


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
_when = dict(
    **{"is": st.sampled_from(DAYS)},
    before=st.sampled_from(DAYS),
    after=st.sampled_from(DAYS),
    days_ago_at_least=st.sampled_from([0, 1, 30, 20000]),
    days_ago_at_most=st.sampled_from([0, 1, 30, 20000]),
)
_time_tests = _tests(**_when, is_set=st.booleans(), anniversary_within=st.sampled_from([0, 7, 300]))
_list_tests = _tests(
    contains_any=st.lists(st.sampled_from(SPORTS), min_size=1, max_size=2),
    contains_all=st.lists(st.sampled_from(SPORTS), min_size=1, max_size=2),
    is_set=st.booleans(),
)


def _leaf(key: str, name: str, tests: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    return tests.map(lambda found: {key: name, **found})


def _with(*parts: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    return st.tuples(*parts).map(lambda found: {key: value for part in found for key, value in part.items()})


attributes = st.one_of(
    _leaf("attribute", "country", _words(COUNTRIES)),
    _leaf("attribute", "city", _words(("Riga", "Berlin"))),
    _leaf("attribute", "score", _number_tests),
    _leaf("attribute", "is_customer", _flag_tests),
    _leaf("attribute", "birth_date", _time_tests),
    _leaf("attribute", "first_seen_at", _time_tests),
    _leaf("attribute", "sports", _list_tests),
    _leaf("attribute", "email", _tests(is_set=st.booleans())),
)
wheres = st.one_of(
    _leaf("property", "category", _words(CATEGORIES)),
    _leaf("property", "price", _number_tests),
    _leaf("property", "gift", _flag_tests),
)
near = st.sampled_from([RIGA, BERLIN]).flatmap(
    lambda place: st.sampled_from([5, 100, 2000]).map(
        lambda km: {"latitude": place[0], "longitude": place[1], "km": km}
    )
)
_hours = st.sampled_from([[9, 18], [22, 6], [0, 24], [12, 13]])
_weekdays = st.lists(
    st.sampled_from(["monday", "friday", "saturday", "sunday"]), min_size=1, max_size=3, unique=True
)
which = st.fixed_dictionaries(
    {},
    optional={
        "where": st.lists(wheres, max_size=2), "on": _weekdays, "between_hours": _hours, "near": near,
    },
)  # fmt: skip
_event = st.sampled_from(EVENTS)
dids = st.one_of(
    _with(
        st.fixed_dictionaries(
            {"did": _event}, optional={"times": st.integers(1, 4), "where": st.lists(wheres, max_size=2)}
        ),
        windows,
    ),
    _with(st.fixed_dictionaries({"did": _event}), which, windows),
    _with(
        st.fixed_dictionaries(
            {"did": _event, "times": st.integers(0, 2), "at_most": st.integers(2, 4)},
            optional={"where": st.lists(wheres, max_size=1)},
        ),
        windows,
    ),
)
occurred = st.sampled_from(["first", "last"]).flatmap(
    lambda key: st.one_of(
        _with(st.fixed_dictionaries({key: _event}), which, windows, _tests(**_when)),
        _with(
            st.fixed_dictionaries({key: _event, "having": st.lists(wheres, min_size=1, max_size=2)}),
            st.one_of(st.just({}), _tests(**_when)),
            windows,
        ),
    )
)
_within = st.one_of(
    st.fixed_dictionaries({"within_days": _few_days}),
    st.fixed_dictionaries({"within_hours": st.sampled_from([1, 36])}),
)
_step = _with(
    st.fixed_dictionaries({"did": _event}, optional={"where": st.lists(wheres, max_size=1)}),
    st.one_of(st.just({}), _within),
)
_missing = _with(st.fixed_dictionaries({"did_not": _event}), _within)
sequences = _with(
    st.tuples(
        st.fixed_dictionaries({"did": _event}, optional={"where": st.lists(wheres, max_size=1)}),
        st.lists(_step, max_size=2),
        st.one_of(_step, _missing),
    ).map(lambda found: {"sequence": [found[0], *found[1], found[2]]}),
    windows,
)
_lines = st.fixed_dictionaries(
    {},
    optional={
        "category": st.sampled_from(CATEGORIES), "status": st.sampled_from(STATUSES),
        "product": st.sampled_from(PRODUCTS), "brand": st.sampled_from(BRANDS), "products": st.sampled_from(SEGMENTS),
    },
)  # fmt: skip
_money = st.sampled_from([0, 5, 10, 20.5, 25.5, 99.99, 100])


def _orders(measure: str, tests: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    more = st.one_of(st.just({}), st.fixed_dictionaries({"category": st.sampled_from(CATEGORIES)}), _lines)
    return _with(st.just({"orders": measure}), tests, more, windows)


orders = st.one_of(
    _orders("count", _ordered(st.integers(0, 3))),
    *(_orders(measure, _ordered(_money)) for measure in ("sum", "average", "smallest", "largest")),
    *(_orders(measure, _tests(**_when)) for measure in ("first", "last")),
    _orders("sum", st.fixed_dictionaries({"at_least": _money, "less_than": _money})),
)
keeps = _with(
    st.fixed_dictionaries(
        {"list": st.sampled_from(["cart", "wishlist"])}, optional={"where": st.lists(wheres, max_size=1)}
    ),
    _ordered(st.integers(0, 2)),
)
others = st.one_of(
    st.fixed_dictionaries(
        {"subscription": st.sampled_from(TOPICS)},
        optional={"channel": st.sampled_from(CHANNELS), "is": st.sampled_from(STANDINGS)},
    ),
    st.fixed_dictionaries(
        {"subscription": st.sampled_from(TOPICS), "one_of": st.lists(st.sampled_from(STANDINGS), min_size=1)}
    ),
    st.fixed_dictionaries({"identifier": st.sampled_from(KINDS), "is_set": st.booleans()}),
    st.fixed_dictionaries({"segment": st.sampled_from(SEGMENTS)}),
    st.fixed_dictionaries(
        {"bucket": st.sampled_from(["a", "b'"]), "to": st.sampled_from([50, 99.99])},
        optional={"from": st.sampled_from([0, 12.5])},
    ),
    st.fixed_dictionaries({"near": near}),
    _with(
        st.fixed_dictionaries(
            {"message": st.sampled_from(["sent", "opened", "not_opened", "not_clicked", "left_out"])},
            optional={"campaign": st.sampled_from(["c1", "c2"])},
        ),
        windows,
    ),
)
leaves = st.one_of(attributes, dids, occurred, sequences, orders, keeps, others)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=8,
)
