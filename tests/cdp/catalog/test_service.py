"""The catalogue: products by id, the last telling counts."""

from __future__ import annotations

from decimal import Decimal

from cadenza.base import database
from cadenza.cdp.catalog import service as catalog
from cadenza.cdp.catalog.types import Product
from cadenza.cdp.fields import service as fields


def test_of_two_with_one_id_the_last_counts(workspace):
    with database.scope(workspace):
        done = catalog.upsert(
            workspace, [Product("1", "Old"), Product("2", "Two"), Product("1", "New", price=Decimal(5))]
        )
        assert (done.created, done.updated) == (2, 0)
        done = catalog.upsert(workspace, [Product("1", "Newer", category="Bikes", properties={"a": [1]})])
        assert (done.created, done.updated) == (0, 1)
        found = catalog.many(workspace, ["1", "none"])
        assert {one.name for one in found.values()} == {"Newer"} and found["1"].price is None
        assert (catalog.count(workspace), catalog.categories(workspace)) == (2, [("Bikes", 1)])
        assert catalog.upsert(workspace, []).created == 0


def test_pages_follow_each_other_and_can_be_searched(workspace):
    with database.scope(workspace):
        catalog.upsert(workspace, [Product(str(n), f"Bike {n}", sku=f"S{n}") for n in range(5)])
        first = catalog.page(workspace, limit=3)
        assert [one.id for one in (*first, *catalog.page(workspace, after=first[-1].id))] == list("01234")
        assert [one.id for one in catalog.page(workspace, search="s3")] == ["3"]
        assert len(catalog.page(workspace, search="bike")) == 5
        for odd in ("%", "\x00%", "\\", "'"):
            assert catalog.page(workspace, search=odd) == []
        assert len(catalog.page(workspace, search="\x00", category="\x00", after="\x00")) == 5


def test_declared_fields_are_taken_out_of_the_properties_by_their_type(workspace):
    with database.scope(workspace):
        fields.declare(workspace, "weight", "decimal", entity="product")
        fields.declare(workspace, "season", "enum", entity="product", choices=["Summer", "Winter"])
        told = {"weight": 1.50, "season": "autumn", "colour": "red"}
        done = catalog.upsert(workspace, [Product("1", "Bike", properties=told, custom={"unknown": 1})])
        found = catalog.many(workspace, ["1"])["1"]
        assert (found.custom, found.properties) == ({"weight": "1.5"}, {"colour": "red"})
        assert [(id, one.field) for id, one in done.refused] == [("1", "season")]
        catalog.upsert(workspace, [Product("1", "Bike", custom={"season": "summer"})])
        assert catalog.many(workspace, ["1"])["1"].custom == {"season": "Summer"}
