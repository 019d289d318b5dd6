"""Identity over HTTP, with a secret key: rules, rehearsal, merges and their undoing, clear answers to what is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from cadenza.base import database
from cadenza.base.ids import WorkspaceId
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.trust.accounts import service as accounts


@pytest.fixture
def ask(workspace: WorkspaceId) -> Any:
    with database.scope(workspace):
        _, key = accounts.issue_key(workspace, "secret", "test")
    client = Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {key}"})

    def asked(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        told = b"" if body is None else json.dumps(body).encode()
        answer = client.generic(method, f"/api/v1/identity{path}", told, content_type="application/json")
        return answer.status_code, answer.json() if answer.content else None

    return asked


@pytest.fixture
def people(workspace: WorkspaceId) -> list[int]:
    with database.scope(workspace):
        found = identity.resolve(workspace, [[Identifier("external_id", f"p{n}")] for n in range(3)])
    return [one.profile for one in found]


def test_merging_looking_and_undoing(ask: Any, people: list[int]) -> None:
    first, second, _ = people
    pairs = [{"winner": first, "loser": second}, {"winner": first, "loser": 10**12}]
    status, done = ask("POST", "/merge", {"pairs": pairs})
    assert status == 200 and [one["fate"] for one in done] == ["merged", "unknown"]
    status, merges = ask("GET", f"/people/{second}/merges")
    assert status == 200 and [(m["winner"], m["loser"], m["cause"]) for m in merges] == [
        (first, second, "operation")
    ]
    assert merges[0]["actor"].startswith("key:")
    assert ask("POST", f"/merges/{done[0]['merge']}/undo") == (204, None)
    status, problem = ask("POST", f"/merges/{done[0]['merge']}/undo")
    assert status == 409 and problem["at"] == "merge"
    assert ask("GET", f"/people/{first}/merges")[1][0]["undone_at"]
    assert ask("GET", f"/people/{first}/sharing") == (200, [])
    assert ask("GET", "/incidents") == (200, [])


def test_rules_are_read_rehearsed_and_set(ask: Any, people: list[int]) -> None:
    status, rules = ask("GET", "/rules")
    assert status == 200 and rules["apart"] == ["external_id"] and rules["limits"]["email"] == 5
    status, told = ask("POST", "/rehearse", rules | {"apart": []})
    assert status == 200 and told["sentence"] == "would merge 0 pairs, 0 blocked"
    status, kept = ask("PUT", "/rules", rules | {"limits": {"email": 2}})
    assert status == 200 and kept == ask("GET", "/rules")[1] and kept["limits"] == {"email": 2}


@pytest.mark.parametrize("method, path, body, status, place", [
    ("PUT", "/rules", {"limits": {"email": 0}}, 422, "limits.email"),
    ("PUT", "/rules", [], 422, None),
    ("POST", "/rehearse", {"apart": ["mail"]}, 422, "apart.0"),
    ("POST", "/merge", {"pairs": []}, 422, None),
    ("POST", "/merge", {"pairs": [{"winner": 2**63, "loser": 1}]}, 422, None),
    ("POST", "/merges/01890000-0000-7000-8000-000000000000/undo", None, 404, None),
    ("GET", "/people/0/merges", None, 422, None),
])  # fmt: skip
def test_what_is_wrong_is_said(
    ask: Any, method: str, path: str, body: Any, status: int, place: str | None
) -> None:
    found, problem = ask(method, path, body)
    assert found == status and problem["detail"]
    assert place is None or problem["at"] == place


def test_without_a_key_nothing_is_told(workspace: WorkspaceId) -> None:
    assert Client(SERVER_NAME="localhost").get("/api/v1/identity/rules").status_code == 401
