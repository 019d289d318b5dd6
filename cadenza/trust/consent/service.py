"""What others may ask of consent: record what was said, and ask who may be written to.

A person without a line in the ledger has not agreed.  Every method runs in the caller's transaction.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from cadenza.base import clock, crypto, database, text
from cadenza.base.fact import tell
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.base.ip import truncate
from cadenza.base.problem import BadInput
from cadenza.trust.consent import store
from cadenza.trust.consent.cite import DEFAULT_LANGUAGE, cite, key_of
from cadenza.trust.consent.facts import ConsentChanged
from cadenza.trust.consent.fold import fold
from cadenza.trust.consent.loosen import loosen
from cadenza.trust.consent.reconcile import reconcile
from cadenza.trust.consent.types import (
    CHANNELS,
    EMAIL,
    NEWSLETTER,
    OPEN_TRACKING,
    ConsentChange,
    Entry,
    State,
    Subscription,
    Topic,
    TopicKind,
    Wording,
)

DEFAULT_TOPICS = (
    Topic(NEWSLETTER, "Newsletter", TopicKind.MARKETING),
    Topic(OPEN_TRACKING, "Measuring whether a message was opened", TopicKind.MEASUREMENT),
)
LONGEST_WORDING, LONGEST_SOURCE, LONGEST_ACTOR = 300, 100, 100
TOPIC_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")
MERGE, UNMERGE = "merge", "unmerge"
NO_MERGES: Mapping[ProfileId, Collection[UUID]] = {}
Addresses = Iterable[tuple[str, str]]  # (channel, address)


def record(workspace: WorkspaceId, changes: Sequence[ConsentChange]) -> int:
    """Add statements to the ledger and fold them in; gives how many lines were new.

    The same statement told twice is one line.  A moment in the future counts as now.  Raises BadInput, and
    records nothing, where a channel, topic or address is not known as such.
    """
    if not changes:
        return 0
    now = clock.now()
    known = {topic.key for topic in topics(workspace)}
    for index, change in enumerate(changes):
        _check(change, known, f"changes.{index}")
    texts = store.wordings(workspace, filter(None, (key_of(change.wording) for change in changes)))
    return _append(workspace, [_entry(workspace, change, texts, now) for change in changes])


def _check(change: ConsentChange, topics: set[str], at: str) -> None:
    if change.channel not in CHANNELS:
        hint = f"Use one of {', '.join(sorted(CHANNELS))}."
        raise BadInput(f"{change.channel!r} is not a channel.", at=f"{at}.channel", hint=hint)
    if change.topic not in topics:
        hint = f"Use one of {', '.join(sorted(topics))}, or add the topic first."
        raise BadInput(f"There is no topic {change.topic!r}.", at=f"{at}.topic", hint=hint)
    if not change.address.strip():
        raise BadInput("A statement needs an address.", at=f"{at}.address", hint="Leave such rows out.")
    if change.at is not None and change.at.tzinfo is None:
        raise BadInput("This moment has no time zone.", at=f"{at}.at", hint="Hand in an aware datetime.")


def _entry(workspace: WorkspaceId, change: ConsentChange, texts: list[Wording], now: datetime) -> Entry:
    at = min(change.at or now, now)  # a statement dated ahead would outlive every withdrawal until then
    wording = text.clean(change.wording, LONGEST_WORDING)
    cited = cite(wording, at, texts)
    return Entry(
        channel=change.channel,
        address_digest=digest(workspace, change.channel, change.address),
        topic=change.topic,
        state=State(change.state),
        at=at,
        recorded_at=now,
        source=text.clean(change.source, LONGEST_SOURCE),
        wording=wording,
        wording_version=cited.version if cited else 0,
        wording_hash=_hash(cited, wording),
        profile=change.profile,
        actor=text.clean(change.actor, LONGEST_ACTOR) if change.actor else None,
        ip=truncate(change.ip),
        proven=_is_proven(change),
    )


def _hash(cited: Wording | None, wording: str) -> bytes | None:
    if cited:
        return cited.sha256
    return hashlib.sha256(wording.encode()).digest() if wording else None


def _is_proven(change: ConsentChange) -> bool:
    doubtful = change.source.startswith("import") and change.state == State.GIVEN
    return not doubtful or (change.at is not None and bool(change.wording))


def digest(workspace: WorkspaceId, channel: str, address: str) -> bytes:
    """The keyed fingerprint under which the ledger knows an address."""
    return crypto.digest(workspace, f"{channel}:{_comparable(channel, address)}")


def _comparable(channel: str, address: str) -> str:
    if channel != EMAIL:
        return address.strip()
    try:
        return text.email(address)
    except BadInput:
        return address.strip().lower()


def _append(workspace: WorkspaceId, entries: list[Entry]) -> int:
    new = store.append(workspace, entries) if entries else 0
    if not new:
        return 0
    whose: dict[store.Point, ProfileId | None] = {}
    for entry in entries:
        point = entry.channel, entry.address_digest, entry.topic
        whose[point] = entry.profile or whose.get(point)
    before = store.lock(workspace, whose)
    # Asked only now: who held a lock before us has committed, and this statement sees what they wrote.
    after = {point: _standing(lines) for point, lines in store.deciding(workspace, whose).items()}
    moved = [point for point in whose if after[point] != before.get(point)]
    store.settle(workspace, [after[point] for point in moved])
    at = clock.now()
    tell(*(
        ConsentChanged(
            workspace=workspace, at=at, profile=whose[point], channel=point[0], address_digest=point[1],
            topic=point[2], state=after[point].state, before=was.state if was else None,
        )
        for point in moved
        if (was := before.get(point)) is None or was.state is not after[point].state
    ))  # fmt: skip
    return new


def _standing(lines: list[Entry]) -> Subscription:
    entry = fold(lines) or lines[-1]
    return Subscription(entry.channel, entry.address_digest, entry.topic, entry.state, entry.at, entry.source)


def states(workspace: WorkspaceId, channel: str, topic: str, addresses: Sequence[str]) -> dict[str, State]:
    """Where these addresses stand on a topic. One that is missing from the answer has not agreed."""
    digests = {address: digest(workspace, channel, address) for address in addresses}
    found = store.states(workspace, channel, topic, list(set(digests.values())))
    return {address: found[key] for address, key in digests.items() if key in found}


def states_of(
    workspace: WorkspaceId, channel: str, topic: str, digests: Sequence[bytes]
) -> dict[bytes, State]:
    """The same by the keyed digests of `digest`, for those who keep no address in clear."""
    return store.states(workspace, channel, topic, list(set(digests)))


def restate(
    workspace: WorkspaceId, channel: str, address_digest: bytes, topic: str, state: State, *,
    source: str, wording: str = "", profile: ProfileId | None = None,
) -> int:  # fmt: skip
    """Record a statement, made now, about a contact point of which only the digest is known (a link in a mail)."""
    if topic not in {known.key for known in topics(workspace)}:
        raise BadInput(f"There is no topic {topic!r}.", at="topic", hint="Add the topic first.")
    now = clock.now()
    return _append(workspace, [
        Entry(
            channel=channel, address_digest=address_digest, topic=topic, state=state, at=now, recorded_at=now,
            source=source, wording=wording, wording_hash=_hash(None, wording), profile=profile,
        )
    ])  # fmt: skip


def of_person(workspace: WorkspaceId, profile: ProfileId, addresses: Addresses = ()) -> list[Subscription]:
    """Where a person's contact points stand, by channel and topic.

    The ledger knows the contact points told with this profile, or with one merged into it.  `addresses` adds
    `(channel, address)` pairs, for statements that came without a profile.
    """
    return store.subscriptions(workspace, _points(workspace, profile, addresses))


def _points(workspace: WorkspaceId, profile: ProfileId, addresses: Addresses) -> set[tuple[str, bytes]]:
    told = {(channel, digest(workspace, channel, address)) for channel, address in addresses}
    return store.points_of(workspace, profile) | told


def standing(workspace: WorkspaceId, after: store.Point | None, limit: int) -> list[Subscription]:
    """Where all contact points stand, by (channel, digest, topic); held as they are until this transaction ends."""
    return store.standing(workspace, after or ("", b"", ""), limit)


def owners(workspace: WorkspaceId, digests: Iterable[bytes]) -> dict[bytes, set[ProfileId]]:
    """The people with whom the ledger was told these contact points, by the ids that they had then."""
    return store.owners(workspace, digests)


def history(workspace: WorkspaceId, profile: ProfileId, addresses: Addresses = ()) -> list[Entry]:
    """Every line about a person's contact points, oldest first."""
    return store.history(workspace, _points(workspace, profile, addresses))


