"""What a request means: ids, customers, orders, lists; and everything that is wrong with one at once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings

from cadenza.base.ids import WorkspaceId
from cadenza.cdp.identity.normalise import normalise
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.product_lists.types import Piece
from cadenza.connect.operations.furnish import accepted, furnish, returned, widest
from cadenza.connect.operations.identify import identify
from cadenza.connect.operations.parse import parse
from cadenza.connect.operations.perform import PERFORM
from cadenza.connect.operations.read import tidy
from cadenza.connect.operations.types import CUSTOMER_FIELDS, Invalid, Operation, Point
from tests.connect.operations.trees import TREES

NOW = datetime(2030, 3, 1, 12, tzinfo=UTC)
POINT = Point(UUID(int=1), WorkspaceId(UUID(int=2)), "shop", "Shop", "websiteID", "Bikes", "", (), NOW)


def operation(kind, target="") -> Operation:
    return Operation(
        UUID(int=3), POINT.id, "Website.X", kind, target, accepted(kind), returned(kind), "secret", True
    )


def parsed(kind, tree, target="", device="", **asked):
    of = Identifier("anonymous_id", device) if device else None
    return parse(operation(kind, target), POINT, tree, of, NOW, asked, normalise)


def faults(kind, tree, target=""):
    with pytest.raises(Invalid) as refusal:
        parsed(kind, tree, target)
    return {one.location for one in refusal.value.messages}


def test_ids_lead_to_identifiers_the_strongest_first():
    wrong = []
    node = {"email": "A@b.example", "mobilePhone": 37120000001, "ids": {"CRM": 7, "WEBSITEID": "42", "mindboxId": "9",
            "bankCardHash": "tok_1"}, "discountCard": {"ids": {"number": "77 a"}}}  # fmt: skip
    device = Identifier("app_id", "d-1")
    named = identify(node, "websiteID", device, normalise, wrong, "/customer")
    assert (named.own, named.device, wrong) == (9, device, [])
    assert named.identifiers == (
        Identifier("external_id", "42"), Identifier("external_id:crm", "7"), Identifier("email", "a@b.example"),
        Identifier("phone", "+37120000001"), Identifier("loyalty_card", "77A"), Identifier("card_hash", "tok_1"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("node", "place"),
    [
        ({"ids": {"bankCardHash": "4111 1111 1111 1111"}}, "/customer/ids/bankCardHash"),
        ({"ids": {"crm": "4111111111111111"}}, "/customer/ids/crm"),
        ({"ids": {"the till": "7"}}, "/customer/ids/the till"),
        ({"discountCard": {"ids": {"number": 4111111111111111}}}, "/customer/discountCard/ids/number"),
        ({"discountCard": {"ids": {}}}, "/customer/discountCard/ids/number"),
    ],
)
def test_the_number_of_a_bank_card_is_refused_wherever_it_stands_and_never_repeated(node, place):
    with pytest.raises(Invalid) as refusal:
        parsed("check", {"customer": node})
    [message] = refusal.value.messages
    assert message.location == place and "1111" not in message.message


@pytest.mark.parametrize(
    ("told", "traits"),
    [
        ({"fullName": "Ann Maria Ozola"}, {"first_name": "Ann", "last_name": "Maria Ozola"}),
        ({"birthDate": "01.05.1990"}, {"birth_date": date(1990, 5, 1)}),
        ({"birthDate": "1990-05-01T00:00:00"}, {"birth_date": date(1990, 5, 1)}),
        ({"firstName": None}, {"first_name": None}),
        ({"area": {"ids": {"externalId": "LV-1"}}}, {"region": "LV-1"}),
        ({"customFields": {"size": Decimal("44.5"), "all": Decimal(3)}}, {"size": 44.5, "all": 3}),
        ({"customFields": {"sizes": [Decimal(44), "L"]}}, {"sizes": [44, "L"]}),
        ({"isEmailConfirmed": "true"}, {}),
    ],
)
def test_what_a_customer_node_tells(told, traits):
    request = parsed("edit", {"customer": {"ids": {"websiteID": "1"}, **told}})
    assert request.customer.traits == traits


def test_which_contacts_are_shown_to_be_theirs():
    node = {"ids": {"websiteID": "1"}, "isEmailConfirmed": "true", "isMobilePhoneConfirmed": False}
    assert parsed("edit", {"customer": node}).customer.confirmed == ("email",)
    assert faults("edit", {"customer": {**node, "isMobilePhoneConfirmed": "so"}}) == {
        "/customer/isMobilePhoneConfirmed"
    }


def test_a_custom_field_that_is_an_object_is_told_with_its_place():
    node = {"ids": {"websiteID": "1"}, "customFields": {"fine": 1, "box": {"a": 1}}}
    assert faults("edit", {"customer": node}) == {"/customer/customFields/box"}
    assert faults("edit", {"customer": {**node, "customFields": {"rows": [[1]]}}}) == {
        "/customer/customFields/rows"
    }


def test_a_moment_of_the_past_counts_and_one_of_the_future_does_not():
    who = {"ids": {"websiteID": "1"}}
    told = parsed("edit", {"customer": {**who, "changeDateTimeUtc": "2026-05-01T12:00:00Z"}})
    assert told.customer.at == datetime(2026, 5, 1, 12, tzinfo=UTC)
    ahead = (NOW + timedelta(hours=1)).isoformat()
    assert parsed("edit", {"customer": {**who, "changeDateTimeUtc": ahead}}).customer.at == NOW
    assert parsed("action", {"customer": who, "executionDateTimeUtc": "2026-05-01"}).at == datetime(
        2026, 5, 1, tzinfo=UTC
    )
    assert faults("action", {"customer": who, "executionDateTimeUtc": "2031-05-01"}) == {
        "/executionDateTimeUtc"
    }


def test_everything_that_is_wrong_is_told_at_once():
    node = {"email": "no", "sex": "no", "shoe": 1, "subscriptions": [{"pointOfContact": "no"}]}
    assert faults("register", {"customer": node, "order": {}}) == {
        "/customer/email", "/customer/sex", "/customer/shoe", "/customer/subscriptions/0/pointOfContact", "/order",
    }  # fmt: skip


def test_somebody_must_be_meant():
    assert faults("register", {}) == {"/customer"}
    assert faults("check_email", {"customer": {"ids": {"websiteID": "1"}}}) == {"/customer/email"}
    assert parsed(
        "check_email", {"customer": {"ids": {"websiteID": "1"}, "email": "a@b.example"}}
    ).named.identifiers == (Identifier("email", "a@b.example"),)
    assert parsed("set_list", {"productList": []}, "cart", device="d").named.device
    assert faults("merge", {"mergeCustomers": {}}) == {
        "/mergeCustomers/resultingCustomer", "/mergeCustomers/customersToMerge",
    }  # fmt: skip


def test_pieces_of_a_list():
    who, product = {"email": "a@b.example"}, {"product": {"ids": {"a": "b"}}}
    bell = {"product": {"sku": {"ids": {"website": "bell"}}}, "quantity": "1.5", "price": "9.9"}
    told = parsed("set_list", {"customer": who, "productList": {"items": [bell]}}, "cart")
    assert told.pieces == (Piece("bell", Decimal("1.5"), Decimal("9.9")),)
    wrong = {"customer": who, "productList": [{"count": 1}, {**product, "count": "x"}]}
    assert faults("set_list", wrong, "cart") == {"/productList/0/product/ids", "/productList/1/count"}
    uncounted = {"customer": who, "setProductCountInList": product}
    assert faults("set_count", uncounted, "cart") == {"/setProductCountInList/count"}


def test_an_order_is_what_its_lines_say():
    line = {
        "product": {"ids": {"website": "bell"}},
        "quantity": 3,
        "basePricePerItem": 10,
        "discounts": [{"amount": 2.5}],
    }
    tree = {"customer": {"email": "a@b.example"}, "order": {
        "ids": {"mindboxId": 1, "websiteID": "A-1"}, "deliveryCost": "3", "currency": "usd", "area": {"name": "Riga"},
        "lines": [line, {**line, "status": "Cancelled"}, {**line, "status": "Returned"}],
        "discounts": [{"amount": 1, "promoCode": {"ids": {"code": "SPRING"}}}], "customFields": {"gift": True},
    }}  # fmt: skip
    sale = parsed("create_order", tree).sale
    change = sale.change
    assert (change.number, change.total, change.shipping, change.refunded) == (
        "A-1",
        Decimal("58"),
        3,
        Decimal("27.5"),
    )
    assert (change.status, change.currency, change.region, change.coupon) == (
        "placed",
        "USD",
        "Riga",
        "SPRING",
    )
    assert [(one.quantity, one.price, one.total) for one in change.lines] == [(3, 10, Decimal("27.5"))] * 2
    assert sale.properties["custom"] == {"gift": True} and len(sale.properties["products"]) == 2


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ({"ids": {}}, "/order/ids"), ({"totalPrice": "many"}, "/order/totalPrice"),
        ({"totalPrice": -1}, "/order/totalPrice"), ({"status": "eaten"}, "/order/status"),
        ({"currency": "euro"}, "/order/currency"), ({"lines": {}}, "/order/lines"),
        ({"lines": [{"quantity": 1}]}, "/order/lines/0/product/ids"),
        ({"lines": [{"product": {"ids": {"a": "b"}}, "quantity": -1}]}, "/order/lines/0/quantity"),
    ],
)  # fmt: skip
def test_an_order_that_does_not_fit_is_told_with_its_place(told, place):
    node = {"ids": {"websiteID": "A-1"}, "totalPrice": 5, **told}
    assert place in faults("create_order", {"customer": {"email": "a@b.example"}, "order": node})


def test_the_standard_operations_are_complete_and_closed():
    drafts = furnish()
    assert len({one.name for one in drafts}) == len(drafts)
    assert {one.kind for one in drafts} == set(PERFORM)
    order = ("secret", "ticket", "open")
    assert all(order.index(one.access) <= order.index(widest(one.kind)) for one in drafts)
    assert all(set(accepted(kind)) <= set(CUSTOMER_FIELDS) for kind in PERFORM)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=300)
@given(TREES)
def test_any_tree_is_understood_or_refused(tree):
    told = tidy(tree)
    for kind in PERFORM:
        try:
            parsed(kind, told, "cart", mindbox="²", countToReturn="٣", startingIndex="0")
        except Invalid as refusal:
            assert all(one.message and one.location.startswith("/") for one in refusal.messages)
