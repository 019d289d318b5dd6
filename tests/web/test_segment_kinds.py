"""Groups, product segments, computed traits and files of definitions, as pages."""

from __future__ import annotations

import json
from decimal import Decimal
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.base import Template
from django.test.utils import instrumented_test_render

from cadenza.base import database, projection
from cadenza.base.ids import SegmentId
from cadenza.cdp.catalog import service as catalog
from cadenza.cdp.catalog.types import Product
from cadenza.cdp.segments import jobs
from cadenza.cdp.segments import service as segments
from cadenza.cdp.segments.types import Kind
from cadenza.web import product_form
from cadenza.web.product_form import Row
from cadenza.web.segment_traits import sentences

BUYER = {"all": [{"orders": "count", "at_least": 1}]}
VIEWER = {"did": "Product Viewed"}


@pytest.fixture(autouse=True)
def contexts(monkeypatch):
    """What a page was made of, beside the page."""
    monkeypatch.setattr(Template, "_render", instrumented_test_render)


@pytest.fixture
def shop(arrive):
    """Ann bought and looked, Bo looked, Cid is known."""
    ordered = {"order_id": "A1", "total": 20, "currency": "EUR"}
    arrive(
        *(
            {"type": "identify", "userId": who, "traits": {"firstName": who.capitalize()}}
            for who in ("ann", "bo", "cid")
        ),
        {"type": "track", "userId": "ann", "event": "Order Completed", "properties": ordered},
        *({"type": "track", "userId": who, "event": "Product Viewed"} for who in ("ann", "bo")),
    )


@pytest.fixture
def two(workspace, shop):
    with database.scope(workspace):
        made = [
            segments.save(workspace, name, tree).id for name, tree in (("Viewers", VIEWER), ("Buyers", BUYER))
        ]
        segments.refresh(workspace)
    return [str(one) for one in made]


def id_of(answer):
    return UUID(answer.url.strip("/").split("/")[-1])


def test_a_group_is_counted_in_every_order_before_it_is_saved(pages, workspace, two):
    viewers, buyers = two
    assert "No groups yet" in pages.get("/segments/groups/").content.decode()
    told = {"segments": [viewers, buyers], "which": buyers, "step": "up"}
    page = pages.post("/segments/groups/arrange", told)
    assert [(row["segment"].name, row["count"], row["lost"]) for row in page.context["ranks"]] == [
        ("Buyers", 1, 0), ("Viewers", 1, 1),
    ]  # fmt: skip
    assert page.context["rest"] == 1 and "1 go before" in page.content.decode()
    with database.scope(workspace):
        assert segments.groups(workspace) == []
    made = pages.post("/segments/groups/new/", {"name": "Club", "segments": [buyers, viewers]})
    with database.scope(workspace):
        segments.refresh(workspace)
        assert [segments.count(workspace, SegmentId(UUID(one))) for one in two] == [1, 1]
        assert segments.groups(workspace)[0].segments == (UUID(buyers), UUID(viewers))
    renamed = pages.post(made.url, {"name": "Circle", "segments": [viewers, buyers]})
    assert renamed.status_code == 302 and "Circle" in pages.get("/segments/groups/").content.decode()
    assert (
        "“Buyers” is used by the group “Circle”"
        in pages.post(f"/segments/{buyers}/archive", follow=True).content.decode()
    )
    pages.post(f"{made.url}dissolve")
    with database.scope(workspace):
        assert segments.groups(workspace) == [] and segments.one(workspace, UUID(buyers)).group is None


@pytest.mark.parametrize(
    ("step", "which", "order"),
    [("down", 0, "ba"), ("up", 0, "ab"), ("down", 1, "ab"), ("up", 1, "ba"), ("out", 0, "b"), ("", 0, "ab")],
)
def test_a_step_moves_one(pages, workspace, two, step, which, order):
    told = {"segments": two, "which": two[which], "step": step}
    ranks = pages.post("/segments/groups/arrange", told).context["ranks"]
    assert [str(row["segment"].id) for row in ranks] == [two["ab".index(letter)] for letter in order]


def test_a_group_that_cannot_be_is_refused_with_the_reason(pages, workspace, two):
    assert pages.post("/segments/groups/new/", {"name": "One", "segments": two[:1]}).status_code == 422
    assert pages.post("/segments/groups/new/", {"name": "", "segments": two}).status_code == 422
    assert pages.post("/segments/groups/new/", {"name": "x", "segments": ["y", "z"]}).status_code == 422
    with database.scope(workspace):
        hand = segments.save(workspace, "Hand", mode="static").id
    free = pages.get("/segments/groups/new/").context["free"]
    assert str(hand) not in {value for value, _ in free} and len(free) == 3


