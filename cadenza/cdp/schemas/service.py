"""What others may ask of the schema register: count what is stored, judge it, and say whose data a property is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from cadenza.base import clock, database, text
from cadenza.base.ids import WorkspaceId
from cadenza.base.problem import BadInput, NotFound
from cadenza.cdp.events.types import Shape
from cadenza.cdp.schemas import models, store
from cadenza.cdp.schemas.guess import guess
from cadenza.cdp.schemas.judge import judge
from cadenza.cdp.schemas.parse import parse
from cadenza.cdp.schemas.tally import Sums, add, tally
from cadenza.cdp.schemas.types import (
    LONGEST_NAME,
    Document,
    EventSeen,
    Expectation,
    Expected,
    Mode,
    PropertySeen,
    PropertyType,
    Violation,
)
from cadenza.trust.privacy import service as privacy

AT_ONCE = 2_000
SHOWN_DAYS = 30
KEPT_DAYS = 400
ITSELF = "*"


def count(workspace: WorkspaceId, shapes: Mapping[Shape, int]) -> None:
    """Count events that are stored in this transaction, by name and property."""
    if shapes:
        store.append(workspace, tally(shapes), clock.now())


def count_violations(workspace: WorkspaceId, found: Mapping[str, int]) -> None:
    """Count events, by name, that were not as expected, stored or refused."""
    if found:
        sums = {
            text.clean(name, LONGEST_NAME): {"n": 0, "v": number, "p": {}} for name, number in found.items()
        }
        store.append(workspace, sums, clock.now())


def expectations(workspace: WorkspaceId) -> dict[str, Expectation]:
    """What is expected, by event name."""
    found = models.Expectation.objects.filter(workspace_id=workspace)
    return {row.event: _expectation(row) for row in found}


def _expectation(row: models.Expectation) -> Expectation:
    properties = tuple(
        Expected(
            one["name"],
            PropertyType(one["type"]) if one["type"] else None,
            one["is_required"],
            tuple(one["choices"]),
        )
        for one in row.properties
    )
    return Expectation(row.event, Mode(row.mode), row.others, properties)


# workspace-free: a judgement of what is handed in
def violation(expectation: Expectation, properties: Mapping[str, Any]) -> Violation | None:
    """How an event's properties differ from what is expected, or None."""
    return judge(expectation, properties)


# workspace-free: housekeeping of the whole installation
def sum_up() -> int:
    """Add what was counted since to the register; gives how many transactions' counts there were."""
    with database.system_scope():
        found = store.take(AT_ONCE)
        together: dict[WorkspaceId, tuple[Sums, float]] = {}
        days: dict[WorkspaceId, Sums] = {}
        for workspace, at, sums in found:
            total, last = together.get(workspace, ({}, at))
            add(total, sums)
            together[workspace] = total, max(last, at)
            day = days.setdefault(workspace, {}).setdefault(_day(at), {})
            for name, told in sums.items():
                day[name] = day.get(name, 0) + told["n"]
        for workspace in sorted(together):
            _keep(
                workspace,
                together[workspace][0],
                datetime.fromtimestamp(together[workspace][1], UTC),
                days[workspace],
            )
    return len(found)


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def _keep(workspace: WorkspaceId, sums: Sums, at: datetime, days: Sums) -> None:
    database.lock(workspace, "schemas")
    store.keep_names(
        workspace,
        [{"name": name, "count": told["n"], "violations": told.get("v", 0), "at": at} for name, told in sums.items()],
    )  # fmt: skip
    by_day = [
        {"event": name, "day": day, "count": number}
        for day, told in days.items()
        for name, number in told.items()
        if number
    ]
    store.keep_days(workspace, by_day)
    store.keep_properties(workspace, sums, at)


