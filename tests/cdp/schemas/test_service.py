"""The register on the real stores: exact counts, whatever runs side by side, and whose data a property is."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import msgspec
import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from cadenza.base import clock, database
from cadenza.base.inbox import service as inbox
from cadenza.base.problem import BadInput, NotFound
from cadenza.cdp.events.flatten import flatten
from cadenza.cdp.events.types import Shape
from cadenza.cdp.ingest import pipeline
from cadenza.cdp.schemas import jobs, store
from cadenza.cdp.schemas import service as schemas
from cadenza.cdp.schemas.tally import add, tally
from cadenza.cdp.segments import service as segments
from cadenza.trust.accounts import service as accounts
from tests.cdp.ingest.items import ANY, TEXT


def shaped(*events: tuple[str, dict[str, Any]]) -> Counter[Shape]:
    found: Counter[Shape] = Counter()
    for name, properties in events:
        others: dict[str, type] = {}
        text, number = flatten(properties, others)
        found[Shape(name, tuple(text), tuple(number), tuple(others.items()))] += 1
    return found


def seen(workspace: Any, event: str) -> dict[str, dict[str, int]]:
    jobs.sum_up()
    with database.scope(workspace):
        return {one.name: dict(one.types) for one in schemas.properties(workspace, event)}


def test_types_are_told_apart_and_counted():
    told = tally(
        shaped(
            ("A", {"t": "x", "n": 1, "b": True, "l": [1], "z": None, "o": {"u": "y"}}),
            ("A", {"t": 5}),
            ("B", {}),
        )
    )
    assert told == {
        "A": {"n": 2, "p": {"t": {"text": 1, "number": 1}, "n": {"number": 1}, "b": {"boolean": 1}, "l": {"list": 1},
                            "z": {"null": 1}, "o.u": {"text": 1}}},
        "B": {"n": 1, "p": {}},
    }  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from("AB"), st.dictionaries(TEXT, ANY, max_size=4)), max_size=8))
def test_sums_of_parts_are_the_sum_of_the_whole(events):
    apart: dict[str, Any] = {}
    for one in events:
        add(apart, tally(shaped(one)))
    whole: dict[str, Any] = {}
    add(whole, tally(shaped(*events)))
    assert apart == whole


def test_the_register_counts_each_stored_event_once(workspace):
    viewed = {
        "type": "track",
        "userId": "u1",
        "event": "Product Viewed",
        "properties": {"price": 9, "tags": []},
    }
    for message in ("1", "2", "2"):
        with database.scope(workspace):
            inbox.append(
                workspace, "batch", msgspec.json.encode({"batch": [viewed | {"messageId": message}]})
            )
    while pipeline.step():
        pass
    assert seen(workspace, "Product Viewed") == {"price": {"number": 2}, "tags": {"list": 2}}
    with database.scope(workspace):
        [one] = schemas.events(workspace)
    assert (one.name, one.count, one.violations, one.days) == (
        "Product Viewed",
        2,
        0,
        {clock.now().date(): 2},
    )


def test_what_is_rolled_back_is_not_counted(workspace):
    with pytest.raises(ZeroDivisionError), database.scope(workspace):
        schemas.count(workspace, shaped(("A", {"x": 1})))
        raise ZeroDivisionError
    assert seen(workspace, "A") == {}


def test_two_who_sum_up_at_once_count_nothing_twice(workspace):
    for _ in range(60):
        with database.scope(workspace):
            schemas.count(workspace, shaped(("A", {"x": 1, "y": "t"})))

    def work() -> None:
        try:
            jobs.sum_up()
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen(workspace, "A") == {"x": {"number": 60}, "y": {"text": 60}}


def test_the_register_stays_small_whatever_names_come(workspace, monkeypatch):
    monkeypatch.setattr(store, "MOST_PROPERTIES", 3)
    monkeypatch.setattr(store, "MOST_NAMES", 2)
    with database.scope(workspace):
        schemas.count(workspace, shaped(("A", {f"p{n}": n for n in range(9)})))
    assert len(seen(workspace, "A")) == 3
    for name in ("B", "C", "A"):
        with database.scope(workspace):
            schemas.count(workspace, shaped((name, {})))
        jobs.sum_up()
    with database.scope(workspace):
        assert {one.name: one.count for one in schemas.events(workspace)} == {"A": 2, "B": 1}


def test_workspaces_do_not_see_each_other(workspace):
    with database.system_scope():
        other = accounts.create_workspace("Other", currency="EUR").id
    with database.scope(workspace):
        schemas.count(workspace, shaped(("A", {})))
        schemas.expect(workspace, "A", {}, "user:1")
    jobs.sum_up()
    with database.scope(other):
        assert schemas.events(other) == [] and schemas.expectations(other) == {}
        assert database.rows("select count(*) from schemas_eventname")[0][0] == 0
        with pytest.raises(NotFound):
            schemas.event(other, "A")


def test_a_category_is_set_else_guessed_else_that_of_the_event(workspace):
    with database.scope(workspace):
        of = schemas.categories(workspace)
        assert of("Form Sent", "user.contact") == "behaviour.other"
        assert of("Form Sent", "user.email") == "contact.email"
        assert of("Order Completed", "total") == "orders.history"
        assert of("Page Viewed", "context.device.type") == "device.type"
        assert of("Page Viewed", "context.click_id.gclid") == "behaviour.source"
        schemas.set_category(workspace, "Form Sent", "user.contact", "contact.email", "user:1")
        schemas.set_category(workspace, "Form Sent", "*", "lead.form", "user:1")
        of = schemas.categories(workspace)
        assert (of("Form Sent", "user.contact"), of("Form Sent", "x"), of("Form Sent", "*")) == (
            "contact.email", "lead.form", "lead.form"
        )  # fmt: skip
        schemas.set_category(workspace, "Form Sent", "user.contact", "", "user:1")
        assert schemas.categories(workspace)("Form Sent", "user.contact") == "lead.form"
        with pytest.raises(BadInput):
            schemas.set_category(workspace, "Form Sent", "x", "no.such", "user:1")


def test_a_segment_is_checked_against_the_category_that_somebody_set(workspace):
    tree = {"did": "Quiz Taken", "where": [{"property": "answer", "is": "yes"}]}
    with database.scope(workspace):
        assert segments.save(workspace, "Before", tree)
        schemas.set_category(workspace, "Quiz Taken", "answer", "lead.form", "user:1")
        with pytest.raises(BadInput) as refusal:
            segments.save(workspace, "After", tree)
    assert "answer" in refusal.value.detail and "lead.form" in refusal.value.detail


def test_an_expectation_is_kept_changed_and_taken_away(workspace):
    with database.scope(workspace):
        told = {
            "mode": "refuse",
            "others": False,
            "properties": [{"name": "a", "type": "text", "choices": ["x"]}],
        }
        made = schemas.expect(workspace, "A", told, "user:1")
        assert schemas.expectation(workspace, "A") == made and schemas.expectations(workspace) == {"A": made}
        assert schemas.expect(workspace, "A", {}, "user:1").refuses is False
        schemas.expect_nothing(workspace, "A")
        assert schemas.expectation(workspace, "A") is None
        with pytest.raises(BadInput):
            schemas.expect(workspace, "\x00", {}, "user:1")


def test_no_name_however_odd_stops_the_register(workspace):
    odd = ("\x00", "a\x00b", "x" * 300, "\u202e", "𝕏" * 150)
    with database.scope(workspace):
        schemas.count(
            workspace, shaped(*((name, {"k\x00": 1, "": 2, "y" * 300: 3, name[:9]: 4}) for name in odd))
        )
        schemas.count_violations(workspace, {"\x00": 1})
    assert seen(workspace, "ab") == {"": {"number": 1}}
    with database.scope(workspace):
        assert sum(one.count for one in schemas.events(workspace)) == len(odd)