@pytest.fixture
def goods(workspace):
    with database.scope(workspace):
        catalog.upsert(workspace, [
            Product("p1", "Road bike", category="Bikes", price=Decimal(900), image_url="https://pictures.example/1.jpg"),
            Product("p2", "Helmet", category="Helmets", price=Decimal(50), image_url="javascript:alert(1)"),
            Product("p3", "City bike", category="Bikes", price=Decimal(300), properties={"colours": ["red"]}),
        ])  # fmt: skip
    projection.drain()


def rows(*told):
    return {name: [row[place] for row in told] for place, name in enumerate(("what", "op", "value", "days"))}


def test_a_product_segment_is_made_in_a_form_that_counts(pages, workspace, goods):
    told = rows(("field:category", "is", "Bikes", ""), ("field:price", "at_least", "500", "")) | {
        "join": "all"
    }
    drawn = pages.post("/segments/products/drawn", told)
    assert drawn.context["preview"]["count"] == 1 and "Road bike" in drawn.content.decode()
    made = pages.post("/segments/products/new/", {"name": "Dear bikes", **told})
    projection.drain()
    page = pages.get(made.url)
    text = page.content.decode()
    assert "Road bike" in text and "€900.00" in text and "City bike" not in text
    assert "https://pictures.example" in page.headers["Content-Security-Policy"]
    assert "Dear bikes" in pages.get("/segments/products/").content.decode()
    form = pages.get(f"{made.url}edit/")
    assert [one["row"].value for one in form.context["rows"]] == ["Bikes", "500"]
    pages.post(f"{made.url}edit/", {"name": "Bikes", **rows(("field:category", "is", "Bikes", ""))})
    with database.scope(workspace):
        assert segments.product_segment(workspace, id_of(made)).count == 2


def test_what_people_ask_for_is_not_put_away(pages, workspace, goods):
    with database.scope(workspace):
        made = segments.save_product_segment(workspace, "Bikes", {"attribute": "category", "is": "Bikes"}).id
        asks = segments.save(
            workspace, "Cyclists", {"orders": "count", "at_least": 1, "products": str(made)}
        ).id
    address = f"/segments/products/{made}/"
    assert "Cyclists" in pages.get(address).content.decode()
    assert (
        "is used by the segment “Cyclists”" in pages.post(f"{address}archive", follow=True).content.decode()
    )
    with database.scope(workspace):
        segments.archive(workspace, asks)
    assert pages.post(f"{address}archive").url == "/segments/products/"
    assert "Bring back" in pages.get("/segments/products/?archived=1").content.decode()
    assert pages.post(f"{address}restore").url == address


def test_a_mistake_is_marked_at_its_row(pages, workspace, goods):
    told = rows(("field:category", "is", "Bikes", ""), ("field:price", "at_least", "much", ""))
    page = pages.post("/segments/products/new/", {"name": "x", "join": "all", **told})
    assert page.status_code == 422 and 'id="wrong-1"' in page.content.decode()
    assert (
        pages.post(
            "/segments/products/new/", {"name": "", **rows(("field:category", "is", "x", ""))}
        ).status_code
        == 422
    )


def test_a_row_is_added_taken_out_and_fitted_to_its_subject(pages, workspace, goods):
    told = rows(("did:Product Viewed", "contains", "3", ""))
    drawn = pages.post("/segments/products/drawn", told | {"step": "add"}).context["rows"]
    assert [(one["row"].what, one["row"].op) for one in drawn] == [
        ("did:Product Viewed", "at_least"),
        ("field:category", "is"),
    ]
    assert pages.post("/segments/products/drawn", told | {"step": "out", "which": "0"}).context["rows"] == []


def test_a_condition_that_the_form_cannot_say_keeps_its_page(pages, workspace, goods):
    tree = {"not": {"attribute": "category", "is": "Bikes"}}
    with database.scope(workspace):
        made = segments.save_product_segment(workspace, "No bikes", tree).id
    page = pages.get(f"/segments/products/{made}/edit/").content.decode()
    assert "A program made this condition" in page
    pages.post(f"/segments/products/{made}/edit/", {"name": "Without bikes"})
    with database.scope(workspace):
        found = segments.product_segment(workspace, made)
    assert (found.name, found.tree) == ("Without bikes", tree)


FIELDS = {"price": Kind.NUMBER, "name": Kind.TEXT, "is_new": Kind.FLAG, "colours": Kind.LIST}


