"""Campaigns over the JSON API: from a draft to its report."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from cadenza.base import database
from cadenza.outreach.campaigns import jobs
from cadenza.outreach.content import service as content
from cadenza.trust.accounts import service as accounts
from cadenza.trust.consent.types import State
from tests.outreach import shop
from tests.outreach.content.drafts import draft


class Api:
    """A program with a secret key."""

    def __init__(self, workspace) -> None:
        with database.scope(workspace):
            _, key = accounts.issue_key(workspace, "secret", "test")
        self._client, self._headers = Client(SERVER_NAME="localhost"), {"Authorization": f"Bearer {key}"}

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        answer = self._client.generic(
            method, f"/api/v1/campaigns{path}", json.dumps(body) if body is not None else "",
            content_type="application/json", headers=self._headers,
        )  # fmt: skip
        return answer.status_code, json.loads(answer.content) if answer.content else None


@pytest.fixture
def api(workspace) -> Api:
    return Api(workspace)


def test_a_campaign_from_draft_to_report(workspace, api):
    [ann, bob] = shop.people(workspace, "ann", "bob")
    shop.say(workspace, State.GIVEN, "ann@example.com")
    segment = str(shop.segment(workspace))
    with database.scope(workspace):
        template = str(content.save(workspace, draft()).id)
    with shop.channel(shop.Post()) as post:
        status, made = api("POST", "", {"name": "Spring", "template": template, "include": [segment]})
        assert status == 201 and made["state"] == "draft"
        path = f"/{made['id']}"
        assert (
            api("PUT", path, {"name": "Spring!", "template": template, "include": [segment]})[1]["name"]
            == "Spring!"
        )
        assert api("GET", f"{path}/preflight")[0] == 200
        assert api("POST", f"{path}/send", {})[0] == 202
        jobs.build(str(workspace), made["id"])
        assert api("POST", f"{path}/pause")[1]["state"] == "paused"
        assert api("POST", f"{path}/resume")[1]["state"] == "sending"
        with shop.senders():
            shop.finish(workspace, made["id"])
    assert len(post.sent) == 1
    report = api("GET", f"{path}/report")[1]
    assert (report["state"], report["counts"]["states"]["sent"], report["counts"]["audience"]) == (
        "finished",
        1,
        2,
    )
    assert report["counts"]["left_out"] == {"no_consent": 1}
    [left] = api("GET", f"{path}/messages?state=left_out")[1]["items"]
    assert left["profile"] == bob and api("GET", f"{path}/people/{bob}")[1]["reason"] == "no_consent"
    assert api("GET", f"{path}/people/{ann}")[1]["state"] == "sent"
    assert [one["name"] for one in api("GET", "")[1]] == ["Spring!"]


def test_refusals_are_problems(workspace, api):
    status, problem = api("POST", "", {"name": " "})
    assert (status, problem["at"]) == (422, "name")
    made = api("POST", "", {"name": "Empty"})[1]
    assert api("POST", f"/{made['id']}/send", {})[0] == 422
    assert api("POST", f"/{made['id']}/pause")[0] == 409
    assert api("DELETE", f"/{made['id']}")[0] == 204
    assert api("GET", f"/{made['id']}")[0] == 404


def test_another_workspace_sees_nothing(workspace, api):
    made = api("POST", "", {"name": "Mine"})[1]
    with database.system_scope():
        other = accounts.create_workspace("Other").id
    theirs = Api(other)
    assert theirs("GET", f"/{made['id']}")[0] == 404 and theirs("GET", "")[1] == []
    assert theirs("POST", f"/{made['id']}/cancel")[0] == 404
