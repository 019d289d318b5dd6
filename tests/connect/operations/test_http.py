"""Every kind of operation through the real application, in JSON and in XML."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cadenza.base import clock, database, projection
from cadenza.cdp.events import service as events
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.orders import service as orders
from cadenza.cdp.product_lists import service as product_lists
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import TraitChange
from cadenza.trust.accounts import service as accounts
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.types import ConsentChange, State

ANN = {
    "ids": {"websiteID": "42", "crm": "c-7"}, "email": "Ann@Example.com", "mobilePhone": "37120000001",
    "firstName": "Ann", "lastName": "Ozola", "middleName": "Maria", "birthDate": "1990-05-01", "sex": "female",
    "area": {"name": "Riga"}, "ianaTimeZone": "Europe/Riga", "customFields": {"tier": "gold"},
    "discountCard": {"ids": {"number": "77001"}},
}  # fmt: skip
BELL = {"product": {"ids": {"website": "bell-1"}}, "count": 2, "pricePerItem": 9.9}


def person(shop, kind="external_id", value="42"):
    with database.scope(shop.workspace):
        found = identity.find(shop.workspace, Identifier(kind, value))
        return profiles.one(shop.workspace, found) if found else None


def told(shop, who):
    projection.drain()
    with database.scope(shop.workspace):
        return [one.name for one in events.timeline(shop.workspace, identity.all_ids(shop.workspace, who.id))]


def consents(shop, address="ann@example.com", channel="email"):
    with database.scope(shop.workspace):
        return consent.states(shop.workspace, channel, "newsletter", [address]).get(address)


def register(shop, **more):
    return shop("RegisterCustomer", {"customer": {**ANN, **more}})


def test_register_makes_a_customer_with_all_that_is_told(shop):
    answer = register(shop)
    assert (answer.status, answer["status"]) == (200, "Success"), answer.tree
    node = answer["customer"]
    assert node["processingStatus"] == "Created"
    assert node["ids"]["websiteID"] == "42" and node["ids"]["crm"] == "c-7"
    ann = person(shop)
    assert str(node["ids"]["mindboxId"]) == str(ann.id)
    assert (ann.email, ann.phone, ann.first_name, ann.gender) == (
        "ann@example.com",
        "+37120000001",
        "Ann",
        "female",
    )
    assert (str(ann.birth_date), ann.region, ann.time_zone) == ("1990-05-01", "Riga", "Europe/Riga")
    assert ann.traits == {"middle_name": "Maria", "tier": "gold"} and ann.registered_at
    assert told(shop, ann) == ["Signed Up"]


def test_who_is_registered_is_left_alone(shop):
    register(shop)
    answer = register(shop, firstName="Eve")
    assert answer["customer"]["processingStatus"] == "AlreadyExists"
    assert answer["customer"]["ids"]["websiteID"] == "42"
    assert person(shop).first_name == "Ann"
    by_mail = shop("RegisterCustomer", {"customer": {"email": "ann@example.com", "firstName": "Eve"}})
    assert by_mail["customer"]["processingStatus"] == "AlreadyExists"


def test_a_subscriber_who_registers_becomes_a_customer(shop):
    shop(
        "SubscribeCustomer",
        {"customer": {"email": "ann@example.com", "subscriptions": [{"isSubscribed": True}]}},
    )
    answer = register(shop)
    assert answer["customer"]["processingStatus"] == "Changed"
    assert person(shop).first_name == "Ann" and person(shop).id == person(shop, "email", "ann@example.com").id


def test_two_customers_who_must_stay_two_are_ambiguous_and_nothing_changes(shop):
    register(shop)
    shop("RegisterCustomer", {"customer": {"ids": {"websiteID": "43"}, "email": "ben@example.com"}})
    answer = shop(
        "EditCustomer",
        {"customer": {"ids": {"websiteID": "43"}, "email": "ann@example.com", "firstName": "X"}},
    )
    assert answer["customer"]["processingStatus"] == "Ambiguous"
    assert person(shop, value="43").first_name == ""
    both = shop("CheckCustomer", {"customer": {"ids": {"websiteID": "43"}, "email": "ann@example.com"}})
    assert both["customer"] == {"processingStatus": "Ambiguous"}


def test_edit_changes_and_says_whether_anything_did(shop):
    assert shop("EditCustomer", {"customer": {"ids": {"websiteID": "42"}}})["customer"] == {
        "processingStatus": "NotFound"
    }
    number = register(shop)["customer"]["ids"]["mindboxId"]
    by_number = shop(
        "EditCustomer",
        {"customer": {"ids": {"mindboxId": number}, "firstName": "Anna", "customFields": {"tier": "silver"}}},
    )
    assert by_number["customer"]["processingStatus"] == "Changed"
    assert (person(shop).first_name, person(shop).traits["tier"]) == ("Anna", "silver")
    again = shop("EditCustomer", {"customer": {"ids": {"websiteID": "42"}, "firstName": "Anna"}})
    assert again["customer"]["processingStatus"] == "NotChanged"


def test_a_change_told_of_the_past_does_not_undo_a_newer_one(shop):
    register(shop)
    old = {"ids": {"websiteID": "42"}, "firstName": "Old", "changeDateTimeUtc": "2020-01-01T00:00:00Z"}
    assert shop("EditCustomer", {"customer": old})["customer"]["processingStatus"] == "NotChanged"
    assert person(shop).first_name == "Ann"


def test_fill_overwrites_nothing(shop):
    shop("RegisterCustomer", {"customer": {"ids": {"websiteID": "42"}, "firstName": "Ann"}})
    answer = shop("FillCustomerProfile", {"customer": {**ANN, "firstName": "Eve"}})
    assert answer["customer"]["processingStatus"] == "Changed"
    assert (person(shop).first_name, person(shop).last_name) == ("Ann", "Ozola")
    assert (
        shop("FillCustomerProfile", {"customer": {**ANN, "firstName": "Eve"}})["customer"]["processingStatus"]
        == "NotChanged"
    )


@pytest.mark.parametrize(
    ("operation", "node"),
    [
        ("CheckCustomer", {"ids": {"websiteID": "42"}}),
        ("CheckCustomer", {"ids": {"crm": "c-7"}}),
        ("CheckCustomerByEmail", {"email": "ANN@example.com"}),
        ("CheckCustomerByMobilePhone", {"mobilePhone": "+371 2000 0001"}),
        ("GetCustomerDataByDiscountCard", {"discountCard": {"ids": {"number": "77001"}}}),
    ],
)
def test_check_finds_and_tells_what_is_known(shop, operation, node):
    assert shop(operation, {"customer": node})["customer"] == {"processingStatus": "NotFound"}
    register(shop, subscriptions=[{"pointOfContact": "Email", "isSubscribed": True}])
    found = shop(operation, {"customer": node})["customer"]
    assert found["processingStatus"] == "Found"
    assert (found["email"], found["mobilePhone"], found["fullName"]) == (
        "ann@example.com",
        "37120000001",
        "Ann Ozola",
    )
    assert (found["birthDate"], found["sex"], found["area"]) == ("1990-05-01", "female", {"name": "Riga"})
    assert found["discountCard"] == {"ids": {"number": "77001"}} and found["customFields"] == {"tier": "gold"}
    assert (
        found["subscriptions"][0]["brand"] == "Bikes"
        and str(found["subscriptions"][0]["isSubscribed"]).lower() == "true"
    )
    assert found["authenticationTicket"] and found["changeDateTimeUtc"].endswith("Z")


def test_an_operation_gives_back_and_accepts_what_it_is_told_to(site):
    from cadenza.connect.operations import service

    register(site)
    with database.scope(site.workspace):
        found = service.operation_named(site.workspace, site.point.id, "Website.CheckCustomerByEmail")
        service.update_operation(site.workspace, found.id, returns=["firstName"], accepts=["email"])
    answer = site("CheckCustomerByEmail", {"customer": {"email": "ann@example.com"}})
    assert answer["customer"] == {"processingStatus": "Found", "firstName": "Ann"}
    more = site("CheckCustomerByEmail", {"customer": {"email": "ann@example.com", "firstName": "Ann"}})
    assert (more.status, more["status"]) == (200, "ValidationError")
    assert more["validationMessages"][0]["location"] == "/customer/firstName"
    with database.scope(site.workspace):
        service.update_operation(site.workspace, found.id, enabled=False)
    assert site("CheckCustomerByEmail", {"customer": {"email": "ann@example.com"}}).status == 400


def test_authorize_ties_the_device_to_who_signed_in(shop):
    shop("ViewProduct", {"viewProduct": {"product": {"ids": {"website": "bell-1"}}}}, device="d-1")
    visitor = person(shop, "anonymous_id", "d-1")
    register(shop)
    answer = shop("AuthorizeCustomer", {"customer": {"ids": {"websiteID": "42"}}}, device="d-1")
    assert answer["customer"]["processingStatus"] == "Found" and answer["customer"]["authenticationTicket"]
    ann = person(shop)
    assert person(shop, "anonymous_id", "d-1").id == ann.id != visitor.id
    assert sorted(told(shop, ann)) == ["Product Viewed", "Signed In", "Signed Up"]
    nobody = shop("AuthorizeCustomer", {"customer": {"ids": {"websiteID": "99"}}}, device="d-1")
    assert nobody["customer"] == {"processingStatus": "NotFound"}


def test_merge_makes_customers_one(shop):
    register(shop)
    shop("RegisterCustomer", {"customer": {"ids": {"websiteID": "43"}, "email": "ben@example.com"}})
    tree = {"mergeCustomers": {
        "resultingCustomer": {"ids": {"websiteID": "42"}},
        "customersToMerge": [{"ids": {"websiteID": "43"}}, {"ids": {"websiteID": "99"}}],
    }}  # fmt: skip
    answer = shop("MergeCustomers", tree)
    assert [one["processingStatus"] for one in answer["customersToMerge"]] == ["Deleted", "NotFound"]
    assert answer["resultingCustomer"]["processingStatus"] == "Changed"
    assert person(shop, "email", "ben@example.com").id == person(shop).id
    again = shop("MergeCustomers", tree)
    assert [one["processingStatus"] for one in again["customersToMerge"]] == ["NotChanged", "NotFound"]
    tree = {
        "resultingCustomer": {"ids": {"websiteID": "98"}},
        "customersToMerge": [{"ids": {"websiteID": "43"}}],
    }
    nobody = shop("MergeCustomers", {"mergeCustomers": tree})
    assert nobody["resultingCustomer"] == {"processingStatus": "NotFound"}
    assert nobody["customersToMerge"] == [{"processingStatus": "NotProcessed"}]


def test_subscriptions_go_to_the_ledger_with_the_operation_as_their_source(shop):
    wish = {"brand": "Bikes", "pointOfContact": "Email", "topic": "Newsletter", "isSubscribed": True}
    answer = shop("SubscribeCustomer", {"customer": {"email": "ann@example.com", "subscriptions": [wish]}},
                  headers={"X-Customer-IP": "203.0.113.7"})  # fmt: skip
    assert answer["customer"]["processingStatus"] == "Created"
    assert consents(shop) is State.GIVEN
    with database.scope(shop.workspace):
        [line] = consent.history(shop.workspace, person(shop, "email", "ann@example.com").id)
    assert (line.source, line.ip) == ("operation:Website.SubscribeCustomer", "203.0.113.0")
    shop(
        "SubscribeCustomer",
        {"customer": {"email": "ann@example.com", "subscriptions": [{**wish, "isSubscribed": False}]}},
    )
    assert consents(shop) is State.WITHDRAWN


def test_a_default_never_overwrites_what_was_said(shop):
    default = {"pointOfContact": "Email", "isSubscribed": True, "valueByDefault": True}
    register(shop, subscriptions=[default])
    assert consents(shop) is State.GIVEN
    with database.scope(shop.workspace):
        said = ConsentChange(
            person(shop).id,
            "email",
            "ann@example.com",
            "newsletter",
            State.WITHDRAWN,
            clock.now(),
            "unsubscribe",
        )
        consent.record(shop.workspace, [said])
    for _ in range(2):
        shop("EditCustomer", {"customer": {"ids": {"websiteID": "42"}, "subscriptions": [default]}})
        assert consents(shop) is State.WITHDRAWN
    shop(
        "EditCustomer",
        {"customer": {"ids": {"websiteID": "42"}, "subscriptions": [{**default, "valueByDefault": False}]}},
    )
    assert consents(shop) is State.GIVEN


def test_a_subscription_without_a_point_of_contact_is_about_every_address(shop):
    register(shop, subscriptions=[{"isSubscribed": True}])
    assert consents(shop) is State.GIVEN and consents(shop, "+37120000001", "sms") is State.GIVEN


@pytest.mark.parametrize(
    ("wish", "place"),
    [
        ({"topic": "fishing", "isSubscribed": True}, "/customer/subscriptions/0/topic"),
        ({"pointOfContact": "Pigeon"}, "/customer/subscriptions/0/pointOfContact"),
        ({"isSubscribed": "perhaps"}, "/customer/subscriptions/0/isSubscribed"),
        ({"brand": "Boats"}, "/customer/subscriptions/0/brand"),
        ({"pointOfContact": "Sms"}, "/customer/subscriptions/0/pointOfContact"),
    ],
)
def test_a_subscription_that_cannot_be_is_told_with_its_place(shop, wish, place):
    answer = shop("SubscribeCustomer", {"customer": {"email": "ann@example.com", "subscriptions": [wish]}})
    assert (answer.status, answer["status"]) == (200, "ValidationError")
    assert answer["validationMessages"][0]["location"] == place
    assert person(shop, "email", "ann@example.com") is None and consents(shop) is None


def checked(shop, value="42"):
    """What is told of a customer, with truths as JSON has them."""
    node = shop("CheckCustomer", {"customer": {"ids": {"websiteID": value}}})["customer"]
    return {name: {"true": True, "false": False}.get(one, one) if isinstance(one, str) else one
            for name, one in node.items()}  # fmt: skip


def test_confirm_records_that_a_contact_is_the_customers_own(shop):
    register(shop)
    before = checked(shop)
    assert (before["isEmailConfirmed"], before["isMobilePhoneConfirmed"], before["isEmailInvalid"]) == (
        False, False, False,
    )  # fmt: skip
    done = shop("AutoConfirmMobilePhone", {"customer": {"ids": {"websiteID": "42"}}})
    assert done["customer"]["processingStatus"] == "Changed"
    shop("AutoConfirmEmail", {"customer": {"email": "ann@example.com"}})
    after = checked(shop)
    assert (after["isEmailConfirmed"], after["isMobilePhoneConfirmed"]) == (True, True)
    ann = person(shop)
    assert ann.email_confirmed_at and ann.phone_confirmed_at and "email_confirmed" not in ann.traits
    with database.scope(shop.workspace):
        known = identity.of_person(shop.workspace, ann.id)
    assert {one.kind for one in known if one.confirmed_at} == {"email", "phone"}
    shop("RegisterCustomer", {"customer": {"ids": {"websiteID": "43"}}})
    without = shop("AutoConfirmEmail", {"customer": {"ids": {"websiteID": "43"}}})
    assert without["validationMessages"][0]["location"] == "/customer/email"


def test_a_newer_address_waits_until_it_is_confirmed(shop):
    register(shop, isEmailConfirmed=True)
    shop("EditCustomer", {"customer": {"ids": {"websiteID": "42"}, "email": "new@example.com"}})
    waiting = checked(shop)
    assert (waiting["email"], waiting["pendingEmail"], waiting["isEmailConfirmed"]) == (
        "ann@example.com", "new@example.com", True,
    )  # fmt: skip
    with database.scope(shop.workspace):
        profiles.mark_contact(shop.workspace, person(shop).id, "email", "ann@example.com")
    assert checked(shop)["isEmailInvalid"] is True
    shop("AutoConfirmEmail", {"customer": {"ids": {"websiteID": "42"}}})
    after = checked(shop)
    assert (after["email"], after["isEmailInvalid"]) == ("new@example.com", False)
    assert "pendingEmail" not in after


def test_ids_of_other_systems_cards_and_apps_are_identifiers_of_their_own_kinds(shop):
    register(shop)
    shop("EditCustomer", {"customer": {"ids": {"websiteID": "42", "bankCardHash": "tok_9"}}}, device="phone-1",
         headers={"Mindbox-Integration": "Android-SDK"})  # fmt: skip
    with database.scope(shop.workspace):
        known = identity.of_person(shop.workspace, person(shop).id)
        token = identity.normalise(shop.workspace, "card_hash", "tok_9")
    kept = {(one.kind, one.value) for one in known}
    assert {
        ("external_id", "42"), ("external_id:crm", "c-7"), ("loyalty_card", "77001"), ("app_id", "phone-1"), token,
    } <= kept  # fmt: skip
    told = checked(shop)
    assert told["ids"]["crm"] == "c-7" and told["discountCard"] == {"ids": {"number": "77001"}}
    assert "tok_9" not in str(kept) and set(told["ids"]) == {"mindboxId", "cadenzaId", "websiteID", "crm"}
    raw = shop("EditCustomer", {"customer": {"ids": {"websiteID": "42", "crm": "4111111111111111"}}})
    assert raw["status"] == "ValidationError"
    assert raw["validationMessages"][0]["location"] == "/customer/ids/crm"


def test_a_phone_without_a_country_is_one_of_the_shops_own(shop):
    with database.scope(shop.workspace):
        accounts.update(shop.workspace, region="LV")
    shop("RegisterCustomer", {"customer": {"ids": {"websiteID": "42"}, "mobilePhone": "20 000 001"}})
    assert person(shop, "phone", "+37120000001").phone == "+37120000001"


def test_an_address_of_two_customers_who_must_stay_two_is_ambiguous(shop):
    """Two who must stay two told the same address: it says of neither who they are."""
    with database.scope(shop.workspace):
        both = [[Identifier("external_id", one), Identifier("email", "us@example.com")] for one in "12"]
        for told in both:
            identity.resolve(shop.workspace, [told])
        people = [identity.find(shop.workspace, one[0]) for one in both]
        profiles.apply(shop.workspace, [TraitChange(one, {}, clock.now()) for one in people])
    for operation in ("CheckCustomerByEmail", "EditCustomer", "CheckCustomer"):
        answer = shop(operation, {"customer": {"email": "us@example.com", "firstName": "Us"}})
        assert answer["customer"] == {"processingStatus": "Ambiguous"}, operation
    known = shop("CheckCustomer", {"customer": {"ids": {"websiteID": "1"}, "email": "us@example.com"}})
    assert known["customer"]["processingStatus"] == "Found"


def test_lists_in_custom_fields_are_kept_as_lists_and_misfits_are_told_with_their_place(shop):
    with database.scope(shop.workspace):
        profiles.define_field(shop.workspace, "points", "number")
    register(shop, customFields={"sizes": ["41", "42"], "points": 5})
    kept = person(shop).traits
    assert kept["sizes"] == ["41", "42"] and checked(shop)["customFields"]["sizes"] == ["41", "42"]
    wrong = {
        "ids": {"websiteID": "42"},
        "firstName": "Eve",
        "customFields": {"points": "many", "sizes": ["43"]},
    }
    answer = shop("EditCustomer", {"customer": wrong})
    assert answer["status"] == "ValidationError"
    assert [one["location"] for one in answer["validationMessages"]] == ["/customer/customFields/points"]
    assert person(shop).first_name == "Ann" and person(shop).traits["sizes"] == ["41", "42"]
    with database.scope(shop.workspace):
        said = profiles.told(shop.workspace, person(shop).id)
    assert said["sizes"].operation == "Website.RegisterCustomer"


def cart(shop, name="cart"):
    with database.scope(shop.workspace):
        found = product_lists.get(shop.workspace, person(shop).id, name)
    return {one.product: (one.quantity, one.price) for one in found.items}


def test_lists_are_set_added_to_taken_from_and_counted(shop):
    register(shop)
    who, lamp = {"ids": {"websiteID": "42"}}, {"product": {"ids": {"website": "lamp-1"}}}
    answer = shop("SetCart", {"customer": who, "productList": [BELL]})
    assert answer["list"] == {"name": "cart", "processingStatus": "Changed"}
    assert str(answer["productList"][0]["count"]) == "2"
    assert cart(shop) == {"bell-1": (2, Decimal("9.9"))}
    again = shop("SetCart", {"customer": who, "productList": [BELL]})
    assert again["list"]["processingStatus"] == "NotChanged"
    shop("AddToCart", {"customer": who, "addProductToList": lamp})
    shop("SetProductCount", {"customer": who, "setProductCountInList": {**lamp, "count": 5}})
    assert cart(shop)["lamp-1"] == (5, None)
    shop("RemoveFromCart", {"customer": who, "removeProductFromList": {**lamp, "count": 2}})
    assert cart(shop)["lamp-1"] == (3, None)
    shop("RemoveFromCart", {"customer": who, "removeProductFromList": lamp})
    assert list(cart(shop)) == ["bell-1"]
    shop("SetWishList", {"customer": who, "productList": [lamp]})
    assert list(cart(shop, "wishlist")) == ["lamp-1"]
    shop("SetProductList", {"customer": who, "productList": []})
    assert cart(shop) == {}


ORDER = {
    "ids": {"websiteID": "A-1"}, "totalPrice": 27.7, "deliveryCost": 3,
    "lines": [
        {"lineNumber": 1, "product": {"ids": {"website": "bell-1"}}, "quantity": 3, "basePricePerItem": 10,
         "discountedPricePerLine": 20},
        {"lineNumber": 2, "product": {"ids": {"website": "lamp-1"}, "name": "Lamp"}, "quantity": 1,
         "basePricePerItem": 4.7},
    ],
}  # fmt: skip


def order_of(shop, number="A-1"):
    with database.scope(shop.workspace):
        return orders.one(shop.workspace, number)


def test_an_order_is_taken_in_with_lines_as_exact_as_they_came_and_empties_the_cart(shop):
    register(shop)
    who = {"ids": {"websiteID": "42"}}
    shop("SetCart", {"customer": who, "productList": [BELL]})
    answer = shop("CreateOrder", {"customer": who, "order": ORDER})
    assert answer["order"]["processingStatus"] == "Created"
    found = order_of(shop)
    assert (found.total, found.status, found.currency, found.profile) == (
        Decimal("27.7"),
        "placed",
        "EUR",
        person(shop).id,
    )
    assert [(one.quantity, one.price, one.total) for one in found.lines] == [
        (3, 10, 20), (1, Decimal("4.7"), Decimal("4.7")),
    ]  # fmt: skip
    assert cart(shop) == {}
    assert "Order Completed" in told(shop, person(shop))
    again = shop("CreateOrder", {"customer": who, "order": {**ORDER, "totalPrice": 1}})
    assert again["order"]["processingStatus"] == "AlreadyExists" and order_of(shop).total == Decimal("27.7")


def test_an_order_is_updated_confirmed_cancelled(shop):
    nobody = shop("CancelOrder", {"order": {"ids": {"websiteID": "A-1"}}})
    assert nobody["order"]["processingStatus"] == "NotFound"
    register(shop)
    shop("CreateOrder", {"customer": {"ids": {"websiteID": "42"}}, "order": ORDER})
    assert (
        shop("ConfirmOrder", {"order": {"ids": {"websiteID": "A-1"}}})["order"]["processingStatus"]
        == "Changed"
    )
    assert order_of(shop).status == "paid"
    lines = [{**ORDER["lines"][0], "status": "Returned"}, ORDER["lines"][1]]
    shop(
        "UpdateOrder",
        {"order": {"ids": {"websiteID": "A-1"}, "lines": lines, "status": "Delivered", "totalPrice": 27.7}},
    )
    assert (order_of(shop).status, order_of(shop).refunded) == ("delivered", 20)
    shop("CancelOrder", {"order": {"ids": {"websiteID": "A-1"}}})
    assert order_of(shop).status == "cancelled"
    bad = shop("UpdateOrder", {"order": {"ids": {"websiteID": "A-1"}, "status": "eaten"}})
    assert bad["validationMessages"][0]["location"] == "/order/status"
    assert sorted(told(shop, person(shop))) == [
        "Order Cancelled", "Order Completed", "Order Updated", "Order Updated", "Signed Up",
    ]  # fmt: skip


def test_an_order_of_a_till_is_told_late_and_leaves_the_cart(shop):
    register(shop)
    who = {"ids": {"websiteID": "42"}}
    shop("SetCart", {"customer": who, "productList": [BELL]})
    shop("OfflineOrder", {"customer": who, "order": ORDER, "executionDateTimeUtc": "2026-01-05T10:00:00Z"})
    assert (order_of(shop).status, order_of(shop).placed_at.isoformat()) == (
        "delivered",
        "2026-01-05T10:00:00+00:00",
    )
    assert list(cart(shop)) == ["bell-1"]


def test_orders_are_listed_page_by_page(shop):
    register(shop)
    who = {"ids": {"websiteID": "42"}}
    for day in (1, 2, 3):
        shop("CreateOrder", {"customer": who, "order": {**ORDER, "ids": {"websiteID": f"A-{day}"}},
                             "executionDateTimeUtc": f"2026-01-0{day}T10:00:00Z"})  # fmt: skip
    answer = shop("GetCustomerOrders", {"customer": who, "page": {"pageNumber": 1, "itemsPerPage": 2}})
    assert str(answer["totalCount"]) == "3"
    assert [one["ids"]["websiteID"] for one in answer["orders"]] == ["A-3", "A-2"]
    first = answer["orders"][0]
    assert (str(first["totalPrice"]), first["status"], first["lines"][1]["product"]["name"]) == (
        "27.7",
        "Placed",
        "Lamp",
    )
    since = {"sinceDateTimeUtc": "2026-01-02T10:00:00Z", "tillDateTimeUtc": "2026-01-03T10:00:00Z"}
    some = shop("GetCustomerOrders", {"customer": who, "page": since})
    assert [one["ids"]["websiteID"] for one in some["orders"]] == ["A-2"]
    old = shop(
        "GetCustomerOrders",
        params={"mindbox": str(person(shop).id), "countToReturn": "1", "startingIndex": "2"},
    )
    assert [one["ids"]["websiteID"] for one in old["orders"]] == ["A-2"]


def test_an_action_is_an_event_with_what_it_carries(shop):
    from cadenza.connect.operations import service

    with database.scope(shop.workspace):
        service.add_operation(
            shop.workspace, shop.point.id, "Website.PumpTyres", "action", target="Tyres Pumped"
        )
    register(shop)
    answer = shop(
        "PumpTyres",
        {"customer": {"ids": {"websiteID": "42"}}, "pressure": 4.5, "wheels": {"value": ["front"]}},
    )
    assert answer["customer"]["processingStatus"] == "Found"
    shop(
        "ViewProduct",
        {
            "customer": {"ids": {"websiteID": "42"}},
            "viewProduct": {"product": {"ids": {"website": "bell-1"}}},
        },
    )
    projection.drain()
    with database.scope(shop.workspace):
        seen = {one.name: one.properties for one in events.timeline(shop.workspace, [person(shop).id])}
    assert str(seen["Tyres Pumped"]["pressure"]) == "4.5"
    assert seen["Product Viewed"]["product_id"] == "bell-1"
    assert seen["Product Viewed"]["operation"] == "Website.ViewProduct"


def test_what_calls_told_of_a_merged_customer_goes_back_when_the_merge_is_undone(site):
    shop = site
    register(shop)
    shop("RegisterCustomer", {"customer": {"ids": {"websiteID": "43"}, "email": "ben@example.com"}})
    ann, ben = person(shop), person(shop, value="43")
    with database.scope(shop.workspace):
        merge = identity.merge(shop.workspace, ann.id, ben.id)
    of_ben = {"customer": {"ids": {"websiteID": "43"}}}
    shop("ViewProduct", {**of_ben, "viewProduct": {"product": BELL["product"]}})
    shop("AddToCart", {**of_ben, "addProductToList": BELL})
    shop("EditCustomer", {"customer": {**of_ben["customer"], "firstName": "Ben"}})
    shop("CreateOrder", {**of_ben, "order": {"ids": {"websiteID": "B-1"}, "totalPrice": 5}})
    shop("AddToCart", {**of_ben, "addProductToList": BELL})
    shop("ConfirmOrder", {"order": {"ids": {"websiteID": "B-1"}}})
    shop(
        "ViewProduct", {"customer": {"ids": {"websiteID": "42"}}, "viewProduct": {"product": BELL["product"]}}
    )
    assert cart(shop) and person(shop, value="43").id == ann.id
    with database.scope(shop.workspace):
        identity.unmerge(shop.workspace, merge)
    assert (person(shop).first_name, person(shop, value="43").first_name) == ("Ann", "Ben")
    assert sorted(told(shop, ann)) == ["Product Viewed", "Signed Up"] and cart(shop) == {}
    assert sorted(told(shop, ben)) == [
        "Order Completed", "Order Updated", "Product Added", "Product Added", "Product Viewed", "Signed Up",
    ]  # fmt: skip
    with database.scope(shop.workspace):
        assert product_lists.get(shop.workspace, ben.id, "cart").items
        assert orders.one(shop.workspace, "B-1").profile == ben.id
