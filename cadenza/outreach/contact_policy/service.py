"""What others may ask of the contact policy: may we write to these people, and whom must we never write to.

Every method runs in the caller's transaction, so that a verdict and what follows from it are one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from cadenza.base import clock, database, log, text
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.base.problem import BadInput, NotFound
from cadenza.cdp.identity import service as identity
from cadenza.cdp.profiles import service as profiles
from cadenza.outreach.contact_policy import models, store
from cadenza.outreach.contact_policy.decide import decide
from cadenza.outreach.contact_policy.types import Cause, Standing, Suppression, SuppressionPage, Verdict
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.types import CHANNELS, State, TopicKind
from cadenza.trust.privacy import service as privacy

KINDS = {"email": "email", "sms": "phone", "viber": "phone"}
LONGEST_PAGE = 200

_log = log.get(__name__)


def may_contact(
    workspace: WorkspaceId, channel: str, topic: str, people: Sequence[tuple[ProfileId, str | None]]
) -> dict[ProfileId, Verdict]:
    """A verdict for each person and address. An address of None: of somebody who has none, or is gone."""
    needed = _needs_consent(workspace, topic)
    points = {address: digest(workspace, channel, address) for _, address in people if address}
    states = consent.states_of(workspace, channel, topic, list(points.values()))
    suppressed = store.suppressed(workspace, channel, list(set(points.values())))
    erased = _erased(
        workspace, channel, [a for a, point in points.items() if states.get(point) is not State.GIVEN]
    )
    gone = _gone(workspace, [who for who, address in people if not address])
    return {
        who: decide(
            Standing(
                has_address=bool(address),
                erased=who in gone or address in erased,
                suppressed=points.get(address or "") in suppressed,
                consent=states.get(points.get(address or "", b"")),
                needs_consent=needed,
            )
        )
        for who, address in people
    }


def may_reach(
    workspace: WorkspaceId, channel: str, topic: str, digests: Sequence[bytes]
) -> dict[bytes, Verdict]:
    """The same question about contact points that are known by their digest, asked at the last moment."""
    needed = _needs_consent(workspace, topic)
    states = consent.states_of(workspace, channel, topic, digests)
    suppressed = store.suppressed(workspace, channel, list(set(digests)))
    return {
        point: decide(
            Standing(suppressed=point in suppressed, consent=states.get(point), needs_consent=needed)
        )
        for point in set(digests)
    }


def _needs_consent(workspace: WorkspaceId, topic: str) -> bool:
    kinds = {known.key: known.kind for known in consent.topics(workspace)}
    if topic not in kinds:
        raise BadInput(
            f"There is no topic {topic!r}.", at="topic", hint=f"Known are: {', '.join(sorted(kinds))}."
        )
    return kinds[topic] is not TopicKind.TRANSACTIONAL


def _erased(workspace: WorkspaceId, channel: str, addresses: Sequence[str]) -> set[str]:
    """Addresses of people who were erased and have not agreed anew since."""
    kind = KINDS.get(channel)
    if not kind or not addresses:
        return set()
    return {
        address for _, address in privacy.erased_since(workspace, [(kind, address) for address in addresses])
    }


def _gone(workspace: WorkspaceId, people: Sequence[ProfileId]) -> set[ProfileId]:
    return set(people) - set(profiles.many(workspace, people)) if people else set()


def digest(workspace: WorkspaceId, channel: str, address: str) -> bytes:
    """The keyed fingerprint under which an address is remembered; the same as the consent ledger's."""
    return consent.digest(workspace, channel, address)


def suppress(workspace: WorkspaceId, channel: str, address: str, reason: str, source: str) -> bool:
    """Never write to this address again; False where it was suppressed already."""
    if channel not in CHANNELS:
        raise BadInput(
            f"{channel!r} is not a channel.", at="channel", hint=f"Use one of {', '.join(sorted(CHANNELS))}."
        )
    if channel == "email":
        address = text.email(address)
    return suppress_points(workspace, channel, [digest(workspace, channel, address)], reason, source) > 0


def suppress_points(
    workspace: WorkspaceId, channel: str, digests: Sequence[bytes], reason: str, source: str
) -> int:
    """The same for contact points known by their digest (a bounce, a complaint); gives how many were new."""
    if reason not in set(Cause):
        raise BadInput("There is no such reason.", at="reason", hint=f"Use one of {', '.join(Cause)}.")
    if not digests:
        return 0
    new = store.suppress(workspace, channel, digests, reason, text.clean(source, 100), clock.now())
    _log.info("contact_policy.suppressed", n=new, reason=reason)
    return new


def release(workspace: WorkspaceId, suppression: UUID, reason: str, by: str) -> Suppression:
    """Let an address be written to again. Consent is asked all the same. Who released it, and why, stays."""
    if not reason.strip():
        raise BadInput("Say why.", at="reason", hint="One sentence, such as: the mailbox was repaired.")
    database.lock(workspace, f"suppression:{suppression}")
    row = models.Suppression.objects.filter(workspace_id=workspace, id=suppression, released_at=None).first()
    if not row:
        raise NotFound("This address is not suppressed (any more).", hint="See the list of suppressions.")
    row.released_at, row.released_by = clock.now(), text.clean(by, 100)
    row.release_reason = text.clean(reason.strip(), 400)
    row.save(update_fields=["released_at", "released_by", "release_reason"])
    _log.info("contact_policy.released", suppression=str(suppression), by=by)
    return _suppression(row)


def suppressions(
    workspace: WorkspaceId, *, address: str = "", channel: str = "email", reason: str = "",
    released: bool = False, after: UUID | None = None, limit: int = 50,
) -> SuppressionPage:  # fmt: skip
    """Who is suppressed, newest first. `address`: only this one (the list itself knows digests alone)."""
    found = models.Suppression.objects.filter(workspace_id=workspace, released_at__isnull=not released)
    if address.strip():
        found = found.filter(channel=channel, address_digest=digest(workspace, channel, address))
    if reason:
        found = found.filter(reason=reason)
    total = found.count()
    most = min(limit, LONGEST_PAGE)
    rows = list((found.filter(id__lt=after) if after else found).order_by("-id")[: most + 1])
    items = tuple(_suppression(row) for row in rows[:most])
    return SuppressionPage(items, items[-1].id if len(rows) > most else None, total)


def _suppression(row: models.Suppression) -> Suppression:
    names = ("id", "channel", "reason", "source", "at", "released_at", "released_by", "release_reason")
    return Suppression(*(getattr(row, name) for name in names))


def of_person(workspace: WorkspaceId, profile: ProfileId) -> list[Suppression]:
    """The suppressions of a person's present addresses."""
    return [_suppression(row) for row in _rows_of(workspace, profile)]


def _rows_of(workspace: WorkspaceId, profile: ProfileId) -> Iterable[models.Suppression]:
    points = []
    for channel in ("email", "sms"):
        found = profiles.addresses(workspace, [identity.current(workspace, profile)], channel)
        points += [(channel, digest(workspace, channel, address)) for address in found.values()]
    rows = models.Suppression.objects.filter(
        workspace_id=workspace, address_digest__in=[p for _, p in points]
    )
    return [row for row in rows.order_by("-id") if (row.channel, bytes(row.address_digest)) in points]


def export(workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
    """What is remembered of a person's addresses, for their own eyes."""
    return {
        "suppressions": [
            {"channel": s.channel, "reason": s.reason, "since": s.at, "until": s.released_at}
            for s in of_person(workspace, profile)
        ]
    }