def events(workspace: WorkspaceId, search: str = "") -> list[EventSeen]:
    """Every event name that was seen, or of which something is expected, most frequent first."""
    found = models.EventName.objects.filter(workspace_id=workspace)
    if search := text.clean(search):
        found = found.filter(name__icontains=search)
    modes = {name: one.mode for name, one in expectations(workspace).items()}
    days = store.days(workspace, (clock.now() - timedelta(days=SHOWN_DAYS)).date())
    return [
        EventSeen(
            row.name, row.count, row.violations, row.first_seen_at, row.last_seen_at, modes.get(row.name),
            days.get(row.name, {}),
        )
        for row in found.order_by("-count", "name")
    ]  # fmt: skip


def event(workspace: WorkspaceId, name: str) -> EventSeen:
    """One event name; raises NotFound where none was stored yet."""
    found = next((one for one in events(workspace, name) if one.name == name), None)
    if not found:
        raise NotFound(
            "No event of this name was stored yet.", hint="Names are told as they come, letter by letter."
        )
    return found


def properties(workspace: WorkspaceId, event: str) -> list[PropertySeen]:
    """The properties that events of a name carried, most frequent first."""
    known = store.categories(workspace, [event])
    found = [
        PropertySeen(
            row.name, row.types, row.first_seen_at, row.last_seen_at, _category(known, event, row.name),
            (event, row.name) in known,
        )
        for row in models.Property.objects.filter(workspace_id=workspace, event=text.clean(event))
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-one.count, one.name))


def expectation(workspace: WorkspaceId, event: str) -> Expectation | None:
    """What is expected of the events of a name."""
    row = models.Expectation.objects.filter(workspace_id=workspace, event=text.clean(event)).first()
    return _expectation(row) if row else None


def expect(workspace: WorkspaceId, event: str, told: Document, by: str) -> Expectation:
    """Say what is expected of the events of a name, from the next one on; raises BadInput with its place."""
    name = _named(event)
    found = parse(name, told)
    models.Expectation.objects.update_or_create(
        workspace_id=workspace, event=name,
        defaults={
            "mode": found.mode.value, "others": found.others, "properties": [asdict(one) for one in found.properties],
            "by": by[:64], "updated_at": clock.now(),
        },
    )  # fmt: skip
    return found


def expect_nothing(workspace: WorkspaceId, event: str) -> None:
    """Take what is expected of an event away."""
    models.Expectation.objects.filter(workspace_id=workspace, event=text.clean(event)).delete()


def set_category(workspace: WorkspaceId, event: str, property: str, category: str, by: str) -> None:
    """Say which kind of personal data a property is (`*`: the event itself); "" gives it back to our guess."""
    if category and category not in privacy.vocabulary():
        raise BadInput(
            "There is no such kind of data.", at="category", hint="Settings → Purposes lists them."
        )
    if not category:
        models.Category.objects.filter(
            workspace_id=workspace, event=text.clean(event), property=text.clean(property)
        ).delete()
        return
    if not property or len(property) > LONGEST_NAME or "\x00" in property:
        raise BadInput(f"A property has a name of 1 to {LONGEST_NAME} letters.", at="property")
    models.Category.objects.update_or_create(
        workspace_id=workspace, event=_named(event), property=property,
        defaults={"category": category, "by": by[:64], "updated_at": clock.now()},
    )  # fmt: skip


def categories(workspace: WorkspaceId) -> Callable[[str, str], str]:
    """A function from event and property (`*`: the event itself) to the kind of personal data that it is."""
    known = store.categories(workspace)
    return lambda event, property: _category(known, event, property)


def _category(known: Mapping[tuple[str, str], str], event: str, property: str) -> str:
    """What somebody said of the property; our guess by its name; what somebody said of the event; ours of it."""
    return (
        known.get((event, property))
        or guess(property)
        or known.get((event, ITSELF))
        or privacy.event_category(event, property)
    )


def _named(event: str) -> str:
    if not event.strip() or len(event) > LONGEST_NAME or "\x00" in event:
        raise BadInput(f"An event has a name of 1 to {LONGEST_NAME} letters.", at="event")
    return event


def prune(before: datetime) -> None:  # workspace-free: housekeeping of the whole installation
    """Forget counts by day from before a moment."""
    with database.system_scope():
        store.prune_days(before.date())
