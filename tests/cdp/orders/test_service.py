"""Orders: what was told later holds, field by field, in whatever order it arrives."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from cadenza.base import clickhouse, database, projection
from cadenza.cdp.fields import service as fields
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.orders import service as orders
from cadenza.cdp.orders.types import LineChange, OrderChange, OrderLine, ReturnChange

START = datetime(2030, 1, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def line(number: int, product: str = "p", total: int = 10) -> OrderLine:
    return OrderLine(number, product, Decimal(1), Decimal(total))


def told(at: int, number: str = "o1", **values) -> OrderChange:
    return OrderChange(number, day(at), standard_currency="EUR", **values)


def people(workspace, *names):
    return [
        one.profile
        for one in identity.resolve(workspace, [[Identifier("external_id", name)] for name in names])
    ]


CHANGES = (
    told(1, placed_at=day(1), status="placed", total=Decimal(30), currency="USD", lines=(line(1), line(2))),
    told(2, status="paid", lines=(line(1, "q", 25),)),
    told(3, status="cancelled"),
    told(4, all_refunded=True),
)


@pytest.mark.parametrize("sequence", list(itertools.permutations(range(4))))
def test_any_order_of_arrival_gives_the_same_order(workspace, sequence):
    with database.scope(workspace):
        for place in sequence:
            orders.upsert(workspace, [CHANGES[place]])
        found = orders.one(workspace, "o1")
    assert (found.status, found.total, found.refunded, found.currency, found.placed_at) == (
        "cancelled", 30, 30, "USD", day(1)
    )  # fmt: skip
    assert [(one.product, one.total) for one in found.lines] == [("q", 25)]


def test_a_currency_that_nobody_tells_is_the_shops_and_no_update_changes_it(workspace):
    with database.scope(workspace):
        orders.upsert(workspace, [told(1, total=Decimal(5))])
        assert orders.one(workspace, "o1").currency == "EUR"
        orders.upsert(workspace, [told(2, currency="USD"), told(3, status="paid")])
        assert orders.one(workspace, "o1").currency == "USD"


def test_a_part_that_was_given_back_later_than_all_counts(workspace):
    with database.scope(workspace):
        orders.upsert(
            workspace, [told(1, total=Decimal(30)), told(2, all_refunded=True), told(3, refunded=Decimal(5))]
        )
        assert orders.one(workspace, "o1").refunded == 5


def test_lines_told_by_themselves_are_as_old_as_the_order(workspace):
    with database.scope(workspace):
        orders.upsert_lines(workspace, [LineChange("o1", day(2), line(n), currency="USD") for n in (1, 2)])
        orders.upsert(workspace, [told(1, total=Decimal(99), lines=(line(1),))])
        found = orders.one(workspace, "o1")
        assert (found.total, len(found.lines)) == (20, 2)
        orders.upsert(workspace, [told(3, status="returned", lines=())])
        assert (orders.one(workspace, "o1").status, orders.one(workspace, "o1").lines) == ("returned", ())


def test_orders_follow_a_merge_and_keep_their_sums_when_the_person_is_erased(workspace):
    with database.scope(workspace):
        ann, anna = people(workspace, "ann", "anna")
        orders.upsert(
            workspace,
            [told(1, "o1", profile=ann, total=Decimal(5)), told(1, "o2", profile=anna, total=Decimal(7))],
        )
        identity.merge(workspace, ann, anna)
        assert {one.number for one in orders.of_person(workspace, ann)} == {"o1", "o2"}
        assert orders.sums(workspace, [ann])[ann][0].spent == 12
    with database.scope(workspace):
        orders.erase(workspace, ann, [ann, anna])
        assert orders.of_person(workspace, ann) == [] and orders.one(workspace, "o1") is None
        assert orders.totals(workspace).revenue == 12
    projection.drain()
    found = clickhouse.query(
        "select profile, total from purchase final where workspace = {w:UUID} order by total",
        {"w": str(workspace)},
    )
    assert found == [(0, 5), (0, 7)]


def test_declared_fields_of_orders_and_lines_are_kept_by_their_type(workspace):
    with database.scope(workspace):
        fields.declare(workspace, "gift", "boolean", entity="order")
        fields.declare(workspace, "margin", "decimal", entity="line")
        lines = (
            replace(line(1), custom={"margin": "1.50", "colour": "red"}),
            replace(line(2), custom={"margin": "much"}),
        )
        change = told(1, total=Decimal(5), lines=lines, custom={"gift": "yes", "margin": 3, "note": "x"})
        done = orders.upsert(workspace, [change])
        found = orders.one(workspace, "o1")
        assert (found.custom, [one.custom for one in found.lines]) == (
            {"gift": True},
            [{"margin": "1.5"}, {}],
        )
        assert [(number, one.field) for number, one in done.refused] == [("o1", "margin")]
        done = orders.upsert_lines(
            workspace, [LineChange("o2", day(1), replace(line(1), custom={"margin": 2, "x": 1}))]
        )
        assert orders.one(workspace, "o2").lines[0].custom == {"margin": "2"} and done.refused == ()


@pytest.mark.parametrize("sequence", list(itertools.permutations(range(3))))
def test_each_field_of_an_order_holds_what_was_told_last(workspace, sequence):
    with database.scope(workspace):
        for name in ("gift", "note"):
            fields.declare(workspace, name, "text", entity="order")
        changes = [
            told(1, custom={"gift": "a", "note": "old"}), told(2, custom={"gift": "b"}), told(3, custom={"note": None}),
        ]  # fmt: skip
        for place in sequence:
            orders.upsert(workspace, [changes[place]])
        assert orders.one(workspace, "o1").custom == {"gift": "b"}


def test_what_was_told_of_an_erased_persons_order_is_gone(workspace):
    with database.scope(workspace):
        fields.declare(workspace, "note", "text", entity="order")
        fields.declare(workspace, "note", "text", entity="line")
        [ann] = people(workspace, "ann")
        lines = (replace(line(1), custom={"note": "for Bo"}),)
        orders.upsert(workspace, [told(1, profile=ann, custom={"note": "from Ann"}, lines=lines)])
        exported = orders.export(workspace, ann)["orders"][0]
        assert (exported["custom"], exported["lines"][0]["custom"]) == (
            {"note": "from Ann"},
            {"note": "for Bo"},
        )
        orders.erase(workspace, ann, [ann])
        [(number,)] = database.rows("select number from orders_order where workspace_id = %s", [workspace])
        found = orders.one(workspace, number)
        assert (found.custom, found.lines[0].custom) == ({}, {})


def test_an_undone_merge_gives_each_its_orders_and_returns_back_in_every_store(workspace):
    with database.scope(workspace):
        ann, anna = people(workspace, "ann", "anna")
        orders.upsert(
            workspace,
            [told(1, "o1", profile=ann, total=Decimal(5)), told(1, "o2", profile=anna, total=Decimal(7))],
        )
        back = [
            ReturnChange(who, day(2), "p", Decimal(1), profile=profile)
            for who, profile in (("r1", ann), ("r2", anna))
        ]
        orders.record_returns(workspace, back)
        merge = identity.merge(workspace, ann, anna)
        # told of Anna while she is Ann: kept under what was hers
        orders.upsert(
            workspace, [told(3, "o3", profile=ann, home=anna, total=Decimal(9)), told(4, "o2", status="paid")]
        )
        assert len(orders.of_person(workspace, ann)) == 3 and owners(workspace) == {
            "o1": ann,
            "o2": ann,
            "o3": ann,
        }
        identity.unmerge(workspace, merge)
        assert {one.number for one in orders.of_person(workspace, anna)} == {"o2", "o3"}
        assert [len(orders.export(workspace, who)["returns"]) for who in (ann, anna)] == [1, 1]
    assert owners(workspace) == {"o1": ann, "o2": anna, "o3": anna}


def owners(workspace):
    """Whose orders they are, as the event store sees it."""
    projection.drain()
    found = clickhouse.query(
        "select p.number, if(o.into = 0, p.profile, o.into) from purchase as p final left join"
        " (select profile, into from profile_override final where workspace = {w:UUID}) as o on o.profile = p.profile"
        " where p.workspace = {w:UUID}",
        {"w": str(workspace)},
    )
    return dict(found)