@pytest.mark.parametrize(
    "row",
    [
        Row("field:price", "at_least", "12.5"), Row("field:price", "unknown", ""),
        Row("field:name", "contains", "bike"),
        Row("field:is_new", "no", ""), Row("field:colours", "contains_any", "red, blue"),
        Row("did:Product Viewed", "at_least", "3", "7"), Row("did:Product Added", "at_most", "2", ""),
        Row("orders:sum", "less_than", "100", "30"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("join", ["all", "any"])
def test_what_the_form_says_it_reads_again(row, join):
    assert product_form.from_tree(product_form.to_tree(join, [row], FIELDS), FIELDS) == (join, [row])


def test_the_traits_page_asks_for_thresholds_then_shows_cells_and_scores(pages, workspace, shop):
    assert "Not worked out yet" in pages.get("/segments/traits/").content.decode()
    told = {"new_days": "10", "active_days": "60", "churn_days": "200", "loyal_orders": "4"}
    started = pages.post("/segments/traits/save", told)
    assert "busy" in pages.get(started.url).context and pages.get(started.url).context["busy"]
    jobs.compute_traits_of(str(workspace))
    projection.drain()
    assert pages.get(f"/segments/traits/progress?{started.url.partition('?')[2]}").headers["HX-Redirect"]
    page = pages.get("/segments/traits/")
    counts = {one["label"]: one["count"] for one in page.context["cells"]}
    assert counts["New, one order"] == 1 and counts["New, no order"] == 2
    assert page.context["ordered"] == 1 and "Spending: 1 with 1" in page.content.decode()
    [cell] = [one for _, _, row in page.context["map"] for one in row if one["count"]]
    assert pages.get(cell["keep"]).context["preview"].count == 1
    assert pages.get("/segments/traits/?m=5").context["ordered"] == 0
    lifecycle = next(one for one in page.context["cells"] if one["label"] == "New, no order")
    assert pages.get(lifecycle["keep"]).context["preview"].count == 2
    for wrong, field in (({"churn_days": "5"}, "churn_days"), ({"new_days": "x"}, "new_days")):
        refused = pages.post("/segments/traits/save", told | wrong)
        assert refused.status_code == 422 and f"field-{field}-error" in refused.content.decode()


def test_every_cell_is_said_with_its_thresholds():
    said = sentences({"new_days": 10, "active_days": 60, "churn_days": 200, "loyal_orders": 3})
    assert said["at_risk"] == "Known for more than 10 days, last order 60 to 200 days ago."
    assert said["active"].endswith("2 orders.")


def test_definitions_are_taken_out_and_brought_in_after_a_look(pages, workspace, two):
    assert "Viewers" in pages.get("/segments/carry/").content.decode()
    answer = pages.get(f"/segments/export.json?segment={two[0]}")
    assert "attachment" in answer.headers["Content-Disposition"]
    file = answer.json()
    assert [one["name"] for one in file["segments"]] == ["Viewers"]
    file["segments"] += [
        {"id": "a", "name": "New one", "mode": "realtime", "tree": {"segment": file["segments"][0]["id"]}},
        {
            "id": "b",
            "name": "Wrong",
            "mode": "realtime",
            "tree": {"all": [{"attribute": "nothing", "is": "x"}]},
        },
    ]
    look = pages.post(
        "/segments/carry/look", {"file": SimpleUploadedFile("s.json", json.dumps(file).encode())}
    )
    found = [(row["one"].name, row["one"].known, bool(row["one"].problem)) for row in look.context["rows"]]
    assert found == [("Viewers", True, False), ("New one", False, False), ("Wrong", False, True)]
    assert "segments.2" in look.content.decode() and "tree.all.0" in look.content.decode()
    with database.scope(workspace):
        assert len(segments.all(workspace)) == 2
    told = {"json": look.context["file"], "entry": [file["segments"][0]["id"], "a"]}
    assert pages.post("/segments/carry/in", told).status_code == 302
    with database.scope(workspace):
        made = {one.name: one for one in segments.all(workspace)}
    assert len(made) == 3 and "Viewers" in made["New one"].sentence
    wrong = pages.post("/segments/carry/in", {"json": look.context["file"], "entry": ["b"]})
    assert wrong.status_code == 422 and "segments.0.tree.all.0" in wrong.content.decode()


UNSOUND = (
    b"", b"{", b"[]", b'{"version": 9}', b'{"version":1,"segments":[1]}', b'"\\ud800"',
    b'{"version":1,"segments":[{"id":"\\ud800","name":"x"}]}', b"[" * 9000,
)  # fmt: skip


@pytest.mark.parametrize("content", UNSOUND)
def test_a_file_that_is_none_is_refused(pages, workspace, content):
    look = pages.post("/segments/carry/look", {"file": SimpleUploadedFile("s.json", content)})
    assert look.status_code == 422
    assert pages.post("/segments/carry/in", {"json": content.decode(), "entry": ["x"]}).status_code == 422
