"""A shop's site that calls operations: over HTTP, through the real application, in JSON or in XML."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from lxml import etree

from cadenza.base import database
from cadenza.base.ids import WorkspaceId, new_id
from cadenza.connect.operations import service
from cadenza.connect.operations.types import Point
from cadenza.connect.operations.unfold import unfold
from cadenza.connect.operations.write import write

SITE = "https://shop.example.com"


@dataclass
class Answer:
    """What came back: the status of HTTP and the tree, whatever its format was."""

    status: int
    tree: dict[str, Any]
    headers: Any

    def __getitem__(self, name: str) -> Any:
        return self.tree[name]


@dataclass
class Shop:
    """Calls operations of one integration point."""

    workspace: WorkspaceId
    point: Point
    key: str
    test_key: str
    xml: bool = False
    client: Client = field(default_factory=lambda: Client(SERVER_NAME="localhost"))

    def __call__(
        self, operation: str, tree: Any = None, *, mode: str = "sync", key: str | None = None, transaction: str = "",
        device: str = "", origin: str = "", raw: bytes | None = None, **more: Any,
    ) -> Answer:  # fmt: skip
        """POST a tree as JSON or XML; `key=""` sends none."""
        asked = {
            "endpointId": self.point.endpoint,
            "operation": f"Website.{operation}" if "." not in operation else operation,
        }
        asked |= {"transactionId": transaction} if transaction else {}
        asked |= {"deviceUUID": device} if device else {}
        asked |= more.pop("params", {})
        body = raw if raw is not None else write(tree or {}, self.xml, "operation")
        form = "application/xml" if self.xml else "application/json"
        told = self.key if key is None else key
        headers = {"Authorization": f"SecretKey {told}"} if told else {}
        headers |= {"Origin": origin} if origin else {}
        headers |= more.pop("headers", {})
        found = self.client.post(
            f"/v3/operations/{mode}?{urlencode(asked)}",
            body,
            content_type=more.pop("form", form),
            headers=headers,
        )
        return Answer(found.status_code, self._read(found), found.headers)

    def _read(self, found: Any) -> dict[str, Any]:
        if not found.headers["Content-Type"].startswith("application/xml"):
            return json.loads(found.content)
        assert etree.fromstring(found.content).tag == "result"
        return unfold(
            found.content.replace(b"<result>", b"<operation>").replace(b"</result>", b"</operation>")
        )


@pytest.fixture(params=["json", "xml"])
def shop(workspace: WorkspaceId, request: Any) -> Iterator[Shop]:
    """A shop with an integration point and both kinds of keys, once in each format."""
    yield make(workspace, xml=request.param == "xml")


@pytest.fixture
def site(workspace: WorkspaceId) -> Shop:
    """The same in JSON alone."""
    return make(workspace)


def make(workspace: WorkspaceId, xml: bool = False) -> Shop:
    with database.scope(workspace):
        point = service.create_point(
            workspace, "Web shop", endpoint=f"shop.{new_id()}", sites=[SITE], brand="Bikes"
        )
        _, key = service.issue_key(workspace, point.id, "production")
        _, test = service.issue_key(workspace, point.id, "test")
    return Shop(workspace, point, key, test, xml)
