"""Segments over HTTP, with a secret key: a program's whole way, and clear answers to what is wrong."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from cadenza.base import database, projection
from cadenza.base.ids import WorkspaceId
from cadenza.cdp.catalog import service as catalog
from cadenza.cdp.catalog.types import Product
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import TraitChange
from cadenza.cdp.segments import service
from cadenza.trust.accounts import service as accounts

FEMALE = {"attribute": "gender", "is": "female"}


@pytest.fixture
def people(workspace: WorkspaceId, clock: Any) -> list[int]:
    with database.scope(workspace):
        found = [
            identity.resolve(workspace, [[Identifier("external_id", f"p{n}")]])[0].profile for n in range(5)
        ]
        profiles.apply(workspace, [TraitChange(one, {"gender": "female"}, clock.now()) for one in found])
    projection.drain()
    return sorted(found)


class Program:
    """A program with a key."""

    def __init__(self, workspace: WorkspaceId, kind: Any) -> None:
        with database.scope(workspace):
            _, key = accounts.issue_key(workspace, kind, "test")
        self._client = Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {key}"})

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        answer = self._client.generic(
            method,
            f"/api/v1/segments{path}",
            b"" if body is None else _json(body),
            content_type="application/json",
        )
        return answer.status_code, answer.json() if answer.content else None


def _json(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


@pytest.fixture
def program(workspace: WorkspaceId) -> Program:
    return Program(workspace, "secret")


def test_a_program_previews_makes_refreshes_and_reads_a_segment(program: Program, people: list[int]):
    status, found = program.ask("POST", "/preview", {"tree": FEMALE})
    assert (status, found["count"], found["sentence"]) == (200, 5, "gender is female")
    status, made = program.ask("POST", "", {"name": "Women", "tree": FEMALE})
    assert (status, made["count"]) == (201, None)
    path = f"/{made['id']}"
    assert program.ask("POST", f"{path}/refresh") == (200, {"count": 5, "entered": 5, "left": 0})
    assert program.ask("GET", path)[1]["count"] == 5
    status, first = program.ask("GET", f"{path}/members?limit=3")
    assert first["members"] == people[:3]
    assert program.ask("GET", f"{path}/members?limit=3&after={first['next']}")[1] == {
        "members": people[3:],
        "next": None,
    }
    assert program.ask("PATCH", path, {"name": "Ladies"})[1]["name"] == "Ladies"
    assert program.ask("POST", f"{path}/archive")[1]["archived_at"]
    assert program.ask("GET", "")[1] == []
    assert program.ask("POST", f"{path}/restore")[1]["archived_at"] is None
    assert [one["name"] for one in program.ask("GET", "")[1]] == ["Ladies"]


@pytest.mark.parametrize(
    ("body", "status", "at"),
    [
        ({"name": "x", "tree": {"any": []}}, 422, "tree.any"),
        ({"name": "x", "tree": {"all": [{"attribute": "country", "is": "US"}]}}, 422, "tree.all.0.attribute"),
        ({"name": "", "tree": FEMALE}, 422, "name"),
        ({"name": "x\0y", "tree": FEMALE}, 422, "name"),
        ({"name": "x", "tree": None}, 422, "tree"),
        (b"{", 400, None),
    ],
)
def test_a_mistake_is_answered_with_its_place(program: Program, body: Any, status: int, at: str | None):
    answered, problem = program.ask("POST", "", body)
    assert answered == status
    if at:
        assert problem["at"] == at
        assert problem["hint"]


def test_what_is_not_there_is_not_there(program: Program):
    for method, path in (("GET", ""), ("GET", "/members"), ("POST", "/refresh"), ("POST", "/archive")):
        assert program.ask(method, f"/{uuid4()}{path}")[0] == 404


def test_a_write_key_may_not_read(workspace: WorkspaceId):
    assert Program(workspace, "write").ask("GET", "")[0] == 401


def test_a_program_fills_a_static_segment_and_asks_for_one_person(program: Program, people: list[int]):
    status, made = program.ask("POST", "", {"name": "Guests", "mode": "static"})
    assert (status, made["mode"], made["count"]) == (201, "static", 0)
    named = {"profiles": people[:2], "identifiers": [{"kind": "external_id", "value": "p4"}]}
    assert program.ask("POST", f"/{made['id']}/members", named)[1]["entered"] == 3
    assert program.ask("POST", f"/{made['id']}/members", {"tree": FEMALE})[1] == {
        "count": 5,
        "entered": 2,
        "left": 0,
    }
    assert program.ask("POST", f"/{made['id']}/members/remove", {"profiles": people[:1]})[1]["left"] == 1
    asked = f"/{made['id']}/member?kind=external_id&value=p4"
    assert program.ask("GET", asked) == (200, {"member": True, "profile": people[4]})
    assert program.ask("GET", f"/{made['id']}/member?kind=profile&value={people[0]}")[1]["member"] is False
    assert program.ask("GET", f"/{made['id']}/member?kind=external_id&value=nobody")[1] == {
        "member": False, "profile": None,
    }  # fmt: skip
    assert program.ask("GET", f"/{uuid4()}/member?kind=external_id&value=nobody")[0] == 404
    assert program.ask("GET", f"/{made['id']}/member?kind=tattoo&value=1")[0] == 422
    assert program.ask("POST", f"/{made['id']}/members", {"profiles": [-1]})[0] == 422


def test_a_program_asks_why_how_it_was_what_overlaps_and_what_uses_it(program: Program, people: list[int]):
    women = program.ask("POST", "", {"name": "Women", "tree": FEMALE})[1]["id"]
    inside = program.ask("POST", "", {"name": "Inside", "tree": {"segment": women}})[1]["id"]
    program.ask("POST", f"/{women}/refresh")
    status, why = program.ask("GET", f"/{women}/why?kind=profile&value={people[0]}")
    assert (status, why["member"], why["reasons"]) == (
        200, True, [{"at": "tree", "sentence": "gender is female", "value": "female", "holds": True}],
    )  # fmt: skip
    assert program.ask("GET", f"/{women}/overlap/{inside}")[1]["both"] == 5
    assert program.ask("GET", f"/{women}/uses")[1] == [
        {"kind": "segment", "name": "Inside", "href": f"/segments/{inside}/"}
    ]
    then = program.ask("POST", "/backtest", {"tree": FEMALE, "at": "2029-01-01T00:00:00Z"})[1]
    assert (then["count"], "as they are now" in then["note"]) == (5, True)
    file = program.ask("GET", "/export")[1]
    status, made = program.ask("POST", "/import", file)
    assert (status, [one["name"] for one in made]) == (201, ["Inside", "Women"])
    assert program.ask("POST", "/import", {"version": 9})[0] == 422
    assert program.ask("PATCH", f"/{women}", {"tree": {"segment": inside}})[0] == 422
    scheduled = {
        "name": "Daily",
        "tree": FEMALE,
        "mode": "scheduled",
        "schedule": {"every": "day", "hour": 6},
    }
    assert program.ask("POST", "", scheduled)[1]["schedule"] == {"every": "day", "hour": 6, "day": 1}


def test_a_program_keeps_segments_of_products(program: Program, workspace: WorkspaceId):
    with database.scope(workspace):
        catalog.upsert(
            workspace,
            [Product("bmx", "BMX", price=Decimal(80)), Product("tandem", "Tandem", price=Decimal(900))],
        )
    projection.drain()
    dear = {"attribute": "price", "at_least": 100}
    assert program.ask("POST", "/products/preview", {"tree": dear}) == (
        200, {"count": 1, "sample": ["tandem"], "sentence": "price is at least 100"},
    )  # fmt: skip
    status, made = program.ask("POST", "/products", {"name": "Dear", "tree": dear})
    projection.drain()
    path = f"/products/{made['id']}"
    assert (status, made["count"]) == (201, 1)
    assert program.ask("GET", f"{path}/members")[1] == {"products": ["tandem"]}
    assert program.ask("PATCH", path, {"name": "Costly"})[1]["name"] == "Costly"
    assert program.ask("PATCH", path, {"name": "x" * 300})[0] == 422
    assert program.ask("POST", "/products", {"name": "Bad", "tree": {"attribute": "nothing", "is": 1}})[1][
        "at"
    ] == ("tree.attribute")

    people = program.ask(
        "POST", "", {"name": "Buyers", "tree": {"orders": "count", "at_least": 1, "products": made["id"]}}
    )
    assert people[0] == 201
    status, problem = program.ask("POST", f"{path}/archive")
    assert (status, problem["at"], "Buyers" in problem["detail"]) == (409, "uses", True)
    assert program.ask("POST", f"/{people[1]['id']}/archive")[0] == 200
    assert program.ask("POST", f"{path}/archive")[1]["archived_at"]
    assert program.ask("GET", "/products")[1] == []
    assert program.ask("POST", f"{path}/restore")[1]["archived_at"] is None
    assert [one["name"] for one in program.ask("GET", "/products")[1]] == ["Costly"]
    assert program.ask("GET", f"/products/{uuid4()}")[0] == 404


def test_a_program_puts_segments_into_groups(program: Program, people: list[int]):
    women = program.ask("POST", "", {"name": "Women", "tree": FEMALE})[1]["id"]
    everyone = program.ask("POST", "", {"name": "Everyone", "tree": {"all": []}})[1]["id"]
    shares = program.ask("POST", "/groups/preview", {"segments": [women, everyone]})[1]
    assert [(one["segment"], one["count"]) for one in shares["segments"]] == [(women, 5), (everyone, 0)]
    status, made = program.ask("POST", "/groups", {"name": "Either", "segments": [women, everyone]})
    assert (status, made["segments"]) == (201, [women, everyone])
    assert program.ask("GET", "/groups")[1] == [made]
    assert program.ask("PUT", f"/groups/{made['id']}", {"segments": [everyone, women]})[1]["segments"] == [
        everyone,
        women,
    ]
    assert program.ask("POST", "/groups", {"name": "One", "segments": [women]})[1]["at"] == "segments"
    status, problem = program.ask("POST", f"/{women}/archive")
    assert (status, "Either" in problem["detail"]) == (409, True)
    assert program.ask("DELETE", f"/groups/{made['id']}")[0] == 204
    assert program.ask("DELETE", f"/groups/{made['id']}")[0] == 404
    assert program.ask("GET", "/groups")[1] == []


def test_a_segment_in_use_is_not_put_away(program: Program, people: list[int]):
    women = program.ask("POST", "", {"name": "Women", "tree": FEMALE})[1]["id"]
    inside = program.ask("POST", "", {"name": "Inside", "tree": {"segment": women}})[1]["id"]
    status, problem = program.ask("POST", f"/{women}/archive")
    assert (status, problem["title"], problem["at"]) == (409, "Conflict", "uses")
    assert "Inside" in problem["detail"] and problem["hint"]
    assert program.ask("POST", f"/{inside}/archive")[0] == 200
    assert program.ask("POST", f"/{women}/archive")[0] == 200


def test_a_program_sets_thresholds_and_has_traits_worked_out(
    program: Program, workspace: WorkspaceId, people: list[int]
):
    status, found = program.ask("PUT", "/traits", {"thresholds": {"loyal_orders": 3}})
    assert (status, found["thresholds"]["loyal_orders"]) == (200, 3)
    assert program.ask("PUT", "/traits", {"thresholds": {"loyal": 3}})[1]["at"] == "thresholds"
    assert program.ask("POST", "/traits/compute")[0] == 202
    with database.scope(workspace):
        service.compute_traits(workspace)
    projection.drain()
    assert program.ask("GET", "/traits")[1]["cells"]["new_no_orders"] == 5


def test_a_program_turns_text_into_a_condition_and_back(program: Program, people: list[int]):
    text = 'gender is "female"'
    assert program.ask("POST", "/text", {"text": text}) == (200, {"tree": FEMALE, "text": text})
    assert program.ask("POST", "/text", {"tree": FEMALE}) == (200, {"tree": FEMALE, "text": text})
    status, problem = program.ask("POST", "/text", {"text": "gender iz 5"})
    assert (status, problem["line"], problem["column"]) == (422, 1, 8)
    assert program.ask("POST", "/text", {})[0] == 422


def test_many_people_are_put_in_at_once(program: Program, people: list[int]):
    made = program.ask("POST", "", {"name": "Guests", "mode": "static"})[1]["id"]
    named = [{"kind": "external_id", "value": f"p{n}"} for n in range(5000)]
    assert program.ask("POST", f"/{made}/members", {"identifiers": named})[1]["entered"] == 5
    own = [{"kind": "profile", "value": str(people[0])}]
    assert program.ask("POST", f"/{made}/members/remove", {"identifiers": own})[1]["left"] == 1
    assert (
        program.ask("POST", f"/{made}/members", {"identifiers": [{"kind": "tattoo", "value": "1"}]})[0] == 422
    )
