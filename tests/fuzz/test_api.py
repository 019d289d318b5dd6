"""No input to an operation of the JSON API ends in a 5xx or a hang: made from its description, right and wrong."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest
import schemathesis
from hypothesis import strategies as st

from tests import server as servers
from tests.fuzz import hostile
from tests.fuzz.asking import Asker, sized, try_all

INPUTS = 25_000
MOST_URL = 60_000


def described(server: servers.Server) -> Any:
    """The API's own description of itself."""
    asked = urllib.request.Request(
        f"{server.url}/api/v1/openapi.json", headers={"Authorization": f"Bearer {server.secret_key}"}
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return schemathesis.openapi.from_dict(json.load(answer))


def strategies(schema: Any) -> dict[str, st.SearchStrategy[Any]]:
    """By operation: calls that fit its description, and calls that do not."""
    found = {}
    for told in schema.get_all_operations():
        operation = told.ok()
        modes = [operation.as_strategy(generation_mode=mode) for mode in schemathesis.GenerationMode]
        found[f"{operation.method.upper()} {operation.path}"] = st.one_of(modes)
    return found


def test_no_call_ends_badly(server):
    found = strategies(described(server))
    asker, each = Asker(server), max(1, INPUTS // len(found))
    known = {"Authorization": f"Bearer {server.secret_key}"}
    told = {}
    for name, strategy in found.items():

        def check(case: Any) -> None:
            sent = case.as_transport_kwargs(base_url=server.url)
            request = _prepared(sent)
            if request and len(request[1]) < MOST_URL:
                asker.ask(request[0], request[1], request[2] | known, request[3])

        told[name] = try_all(strategy, each, check)
    outcome = {
        "name": "fuzz.api",
        "operations": len(told),
        "inputs": sum(told.values()),
        "answers": dict(asker.answers),
    }
    print(json.dumps(outcome))
    assert asker.answers[200] > 0


def _prepared(sent: dict[str, Any]) -> tuple[str, str, dict[str, str], bytes] | None:
    """Method, path, headers and body as they travel; None for what no client library would send."""
    import requests

    wanted = {
        name: sent.get(name)
        for name in ("method", "url", "params", "headers", "cookies", "data", "json", "files")
    }
    try:
        made = requests.Request(**wanted).prepare()
    except (requests.RequestException, UnicodeError, ValueError):
        return None
    body = made.body if isinstance(made.body, bytes) else str(made.body or "").encode("utf-8", "replace")
    headers = {n: v for n, v in made.headers.items() if n.lower() not in ("content-length", "authorization")}
    if not all(isinstance(v, str) and v.isprintable() and v.isascii() for v in headers.values()):
        return None
    return str(made.method), made.path_url, headers, body


def test_no_body_of_any_kind_ends_badly(server):
    """Beside what its description would make: whatever bytes there are, at everything that takes a body."""
    paths = [name.partition(" ")[2] for name in strategies(described(server)) if not name.startswith("GET")]
    asker = Asker(server)
    known = {"Content-Type": "application/json", "Authorization": f"Bearer {server.secret_key}"}

    def check(told: tuple[str, tuple[dict[str, str], bytes]]) -> None:
        path, (headers, body) = told
        asker.ask("POST", _with_ids(path), known | _sendable(headers), body)

    if not paths:
        pytest.skip("nothing here takes a body")
    inputs = try_all(st.tuples(st.sampled_from(paths), hostile.requests()), 5_000, check)
    print(json.dumps({"name": "fuzz.api_bodies", "inputs": inputs, "answers": dict(asker.answers)}))
    assert sized(5_000) == inputs


def _with_ids(path: str) -> str:
    import re

    return re.sub(r"\{[^}]*\}", "018f0000-0000-7000-8000-000000000001", path)


def _sendable(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if value.isascii()}
