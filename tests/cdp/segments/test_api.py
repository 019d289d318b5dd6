"""Segments over HTTP, with a secret key: a program's whole way, and clear answers to what is wrong."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from cadenza.base import database, projection
from cadenza.base.ids import WorkspaceId
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import TraitChange
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
        return answer.status_code, answer.json()


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
