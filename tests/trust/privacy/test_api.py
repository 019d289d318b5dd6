"""Privacy over HTTP, with a real secret key."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from cadenza.base import database
from cadenza.base.ids import ProfileId
from cadenza.trust.accounts import service as accounts
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.types import ConsentChange, State
from cadenza.trust.privacy import service

ANN = ProfileId(900_000_001)


class Caller:
    """A program with a key."""

    def __init__(self, key: str) -> None:
        self._headers = {"Authorization": f"Bearer {key}"}
        self._client = Client(SERVER_NAME="localhost")

    def get(self, path: str) -> Any:
        return self._client.get(f"/api/v1/privacy{path}", headers=self._headers)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        sent = json.dumps(body)
        return self._client.post(
            f"/api/v1/privacy{path}", sent, content_type="application/json", headers=self._headers
        )


@pytest.fixture
def caller(workspace, clock):
    with database.scope(workspace):
        _, key = accounts.issue_key(workspace, "secret", "Shop back office")
        consent.record(
            workspace,
            [ConsentChange(ANN, "email", "ann@example.com", "newsletter", State.GIVEN, clock.now(), "api")],
        )
    return Caller(key)


def test_a_person_is_given_out_and_forgotten(caller, workspace, clock):
    assert caller.get(f"/people/{ANN}/export").json()["data"]["consent"]["history"][0]["state"] == "given"
    answer = caller.post(f"/people/{ANN}/erase", {"reason": "Request 4711"})
    assert (answer.status_code, answer.json()["state"]) == (202, "received")
    request = answer.json()["id"]
    assert caller.get(f"/erasures/{request}").json()["by"].startswith("key:")
    assert service.carry_out_erasure(workspace, request).is_complete
    assert caller.get(f"/erasures/{request}").json()["state"] == "complete"


def test_an_unknown_person_is_not_found(caller):
    assert caller.get("/people/999999999/export").status_code == 404
    assert caller.post("/people/999999999/erase", {"reason": "Request"}).status_code == 404


@pytest.mark.parametrize("id", ["0", "-1", "99999999999999999999999", "ann"])
def test_what_is_no_person_is_refused_politely(caller, id):
    for answer in (caller.get(f"/people/{id}/export"), caller.post(f"/people/{id}/erase", {"reason": "Why"})):
        assert answer.status_code in (404, 422), answer.content


def test_instructions_are_recorded_and_listed(caller):
    made = caller.post(
        "/instructions", {"purpose": "I.4", "category": "location.area", "reason": "Regional offers"}
    )
    assert (made.status_code, made.json()["number"]) == (201, 1)
    purposes = {p["id"]: p for p in caller.get("/purposes").json()}
    assert (
        "location.area" in purposes["I.4"]["allowed"] and "location.area" not in purposes["I.4"]["categories"]
    )
    assert [i["action"] for i in caller.get("/instructions").json()] == ["extend"]


def test_a_wrong_instruction_is_a_problem_with_a_way_out(caller):
    answer = caller.post("/instructions", {"purpose": "I.4", "category": "location.aria", "reason": "Typo"})
    assert answer.status_code == 422
    assert answer.json()["hint"] == "Did you mean location.area?"
    assert caller.post("/instructions", {"purpose": "I.4", "category": "person.name"}).status_code == 422


def test_without_a_key_nothing_is_told(workspace):
    assert Client(SERVER_NAME="localhost").get("/api/v1/privacy/purposes").status_code == 401
