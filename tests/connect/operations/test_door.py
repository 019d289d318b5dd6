"""Who may call, what a wrong request is told, and that a call is carried out once or not at all."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from cadenza.base import clock as clocks
from cadenza.base import database
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.profiles import service as profiles
from cadenza.connect.operations import jobs, models, service, store
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.types import State
from cadenza.trust.privacy import service as privacy
from tests.connect.operations.conftest import SITE, make

ANN = {"customer": {"ids": {"websiteID": "42"}, "email": "ann@example.com", "firstName": "Ann"}}
FOOTER = {
    "customer": {
        "email": "ann@example.com",
        "subscriptions": [{"pointOfContact": "Email", "isSubscribed": True}],
    }
}


def people(shop) -> int:
    with database.scope(shop.workspace):
        return profiles.count(shop.workspace)


def found(shop, kind="external_id", value="42"):
    with database.scope(shop.workspace):
        return identity.find(shop.workspace, Identifier(kind, value))


def test_a_call_without_a_right_key_is_refused(shop):
    for key in ("", "co_wrong", "žanis"):
        answer = shop(
            "RegisterCustomer",
            ANN,
            headers={"Authorization": f"SecretKey {key}".encode().decode("latin-1")} if key else {},
            key="",
        )
        assert (answer.status, answer["status"]) == (401, "ProtocolError"), key
        assert answer["errorMessage"] and answer["errorId"]
    assert people(shop) == 0


def test_the_older_form_of_the_header_is_understood(shop):
    answer = shop(
        "RegisterCustomer", ANN, key="", headers={"Authorization": f'Mindbox secretKey="{shop.key}"'}
    )
    assert answer["customer"]["processingStatus"] == "Created"


def test_a_key_opens_its_own_integration_point_alone(shop, workspace):
    other = make(workspace)
    assert shop("RegisterCustomer", ANN, key=other.key).status == 401
    assert shop("RegisterCustomer", ANN, params={"endpointId": "nothing"}).status == 401
    with database.scope(workspace):
        [key] = [one for one in service.keys(workspace, shop.point.id) if one.kind == "production"]
        service.revoke_key(workspace, key.id)
    assert shop("RegisterCustomer", ANN).status == 401


def test_an_unknown_operation_names_the_known_ones_only_to_who_signed_in(shop):
    answer = shop("Dance", ANN)
    assert (answer.status, answer["status"]) == (400, "ProtocolError") and "RegisterCustomer" in answer[
        "errorMessage"
    ]
    stranger = shop("Dance", ANN, key="", origin=SITE, device="d-1")
    assert stranger.status == 400 and "RegisterCustomer" not in stranger["errorMessage"]


@pytest.mark.parametrize(
    ("form", "raw"),
    [
        ("application/json", b"{"),
        ("application/json", b"[1]"),
        ("application/json", b"\xff\xfe"),
        ("application/json", b'{"customer": 1, "customer": 2}'),
        ("application/json", b'{"a":' * 5000 + b"1" + b"}" * 5000),
        ("application/json", b'{"order": {"totalPrice": 1e999999}}'),
        ("application/json", b'{"order": {"totalPrice": NaN}}'),
        ("application/xml", b"<operation><customer>"),
        ("application/xml", b"<wrong/>"),
        (
            "application/xml",
            b'<!DOCTYPE x [<!ENTITY a "aa">]><operation><customer>&a;</customer></operation>',
        ),
        ("application/xml", b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><operation/>'),
        ("application/xml", b"<operation>" + b"<a>" * 300 + b"</a>" * 300 + b"</operation>"),
        ("application/xml", b"<operation><a/><a/></operation>"),
        ("application/xml", b'<?xml version="1.0" encoding="utf-99"?><operation/>'),
    ],
)
def test_what_cannot_be_read_is_a_protocol_error(site, form, raw):
    answer = site("RegisterCustomer", raw=raw, form=form, headers={"Accept": "application/json"})
    assert (answer.status, answer["status"]) == (400, "ProtocolError")


def test_entities_are_never_opened(site):
    bomb = b'<!DOCTYPE z [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10 if n else b"&a;" * 10) for n in range(9)
    ) + b"]><operation><customer><firstName>&a8;</firstName></customer></operation>"  # fmt: skip
    assert site("RegisterCustomer", raw=bomb, form="application/xml").status == 400


def test_a_body_has_a_bound(site):
    answer = site("RegisterCustomer", raw=b'{"a": "' + b"x" * (1 << 20) + b'"}')
    assert (answer.status, answer["status"]) == (413, "ProtocolError")


def test_other_methods_and_ways_are_refused(site):
    address = f"/v3/operations/sync?endpointId={site.point.endpoint}&operation=Website.RegisterCustomer"
    answer = site.client.get(address, headers={"Authorization": f"SecretKey {site.key}"})
    assert (answer.status_code, answer.json()["status"]) == (405, "ProtocolError")
    assert site("RegisterCustomer", ANN, mode="later").status == 400


@pytest.mark.parametrize(
    ("node", "place"),
    [
        ({"email": "no mail"}, "/customer/email"),
        ({"mobilePhone": "12"}, "/customer/mobilePhone"),
        ({"birthDate": "yesterday"}, "/customer/birthDate"),
        ({"birthDate": "0001-01-01"}, "/customer/birthDate"),
        ({"sex": "often"}, "/customer/sex"),
        ({"ids": {"websiteID": {"a": "b"}}}, "/customer/ids/websiteID"),
        ({"ids": {"mindboxId": "x"}}, "/customer/ids/mindboxId"),
        ({"shoeSize": "44"}, "/customer/shoeSize"),
        ({"changeDateTimeUtc": "then"}, "/customer/changeDateTimeUtc"),
        ({"ids": {}}, "/customer"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place_and_nothing_is_changed(shop, node, place):
    answer = shop("RegisterCustomer", {"customer": {"ids": {"websiteID": "42"}, **node}})
    assert (answer.status, answer["status"]) == (200, "ValidationError")
    assert place in {one["location"] for one in answer["validationMessages"]}
    assert people(shop) == 0


def test_a_custom_field_keeps_its_type(site):
    site("RegisterCustomer", {"customer": {"ids": {"websiteID": "42"}, "customFields": {"shoe": 44}}})
    answer = site(
        "EditCustomer",
        {"customer": {"ids": {"websiteID": "42"}, "customFields": {"shoe": "big"}, "firstName": "X"}},
    )
    assert answer["validationMessages"] == [
        {"message": "a number is needed", "location": "/customer/customFields/shoe"}
    ]
    with database.scope(site.workspace):
        assert profiles.one(site.workspace, found(site)).first_name == ""


def test_a_replay_gets_the_first_answer_and_changes_nothing(shop):
    first = shop("RegisterCustomer", ANN, transaction="t-1")
    with database.scope(shop.workspace):
        at = profiles.one(shop.workspace, found(shop)).updated_at
    again = shop(
        "RegisterCustomer", {"customer": {"ids": {"websiteID": "42"}, "firstName": "Eve"}}, transaction="t-1"
    )
    assert again.tree == first.tree and again["customer"]["processingStatus"] == "Created"
    with database.scope(shop.workspace):
        assert profiles.one(shop.workspace, found(shop)).updated_at == at
    other = shop("RegisterCustomer", ANN, transaction="t-2")
    assert other["customer"]["processingStatus"] == "AlreadyExists"


def test_a_refused_call_may_be_mended_and_sent_again_under_its_transaction(shop):
    assert (
        shop("RegisterCustomer", {"customer": {"email": "no"}}, transaction="t-1")["status"]
        == "ValidationError"
    )
    assert shop("RegisterCustomer", ANN, transaction="t-1")["customer"]["processingStatus"] == "Created"


def test_the_same_call_at_the_same_time_is_carried_out_once(site):
    order = {
        "customer": {"ids": {"websiteID": "42"}},
        "addProductToList": {"product": {"ids": {"website": "bell"}}},
    }

    def call(n: int):
        try:
            return make_client(site)("AddToCart", order, transaction=f"t-{n % 4}")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(call, range(40)))
    assert {one.status for one in answers} == {200}
    for n in range(4):
        told = [one.tree for place, one in enumerate(answers) if place % 4 == n]
        assert all(one == told[0] for one in told)
    from cadenza.cdp.product_lists import service as product_lists

    with database.scope(site.workspace):
        [bell] = product_lists.get(site.workspace, found(site), "cart").items
        assert bell.quantity == 4
        assert models.Call.objects.filter(workspace_id=site.workspace).count() == 4


def make_client(shop):
    """The same shop with a connection of its own."""
    from dataclasses import replace

    return replace(shop, client=Client(SERVER_NAME="localhost"))


def test_people_registered_at_the_same_time_are_one(site):
    def call(n: int):
        try:
            return make_client(site)("RegisterCustomer", ANN)["customer"]["processingStatus"]
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        told = sorted(pool.map(call, range(12)))
    assert told == ["AlreadyExists"] * 11 + ["Created"] and people(site) == 1


def test_a_test_key_is_answered_in_full_and_leaves_nothing(shop):
    def rows() -> dict:
        with database.system_scope():
            names = [n for (n,) in database.rows(
                "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
            )]  # fmt: skip
            return {n: database.rows(f'select count(*) from "{n}"')[0][0] for n in names}

    from cadenza.base import projection

    projection.drain()
    before = rows()
    answer = shop(
        "RegisterCustomer",
        {"customer": {**ANN["customer"], "customFields": {"tier": "gold"}}},
        key=shop.test_key,
        transaction="t-1",
    )
    assert answer["customer"]["processingStatus"] == "Created" and str(answer["test"]).lower() == "true"
    assert answer["customer"]["ids"]["websiteID"] == "42"
    shop("SubscribeCustomer", FOOTER, key=shop.test_key)
    shop("SetCart", {**ANN, "productList": [{"product": {"ids": {"a": "b"}}}]}, key=shop.test_key)
    shop(
        "CreateOrder", {**ANN, "order": {"ids": {"a": "1"}, "totalPrice": 5}}, key=shop.test_key, mode="async"
    )
    assert (
        shop("RegisterCustomer", {"customer": {"email": "no"}}, key=shop.test_key)["status"]
        == "ValidationError"
    )
    assert rows() == before
    assert shop("RegisterCustomer", ANN, transaction="t-1")["customer"]["processingStatus"] == "Created"


def test_a_browser_calls_what_is_open_from_an_allowed_site_with_its_device(shop):
    answer = shop("SubscriptionInFooter", FOOTER, key="", origin=SITE, device="d-1")
    assert answer["customer"] == {"processingStatus": "Processed"}
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    assert found(shop, "email", "ann@example.com") == found(shop, "anonymous_id", "d-1")
    for more, status in (
        ({"origin": "https://evil.example.com", "device": "d-1"}, 403), ({"origin": "null", "device": "d-1"}, 403),
        ({"origin": SITE}, 403), ({"device": "d-1"}, 401), ({"origin": SITE + ".evil.com", "device": "d-1"}, 403),
    ):  # fmt: skip
        refused = shop("SubscriptionInFooter", FOOTER, key="", **more)
        assert refused.status == status and refused["status"] == "ProtocolError"
        assert "Access-Control-Allow-Origin" not in refused.headers or more["origin"] == SITE
    assert shop("RegisterCustomer", ANN, key="", origin=SITE, device="d-1").status == 403


def test_a_preflight_is_answered_for_allowed_sites(site):
    address = f"/v3/operations/sync?endpointId={site.point.endpoint}&operation=Website.SetCart"
    mine = site.client.options(address, headers={"Origin": SITE})
    assert (mine.status_code, mine["Access-Control-Allow-Origin"]) == (204, SITE)
    assert "Access-Control-Allow-Origin" not in site.client.options(
        address, headers={"Origin": "https://evil.example"}
    )


def test_a_browser_may_neither_read_nor_change_nor_become_whom_it_names(site):
    site("RegisterCustomer", ANN)
    attack = {"customer": {**FOOTER["customer"], "firstName": "Eve", "customFields": {"tier": "gold"}}}
    answer = site("SubscriptionInFooter", attack, key="", origin=SITE, device="evil")
    assert answer["customer"] == {"processingStatus": "Processed"}
    with database.scope(site.workspace):
        ann = profiles.one(site.workspace, found(site))
        assert (ann.first_name, ann.traits) == ("Ann", {})
        assert consent.states(site.workspace, "email", "newsletter", ["ann@example.com"]) == {
            "ann@example.com": State.GIVEN
        }
    assert found(site, "anonymous_id", "evil") is None
    cart = {"customer": {"ids": {"websiteID": "42"}}, "productList": [{"product": {"ids": {"a": "b"}}}]}
    assert site("SetCart", cart, key="", origin=SITE, device="evil")["customer"] == {
        "processingStatus": "Processed"
    }
    from cadenza.cdp.product_lists import service as product_lists

    with database.scope(site.workspace):
        assert product_lists.lists_of(site.workspace, ann.id) == []
    site("AuthorizeCustomer", {"customer": {"ids": {"websiteID": "42"}}}, device="own")
    assert (
        site("SetCart", {"productList": cart["productList"]}, key="", origin=SITE, device="own").status == 200
    )
    with database.scope(site.workspace):
        assert len(product_lists.get(site.workspace, ann.id, "cart").items) == 1


def test_a_ticket_lets_a_browser_act_for_its_customer_and_for_nobody_else(site):
    ticket = site("RegisterCustomer", ANN)["customer"]["authenticationTicket"]
    site("RegisterCustomer", {"customer": {"ids": {"websiteID": "43"}, "email": "ben@example.com"}})
    with database.scope(site.workspace):
        for name in ("CheckCustomer", "EditCustomer"):
            one = service.operation_named(site.workspace, site.point.id, f"Website.{name}")
            service.update_operation(site.workspace, one.id, access="ticket")
    browser = {"key": "", "origin": SITE, "device": "d-1"}
    assert site("CheckCustomer", {"customer": {"ids": {"websiteID": "42"}}}, **browser).status == 403
    mine = site("CheckCustomer", {"customer": {"authenticationTicket": ticket}}, **browser)["customer"]
    assert (mine["processingStatus"], mine["email"]) == (
        "Found",
        "ann@example.com",
    ) and "authenticationTicket" not in mine
    changed = site(
        "EditCustomer", {"customer": {"authenticationTicket": ticket, "firstName": "Anna"}}, **browser
    )
    assert changed["customer"]["processingStatus"] == "Changed"
    bad = {"processingStatus": "InvalidAuthenticationTicket"}
    for node in (
        {"authenticationTicket": ticket, "ids": {"websiteID": "43"}}, {"authenticationTicket": ticket[:-2] + "xx"},
        {"authenticationTicket": "ž"}, {"authenticationTicket": ticket, "email": "ben@example.com"},
    ):  # fmt: skip
        assert site("CheckCustomer", {"customer": node}, **browser)["customer"] == bad
        assert site("EditCustomer", {"customer": {**node, "firstName": "Eve"}}, **browser)["customer"] == bad
    with clocks.fixed(clocks.now() + timedelta(hours=25)):
        assert (
            site("CheckCustomer", {"customer": {"authenticationTicket": ticket}}, **browser)["customer"]
            == bad
        )
    with database.scope(site.workspace):
        assert profiles.one(site.workspace, found(site)).first_name == "Anna"


def work(shop) -> None:
    """What a worker does with what waits."""
    jobs.carry_out(str(shop.workspace))


def test_an_asynchronous_call_is_on_disk_and_carried_out_in_its_turn(shop):
    assert shop("RegisterCustomer", ANN, mode="async", transaction="t-1").tree == {"status": "Success"}
    shop("EditCustomer", {"customer": {"ids": {"websiteID": "42"}, "firstName": "Anna"}}, mode="async")
    assert shop("RegisterCustomer", ANN, mode="async", transaction="t-1").tree == {"status": "Success"}
    assert people(shop) == 0
    work(shop)
    with database.scope(shop.workspace):
        assert profiles.one(shop.workspace, found(shop)).first_name == "Anna"
        assert not models.Waiting.objects.exists()
        edit = service.operation_named(shop.workspace, shop.point.id, "Website.EditCustomer")
        assert [one.status for one in service.last_calls(shop.workspace, edit.id)] == ["Success", "Accepted"]
    bad = shop("RegisterCustomer", {"customer": {"email": "no"}}, mode="async")
    assert bad["status"] == "ValidationError"


def test_what_cannot_be_carried_out_blocks_nobody(site, monkeypatch):
    site("RegisterCustomer", ANN, mode="async")
    site("RegisterCustomer", {"customer": {"ids": {"websiteID": "43"}}}, mode="async")
    with database.scope(site.workspace):
        one = models.Waiting.objects.order_by("seq").first()
        one.payload = b'{"tree": 1}'
        one.save()
    work(site)
    assert found(site) is None and found(site, value="43")
    with database.scope(site.workspace):
        [kept] = models.Waiting.objects.all()
        assert kept.failed_at and kept.error


def test_what_waits_of_an_erased_person_is_not_carried_out(site):
    site("RegisterCustomer", ANN)
    site("EditCustomer", {"customer": {"ids": {"websiteID": "42"}, "firstName": "Late"}}, mode="async")
    site("RegisterCustomer", ANN, transaction="kept")
    who = found(site)
    with database.scope(site.workspace):
        privacy.erase_person(site.workspace, who, "user:1", "asked")
        assert not models.Waiting.objects.exists()
        assert models.Call.objects.get(transaction_id="kept").answer is None
    work(site)
    assert found(site) is None
    assert site("RegisterCustomer", ANN, transaction="kept").tree == {"status": "Success"}


def test_old_calls_are_forgotten(site):
    site("RegisterCustomer", ANN, transaction="t-1")
    site("CheckCustomer", ANN)
    with database.system_scope():
        store.prune(clocks.now() + timedelta(days=4))
        assert [one.transaction_id for one in models.Call.objects.filter(workspace_id=site.workspace)] == [
            "t-1"
        ]
        store.prune(clocks.now() + timedelta(days=31))
        assert not models.Call.objects.filter(workspace_id=site.workspace).exists()


CSV = """CustomerIdsWebsiteID;Email;FirstName;CustomFields.tier
42;ann@example.com;Žanis;gold
43;no mail;Ben;
44;eve@example.com;Eve;
"""


def bulk(shop, body, **more):
    params = {"csvCodePage": "65001", "csvColumnDelimiter": ";"} | more.pop("params", {})
    return shop(
        "DirectCrm.Customers.Import",
        mode="bulk",
        raw=body,
        form=more.pop("form", "text/csv"),
        params=params,
        **more,
    )


def progress(shop, answer):
    from uuid import UUID

    with database.scope(shop.workspace):
        return service.bulk(shop.workspace, UUID(answer["bulkImport"]["id"]))


@pytest.mark.parametrize(
    ("body", "more"),
    [
        (CSV.encode(), {}),
        (CSV.encode("utf-8-sig"), {}),
        (CSV.replace("Ž", "Ж").encode("cp1251"), {"params": {"csvCodePage": "1251"}}),
        (json.dumps([
            {"ids": {"websiteID": "42"}, "email": "ann@example.com", "firstName": "Žanis",
             "customFields": {"tier": "gold"}},
            {"customer": {"ids": {"websiteID": "43"}, "email": "no mail"}},
            {"ids": {"websiteID": "44"}, "email": "eve@example.com", "firstName": "Eve"},
        ]).encode(), {"form": "application/json"}),
    ],
)  # fmt: skip
def test_customers_are_imported_in_bulk(site, body, more):
    answer = bulk(site, body, transaction="b-1", **more)
    assert (answer.status, answer["status"]) == (200, "Success")
    assert people(site) == 0, "it is on disk, and carried out by a worker"
    assert bulk(site, body, transaction="b-1", **more).tree == answer.tree
    jobs.import_bulk(str(site.workspace), answer["bulkImport"]["id"])
    done = progress(site, answer)
    assert (done.state, done.rows, done.created, done.invalid) == ("done", 3, 2, 1)
    assert done.errors[0]["row"] == 2 and done.errors[0]["errors"][0][0] == "/email"
    with database.scope(site.workspace):
        ann = profiles.one(site.workspace, found(site))
        assert ann.first_name in ("Žanis", "Жanis") and ann.traits["tier"] == "gold"
        assert models.Bulk.objects.get().file == ""
    again = bulk(site, body, **more)
    jobs.import_bulk(str(site.workspace), again["bulkImport"]["id"])
    done = progress(site, again)
    assert (done.created, done.changed, done.unchanged, people(site)) == (0, 0, 2, 2)


def test_a_bulk_import_that_cannot_be_read_is_refused_at_once(site):
    assert bulk(site, b"[1", form="application/json")["status"] == "ProtocolError"
    assert bulk(site, CSV.encode(), params={"csvCodePage": "7"}).status == 400
    assert bulk(site, CSV.encode("cp1251", "replace") + "é".encode("cp1252")).status == 400
    column = bulk(site, b"Email;Shoe size\na@b.example;44\n")
    assert column["validationMessages"][0]["location"] == "/columns/2"
    assert site("Website.Import", mode="bulk", raw=b"").status == 400


def test_a_bulk_import_with_a_test_key_tells_what_is_wrong_and_keeps_nothing(site):
    answer = bulk(site, CSV.encode(), key=site.test_key)
    assert (answer["test"], answer["bulkImport"]["rows"], answer["bulkImport"]["invalid"]) == (True, 3, 1)
    assert answer["bulkImport"]["errors"][0]["location"] == "/rows/2/email"
    with database.scope(site.workspace):
        assert not models.Bulk.objects.exists()


def test_there_are_sixty_bulk_imports_an_hour(site, clock):
    for _ in range(60):
        assert bulk(site, CSV.encode()).status == 200
        clock.move(seconds=10)
    answer = bulk(site, CSV.encode())
    assert (answer.status, answer["status"]) == (429, "ProtocolError")
    assert int(answer.headers["Retry-After"]) == 3000
    clock.move(seconds=3001)
    assert bulk(site, CSV.encode()).status == 200


def test_a_signed_in_employee_calls_as_anybody_else(site):
    from tests.web.conftest import browser, user

    site.client = browser(user(make_workspace()))
    assert site("RegisterCustomer", ANN)["customer"]["processingStatus"] == "Created"
    assert site("RegisterCustomer", ANN, key="").status == 401


def make_workspace():
    from cadenza.trust.accounts import service as accounts

    with database.system_scope():
        return accounts.create_workspace("Another shop").id