def withdraw_all(
    workspace: WorkspaceId, profile: ProfileId, *,
    source: str, addresses: Addresses = (), at: datetime | None = None, wording: str = "", actor: str | None = None,
) -> int:  # fmt: skip
    """Withdraw every marketing and measurement topic on every contact point of a person.

    Gives how many lines were written.
    """
    now = clock.now()
    points = _points(workspace, profile, addresses)
    asked = [topic.key for topic in topics(workspace) if topic.kind is not TopicKind.TRANSACTIONAL]
    return _append(workspace, [
        Entry(
            channel=channel, address_digest=point, topic=topic, state=State.WITHDRAWN, at=min(at or now, now),
            recorded_at=now, source=source, wording=wording, wording_hash=_hash(None, wording),
            profile=profile, actor=actor,
        )
        for channel, point in points
        for topic in asked
    ])  # fmt: skip


def follow_merges(workspace: WorkspaceId, merges: Sequence[tuple[ProfileId, ProfileId, UUID]]) -> int:
    """Profiles were one person all along (winner, loser, merge): found under the winner; the strictest word holds.

    The ledger keeps its lines as they came.  Gives how many lines were added to tighten what was looser.
    """
    losers: dict[ProfileId, list[tuple[ProfileId, UUID]]] = defaultdict(list)
    for winner, loser, merge in merges:
        losers[winner].append((loser, merge))
    points = store.points_of_many(workspace, {one for winner, loser, _ in merges for one in (winner, loser)})
    standing: dict[tuple[str, bytes], list[Subscription]] = defaultdict(list)
    for told in store.subscriptions(workspace, {point for some in points.values() for point in some}):
        standing[told.channel, told.address_digest].append(told)
    store.link(workspace, [(winner, loser) for winner, loser, _ in merges])
    now = clock.now()
    return _append(workspace, [
        _tightened(told, owner, merge, now)
        for winner, others in losers.items()
        for told, owner, merge in _stricter(winner, others, points, standing)
    ])  # fmt: skip


