"""No input to the reference product's API ends in a 5xx or a hang, in JSON or XML, with any operation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest
from hypothesis import strategies as st

from tests import server as servers
from tests.fuzz import hostile
from tests.fuzz.asking import Asker, faults, try_all

INPUTS = 10_000
MODES = ("sync", "sync", "sync", "async", "bulk", "other")
FIELDS = ("customer", "ids", "email", "mobilePhone", "discountCard", "number", "firstName", "fullName",
          "birthDate", "sex", "area", "timeZone", "customFields", "subscriptions", "pointOfContact", "topic",
          "isSubscribed", "order", "lines", "product", "quantity", "lineNumber", "basePricePerItem", "totalPrice",
          "mergeCustomers", "resultingCustomer", "customersToMerge", "productList", "count", "pricePerItem",
          "websiteID", "executionDateTimeUtc", "customerAction", "page", "customers", "website", "responseType",
          "deviceUUID", "points")  # fmt: skip
XML = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "cc"><!ENTITY d "&b;&b;&b;&b;">]><operation>&d;</operation>',
    b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><operation><customer>&x;</customer></operation>',
    b"<operation>" * 5000,
    b"<operation><customer><email>a\x00b</email></customer></operation>",
    b"<a xmlns:x='y'><x:b/><!-- c --><?pi?></a>",
    b"\xff\xfe<\x00a\x00/\x00>\x00",
    b"",
)

MORE = ("", "", "&transactionId=1", "&transactionId=%00", "&deviceUUID=x", "&transactionId=" + "x" * 300)

names = st.one_of(st.sampled_from(FIELDS), hostile.keys)
trees = st.recursive(
    hostile.scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=6)),
    max_leaves=20,
)
fine_trees = st.recursive(
    hostile.fine_scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(FIELDS), inner, min_size=1, max_size=6)
    ),
    max_leaves=20,
)
bodies = st.one_of(
    st.dictionaries(st.sampled_from(FIELDS), fine_trees, min_size=1, max_size=5).map(
        lambda tree: ("json", hostile.written(tree))
    ),
    st.dictionaries(st.sampled_from(FIELDS), fine_trees, min_size=1, max_size=5).map(
        lambda tree: ("xml", as_xml(tree))
    ),
    trees.map(lambda tree: ("json", hostile.written(tree))),
    st.sampled_from(XML).map(lambda body: ("xml", body)),
    hostile.bodies.map(lambda body: ("json", body)),
    hostile.bodies.map(lambda body: ("xml", body)),
)


@st.composite
def spoilt(draw: st.DrawFn, examples: list[tuple[str, Any]]) -> tuple[str, tuple[str, bytes]]:
    """A call as the documentation shows it, with odd values in a few places."""
    name, example = draw(st.sampled_from(examples))
    tree = json.loads(json.dumps(example))
    for _ in range(draw(st.integers(0, 4))):
        place, parent = tree, None
        while isinstance(place, dict | list) and place and (parent is None or draw(st.integers(0, 3))):
            parent, key = (
                place,
                draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place)))),
            )
            place = parent[key]
        if parent is not None:
            parent[key] = draw(st.one_of(hostile.fine_scalars, hostile.fine_values))
    form = draw(st.sampled_from(("json", "json", "xml")))
    return name, (form, hostile.written(tree) if form == "json" else as_xml(tree))


def as_xml(tree: Any, name: str = "operation") -> bytes:
    """A tree in the XML that the door reads, as far as XML can say it."""
    match tree:
        case dict():
            inner = b"".join(as_xml(part, key) for key, part in tree.items())
        case list():
            inner = b"".join(as_xml(part, "item") for part in tree)
        case _:
            inner = escape(str(tree)).encode("utf-8", "surrogatepass")
    return b"<%b>%b</%b>" % (name.encode(), inner, name.encode())


@dataclass(frozen=True)
class Site:
    """An integration point, its key, and its operations, each with an example of a call."""

    endpoint: str
    key: str
    examples: list[tuple[str, Any]]


@pytest.fixture(scope="module")
def site(server: servers.Server) -> Site:
    status, made = server.post("/api/v1/operations/points/", {"name": "Site"}, server.secret_key)
    if status == 404:
        pytest.skip("this server has no operations")
    illustrate = pytest.importorskip("cadenza.connect.operations.illustrate")
    key = server.post(
        f"/api/v1/operations/points/{made['id']}/keys/", {"kind": "production"}, server.secret_key
    )[1]
    found = server.get(f"/api/v1/operations/points/{made['id']}/operations/")[1]
    examples = [(one["name"], illustrate.body(one["kind"], made["external_system"])) for one in found]
    return Site(made["endpoint"], key["secret"], examples)


def test_no_operation_ends_badly(server, site):
    asker = Asker(server)

    def check(told: tuple[str, tuple[str, tuple[str, bytes]], bool, str]) -> None:
        mode, (operation, (form, body)), signed, more = told
        address = (
            f"/v3/operations/{mode}?endpointId={quote(site.endpoint)}&operation={quote(operation)}{more}"
        )
        headers = {"Content-Type": f"application/{form}", "Accept": f"application/{form}"}
        headers |= {"Authorization": f"SecretKey {site.key}"} if signed else {}
        asker.ask("POST", address, headers, body)

    known = [name for name, _ in site.examples]
    calls = st.tuples(st.sampled_from([*known, "", "DirectCrm.Customers.Import", "Nothing.Known"]), bodies)
    strategy = st.tuples(
        st.sampled_from(MODES),
        st.one_of(spoilt(site.examples), spoilt(site.examples), calls),
        st.sampled_from((True,) * 9 + (False,)),
        st.sampled_from(MORE),
    )
    inputs = try_all(strategy, INPUTS, check)
    print(json.dumps({"name": "fuzz.operations", "inputs": inputs, "answers": dict(asker.answers)}))
    assert faults(server) == []
    assert asker.answers[200] > inputs / 5
