"""From a Segment call to one arrival in our words: whose, what, when, and what it told of the person.

The client's clock is corrected by how far it was off when it sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from cadenza.base import text
from cadenza.base.problem import BadInput
from cadenza.cdp.identity.types import KINDS, Identifier
from cadenza.cdp.ingest.check import app_device, moment
from cadenza.cdp.ingest.correct import correct
from cadenza.cdp.ingest.types import FUTURE_HOURS, Arrival, Claim

NAMES = {"page": "Page Viewed", "screen": "Screen Viewed", "group": "Group Joined"}
RENAMED = {
    "firstName": "first_name", "firstname": "first_name", "lastName": "last_name", "lastname": "last_name",
    "birthday": "birth_date", "birthdate": "birth_date", "birthDate": "birth_date", "createdAt": "registered_at",
    "created_at": "registered_at", "timezone": "time_zone", "timeZone": "time_zone", "locale": "language",
    "sex": "gender",
}  # fmt: skip
IN_ADDRESS = {"country": "country", "state": "region", "region": "region", "city": "city"}
COMPARABLE = (("email", text.email), ("phone", text.phone))
CARDS = ("loyalty_card", "loyaltyCard")
MOST_EXTERNAL = 20
OURS = {"user_id": "external_id", "userId": "external_id", "anonymousId": "anonymous_id"}
TOLD_KINDS = frozenset(KINDS) - {"id"}  # our own number is nothing that a client may claim
DEVICE_IDS = ("ios.", "android.")  # advertising ids and push tokens
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
CONTEXT = (
    "page",
    "campaign",
    "library",
    "device",
    "os",
    "app",
    "locale",
)  # all else of it is read and let go


def normalise(
    item: Mapping[str, Any], sent_at: Any, received_at: datetime, fallback: str, source: str
) -> Arrival:
    """The arrival of a checked item. `fallback` names items that carry no messageId."""
    at = occurred(item, sent_at, received_at)
    kind = item["type"]
    traits = _traits(item)
    claims = [*_cards(traits), *_external(item.get("context") or {})]
    return Arrival(
        id=message_id(item.get("messageId") or fallback),
        identifiers=_identifiers(item, traits),
        at=at,
        received_at=received_at,
        source=source,
        name=item["event"].strip() if kind == "track" else NAMES.get(kind),
        properties=_properties(item),
        traits=traits,
        claims=tuple(claims),
        context=item.get("context") or {},
    )


def occurred(item: Mapping[str, Any], sent_at: Any, received_at: datetime) -> datetime:
    """When it happened, by our clock; never in the far future, never before 1970."""
    told = moment(item.get("originalTimestamp")) or moment(item.get("timestamp"))
    own = item.get("sentAt")
    sent = (moment(own) if own else None) or (sent_at if isinstance(sent_at, datetime) else moment(sent_at))
    at = correct(told, sent, received_at)
    return max(EARLIEST, min(at, received_at + timedelta(hours=FUTURE_HOURS)))


def message_id(told: Any) -> UUID:
    """A message id of any shape as 128 bits."""
    return UUID(bytes=hashlib.blake2b(str(told).encode("utf-8", "replace"), digest_size=16).digest())


def _identifiers(item: Mapping[str, Any], traits: Mapping[str, Any]) -> tuple[Identifier, ...]:
    found = []
    if user := _id(item.get("userId")):
        found.append(Identifier("external_id", user))
    if device := _id(item.get("anonymousId")):
        found.append(Identifier("anonymous_id", device))
    elif app := _id(app_device(item)):  # type: ignore[arg-type]
        found.append(Identifier("app_id", app))
    if item["type"] == "alias" and (before := _id(item.get("previousId"))):
        found.append(Identifier("anonymous_id", before))
    for kind, comparable in COMPARABLE if traits else ():
        if told := traits.get(kind):
            try:
                found.append(Identifier(kind, comparable(str(told))))
            except BadInput:  # the profile refuses the value with its reason; it recognises nobody
                continue
    return tuple(found)


def _cards(traits: dict[str, Any]) -> Iterator[Claim]:
    """A loyalty card recognises somebody, and is no trait beside that."""
    for name in CARDS:
        if (told := traits.pop(name, None)) not in (None, ""):
            yield Claim("loyalty_card", str(told), f"traits.{name}")


def _external(context: Mapping[str, Any]) -> Iterator[Claim]:
    """Ids of further systems: `externalIds` of the context, as Segment and RudderStack write them.

    What is about a company, or was encoded by the sender, can be compared with nothing; devices are no persons here.
    """
    told = context.get("externalIds")
    for place, one in enumerate(told[:MOST_EXTERNAL] if isinstance(told, list) else ()):
        if not isinstance(one, dict) or one.get("collection", "users") != "users":
            continue
        kind, value = str(one.get("type") or "").strip(), one.get("id")
        is_plain = isinstance(value, str | int) and not isinstance(value, bool) and value != ""
        if kind and is_plain and one.get("encoding", "none") == "none" and not kind.startswith(DEVICE_IDS):
            known = OURS.get(kind) or (kind if kind in TOLD_KINDS else f"external_id:{kind}")
            yield Claim(known, str(value), f"context.externalIds.{place}")


def _id(told: Any) -> str:
    return "" if told is None else text.clean(str(told).strip(), 320)


def _traits(item: Mapping[str, Any]) -> dict[str, Any]:
    if item["type"] == "group":
        return {}
    context = item.get("context") or {}
    inner = context.get("traits")
    told = {**(inner if isinstance(inner, dict) else {}), **(item.get("traits") or {})}
    if not told:  # as with most events
        return told
    traits: dict[str, Any] = {}
    for name, value in told.items():
        if name == "address" and isinstance(value, dict):
            traits |= {ours: value[theirs] for theirs, ours in IN_ADDRESS.items() if value.get(theirs)}
        elif name == "name" and isinstance(value, str):
            first, _, last = value.strip().partition(" ")
            for part, said in (("first_name", first), ("last_name", last.strip())):
                if said:  # one word says nothing of the other name
                    traits.setdefault(part, said)
        elif not _is_nested(value):
            traits[RENAMED.get(name, text.clean(name.strip(), 120).strip())] = value
    return traits


def _is_nested(value: Any) -> bool:
    """Whether a value is more than a list of single values: no field of a person can hold it."""
    if isinstance(value, list):
        return any(isinstance(one, dict | list) for one in value)
    return isinstance(value, dict)


def _properties(item: Mapping[str, Any]) -> dict[str, Any]:
    kind = item["type"]
    if kind in ("identify", "alias"):
        return {}
    found = dict(item.get("properties") or {})
    if kind in ("page", "screen") and isinstance(item.get("name"), str):
        found.setdefault("name", item["name"])
    if kind == "group":
        found |= {"group_id": str(item["groupId"]), "group": item.get("traits") or {}}
    context = item.get("context") or {}
    if kept := {name: context[name] for name in CONTEXT if context.get(name)}:
        found["context"] = kept
    return found