def _stricter(
    winner: ProfileId, others: Sequence[tuple[ProfileId, UUID]],
    points: Mapping[ProfileId, Mapping[tuple[str, bytes], ProfileId]],
    standing: Mapping[tuple[str, bytes], list[Subscription]],
) -> Iterator[tuple[Subscription, ProfileId, UUID]]:  # fmt: skip
    """What must become stricter, whose it is, and by which merge: the winner's own by the first that is stricter."""
    people = [winner, *(loser for loser, _ in others)]
    sides = {
        one: [told for point in points.get(one, ()) for told in standing.get(point, ())] for one in people
    }
    if sum(map(bool, sides.values())) < 2:
        return
    merge_of = dict(others)
    for told in reconcile(*sides.values()):
        owner = next(one for one in people if (told.channel, told.address_digest) in points.get(one, ()))
        why = (
            merge for one, merge in others
            if any((s.channel, s.topic, s.state) == (told.channel, told.topic, told.state) for s in sides[one])
        )  # fmt: skip
        whose = points[owner][
            told.channel, told.address_digest
        ]  # the line stays with who said something there
        yield told, whose, merge_of.get(owner) or next(why, others[0][1])


def _tightened(told: Subscription, owner: ProfileId, merge: UUID, now: datetime) -> Entry:
    return Entry(
        channel=told.channel, address_digest=told.address_digest, topic=told.topic, state=told.state, at=now,
        recorded_at=now, source=f"{MERGE}:{merge}", profile=owner,
    )  # fmt: skip


def follow_unmerge(
    workspace: WorkspaceId, winner: ProfileId, loser: ProfileId, ids: Sequence[ProfileId],
    merge: UUID, holding: Mapping[ProfileId, Collection[UUID]] = NO_MERGES,
) -> int:  # fmt: skip
    """The two are two again: `ids` are found under `loser`. What only the merge had tightened is loosened again.

    `holding`: the merges that each of the two still rests on.  Where anything was said of a point since, that word
    stays; where what was said before cannot be proved, the stricter one does.  Gives how many lines were added.
    """
    store.relink(workspace, winner, loser, ids)
    now = clock.now()
    added = []
    for person, owners in store.points_of_many(workspace, [winner, loser]).items():
        lines: dict[store.Point, list[Entry]] = defaultdict(list)
        for entry in store.history(workspace, owners):
            lines[entry.channel, entry.address_digest, entry.topic].append(entry)
        added += loosen(lines, owners, {f"{MERGE}:{one}" for one in holding.get(person, ())})
    again = [replace(one, at=now, recorded_at=now, source=f"{UNMERGE}:{merge}") for one in added]
    return _append(workspace, again)


