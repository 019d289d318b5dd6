"""Fields over HTTP, with a secret key."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from cadenza.base import database
from cadenza.trust.accounts import service as accounts


@pytest.fixture
def ask(workspace):
    with database.scope(workspace):
        _, key = accounts.issue_key(workspace, "secret", "test")
    client = Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {key}"})

    def call(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        told = b"" if body is None else json.dumps(body).encode()
        answer = client.generic(method, f"/api/v1/fields{path}", told, content_type="application/json")
        return answer.status_code, answer.json()

    return call


TIER = {
    "name": "tier",
    "type": "enum",
    "choices": ["Gold", "Silver"],
    "retention": "two_years_after_last_activity",
}


def test_a_programs_whole_way(ask):
    status, made = ask("POST", "/", TIER)
    assert (status, made["retention"], made["choices"], made["retired"]) == (
        201, "two_years_after_last_activity", ["Gold", "Silver"], False,
    )  # fmt: skip
    status, changed = ask("PATCH", "/person/tier", {"label": "Loyalty tier", "category": "loyalty.programme"})
    assert (status, changed["label"], changed["category"], changed["choices"]) == (
        200, "Loyalty tier", "loyalty.programme", ["Gold", "Silver"],
    )  # fmt: skip
    assert ask("POST", "/person/tier/retire", {})[1]["retired"]
    assert "tier" not in [one["name"] for one in ask("GET", "/")[1]["items"]]
    assert "tier" in [one["name"] for one in ask("GET", "/?retired=true&entity=person")[1]["items"]]
    assert not ask("POST", "/person/tier/restore", {})[1]["retired"]


def test_the_standard_fields_stand_first(ask):
    ask("POST", "/", {"name": "gift", "type": "boolean", "entity": "order"})
    found = ask("GET", "/")[1]["items"]
    assert (found[0]["name"], found[0]["standard"], found[-1]["entity"]) == ("email", True, "order")
    assert [one["name"] for one in ask("GET", "/?entity=order")[1]["items"]] == ["gift"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/", {"name": "x", "type": "colour"}, 422), ("POST", "/", {"name": "x"}, 422),
        ("POST", "/", {"name": "email", "type": "text"}, 422), ("POST", "/", TIER | {"choices": []}, 422),
        ("POST", "/", TIER | {"retention": "x"}, 422), ("POST", "/", TIER | {"entity": "shop"}, 422),
        ("PATCH", "/person/none", {"label": "x"}, 404), ("PATCH", "/shop/none", {"label": "x"}, 404),
        ("POST", "/person/none/retire", {}, 404), ("GET", "/?entity=shop", None, 422),
        ("POST", "/", {"name": "a\x00", "type": "text"}, 201),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(ask, method, path, body, status):
    found, told = ask(method, path, body)
    assert found == status
    assert status < 400 or told["detail"]