def topics(workspace: WorkspaceId) -> list[Topic]:
    """The topics of a workspace; the default ones are made on first use."""
    found = store.topics(workspace)
    if {topic.key for topic in DEFAULT_TOPICS} <= {topic.key for topic in found}:
        return found
    ensure_topics(workspace)
    return store.topics(workspace)


def ensure_topics(workspace: WorkspaceId) -> None:
    """Make the default topics of a workspace: newsletter and open tracking."""
    store.add_topics(workspace, DEFAULT_TOPICS)


def add_topic(workspace: WorkspaceId, key: str, title: str, kind: TopicKind = TopicKind.MARKETING) -> Topic:
    """Add a topic that people can agree to; one that is there already stays as it is."""
    if not TOPIC_KEY.fullmatch(key):
        hint = "Use lower-case letters, digits and _, like style_news."
        raise BadInput("This is not a key for a topic.", at="key", hint=hint)
    if not title.strip():
        raise BadInput("A topic needs a title.", at="title", hint="Write what people would call it.")
    store.add_topics(workspace, [Topic(key, text.clean(title.strip(), 200), TopicKind(kind))])
    return next(topic for topic in store.topics(workspace) if topic.key == key)


def publish_wording(
    workspace: WorkspaceId, key: str, wording: str, language: str = DEFAULT_LANGUAGE
) -> Wording:
    """Register the text that people are shown. A changed text becomes the next version."""
    if key_of(f"{key}:{language}") != key:
        raise BadInput("This is not a key for a text.", at="key", hint="Write it like newsletter_form.")
    if not wording.strip():
        raise BadInput("This text is empty.", at="text", hint="Write what people are asked to agree to.")
    database.lock(workspace, f"consent wording {key}:{language}")
    versions = [w for w in store.wordings(workspace, [key]) if w.language == language]
    sha256 = hashlib.sha256(wording.encode()).digest()
    if versions and versions[-1].sha256 == sha256:
        return versions[-1]
    made = Wording(key, language, len(versions) + 1, wording, sha256, clock.now())
    store.add_wording(workspace, made)
    return made


def wordings(workspace: WorkspaceId) -> list[Wording]:
    """Every version of every text, by key, language and version."""
    return store.all_wordings(workspace)


def export(workspace: WorkspaceId, profile: ProfileId, addresses: Addresses = ()) -> dict[str, Any]:
    """All that consent holds of one person, for their own eyes: where they stand, every line, its text."""
    subscriptions = of_person(workspace, profile, addresses)
    lines = history(workspace, profile, addresses)
    texts = store.wordings(workspace, filter(None, (key_of(line.wording) for line in lines)))
    points = dict.fromkeys(
        [line.address_digest for line in lines] + [s.address_digest for s in subscriptions]
    )
    names = {point: f"contact point {number}" for number, point in enumerate(points, 1)}
    return {
        "subscriptions": [
            {
                "contact_point": names[s.address_digest], "channel": s.channel, "topic": s.topic,
                "state": s.state.value, "since": s.since, "source": s.source,
            }
            for s in subscriptions
        ],
        "history": [_told(line, names[line.address_digest], texts) for line in lines],
    }  # fmt: skip


def _told(line: Entry, point: str, texts: list[Wording]) -> dict[str, Any]:
    shown = next((w for w in texts if w.sha256 == line.wording_hash), None)
    return {
        "contact_point": point, "channel": line.channel, "topic": line.topic, "state": line.state.value,
        "at": line.at, "recorded_at": line.recorded_at, "source": line.source, "wording": line.wording,
        "wording_version": line.wording_version, "text": shown.text if shown else "",
        "told_by": line.actor or "", "ip": line.ip or "",
    }  # fmt: skip


def erase(workspace: WorkspaceId, profile: ProfileId, addresses: Addresses = ()) -> dict[str, int]:
    """Forget a person; gives table → rows removed or emptied.

    What they agreed to is removed.  What they refused or withdrew stays as a keyed digest with its topic and
    time, linked to no profile, for the sole purpose of never writing to that address again.
    """
    return store.erase(workspace, profile, _points(workspace, profile, addresses))
