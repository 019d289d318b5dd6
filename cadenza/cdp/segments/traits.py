"""What is worked out of orders and visits, written as traits: totals, RFM scores, the cell of the lifecycle.

One query says whose traits are otherwise than they stand; only those are written, through `profiles`.
RFM: quintiles by rank among those who ordered, 5 the best; equal values have equal scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cadenza.base import clock, jobs
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.base.problem import BadInput
from cadenza.cdp.events.types import DONE_BY_MACHINES_TOO, DONE_TO_PEOPLE
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import TraitChange
from cadenza.cdp.segments import asking, models, store
from cadenza.cdp.segments.bind import stamp
from cadenza.cdp.segments.types import Computed, Scored
from cadenza.trust.accounts import service as accounts

SOURCE = "computed"
AT_ONCE = 2000
HOUR = 4  # of the workspace's night
ORDERS, SESSION = "orders.history", "behaviour.session"


@dataclass(frozen=True)
class Trait:
    """A trait that is worked out: its field, and the column of the answer."""

    name: str
    type: str
    label: str
    category: str = ORDERS


TRAITS = (
    Trait("orders_count", "number", "Number of orders"),
    Trait("orders_total", "number", "Total of orders"),
    Trait("orders_average", "number", "Average order"),
    Trait("rfm_recency", "number", "RFM: recency"),
    Trait("rfm_frequency", "number", "RFM: frequency"),
    Trait("rfm_monetary", "number", "RFM: spending"),
    Trait("first_order_at", "datetime", "First order"),
    Trait("last_order_at", "datetime", "Last order"),
    Trait("last_seen_at", "datetime", "Last seen", SESSION),
    Trait("rfm", "text", "RFM score"),
    Trait("lifecycle", "text", "Lifecycle"),
    Trait("favourite_category", "text", "Favourite category"),
)
# Who is new goes by registration; the others by their last order and how many they have.
CELLS = (
    "new_no_orders",
    "new_one_order",
    "new_repeat",
    "inactive",
    "churned",
    "at_risk",
    "loyal",
    "active",
    "promising",
)
THRESHOLDS = {"new_days": 30, "active_days": 90, "churn_days": 365, "loyal_orders": 5}

ASKED = """
with survivor as (select profile, into from profile_override final where workspace = {w:UUID}),
bought as (
  select if(s.into = 0, o.profile, s.into) as person, uniqExact(number) as orders, sum(total - refunded) as spent,
    min(placed_at) as first_at, max(placed_at) as last_at
  from purchase as o final left join survivor as s on s.profile = o.profile
  where o.workspace = {w:UUID} and status != 'cancelled' and placed_at <= {at:DateTime64(3, 'UTC')}
    and o.profile != 0 group by person
),
scored as (
  select person, orders, spent, first_at, last_at,
    toUInt8(1 + intDiv(5 * (rank() over (order by last_at) - 1), count() over ())) as r,
    toUInt8(1 + intDiv(5 * (rank() over (order by orders) - 1), count() over ())) as f,
    toUInt8(1 + intDiv(5 * (rank() over (order by spent) - 1), count() over ())) as m
  from bought
),
liked as (
  select person, argMax(category, (paid, category)) as favourite from (
    select if(s.into = 0, o.profile, s.into) as person, category, sum(line) as paid
    from (select profile, line_category, line_total from purchase final
      where workspace = {w:UUID} and status != 'cancelled' and placed_at <= {at:DateTime64(3, 'UTC')}) as o
      array join line_category as category, line_total as line
      left join survivor as s on s.profile = o.profile
    where category != '' group by person, category
  ) group by person
),
seen as (
  select if(s.into = 0, e.profile, s.into) as person, max(e.latest) as seen_at from (
    select profile, max(at) as latest from event
    where workspace = {w:UUID} and name not in {not_theirs:Array(String)} and at <= {at:DateTime64(3, 'UTC')}
    group by profile
    union all
    select profile, max(at) as latest from event
    where workspace = {w:UUID} and name in {machines:Array(String)} and text['bot'] != 'true'
      and at <= {at:DateTime64(3, 'UTC')}
    group by profile
  ) as e left join survivor as s on s.profile = e.profile group by person
)
select p.profile, numbers, times, texts from (
  select p.profile as profile, p.number as number, p.time as time, p.text as text,
    if(mapContains(p.time, 'registered_at'), p.time['registered_at'], p.time['first_seen_at']) as since,
    b.orders as n, toFloat64(b.spent) as total,
    [toFloat64(n), total, if(n = 0, 0, total / n), toFloat64(b.r), toFloat64(b.f), toFloat64(b.m)] as numbers,
    [b.first_at, b.last_at, s.seen_at] as times,
    [if(n = 0, '', concat(toString(b.r), toString(b.f), toString(b.m))), multiIf(
      since > {at:DateTime64(3, 'UTC')} - toIntervalDay({new_days:UInt32}),
      multiIf(n = 0, 'new_no_orders', n = 1, 'new_one_order', 'new_repeat'),
      n = 0, 'inactive',
      b.last_at <= {at:DateTime64(3, 'UTC')} - toIntervalDay({churn_days:UInt32}), 'churned',
      b.last_at <= {at:DateTime64(3, 'UTC')} - toIntervalDay({active_days:UInt32}), 'at_risk',
      n >= {loyal_orders:UInt32}, 'loyal', n >= 2, 'active', 'promising'), l.favourite] as texts
  from (select profile, number, time, text from profile final where workspace = {w:UUID}) as p
  left join scored as b on b.person = p.profile
  left join liked as l on l.person = p.profile
  left join seen as s on s.person = p.profile
) as p
where arrayExists((name, value) -> number[name] != value, {numbers:Array(String)}, numbers)
  or arrayExists((name, value) -> time[name] != value, {times:Array(String)}, times)
  or arrayExists((name, value) -> text[name] != value, {texts:Array(String)}, texts)
order by profile
"""


def thresholds(workspace: WorkspaceId) -> dict[str, int]:
    """Where the cells of the lifecycle end in this shop."""
    return THRESHOLDS | _progress(workspace).thresholds


def _progress(workspace: WorkspaceId) -> models.Progress:
    """How far they are, written nowhere: to look changes nothing."""
    found = models.Progress.objects.filter(workspace_id=workspace).first()
    return found or models.Progress(workspace_id=workspace)


def computed(workspace: WorkspaceId) -> Computed:
    """How the traits stand: the thresholds, when they were worked out, and when they will be next."""
    progress, now = _progress(workspace), clock.now()
    due = None
    if progress.thresholds:
        due = now if is_due(workspace) else _night(workspace, now) + timedelta(days=1)
    return Computed(THRESHOLDS | progress.thresholds, progress.computed_at, due)


def cells(workspace: WorkspaceId) -> dict[str, int]:
    """How many people are in each cell of the lifecycle, in the order of `CELLS`."""
    sql = (
        "select text['lifecycle'] as cell, count() from profile final"
        " where workspace = {w:UUID} and deleted = 0 and cell != '' group by cell"
    )
    found: dict[Any, Any] = dict(asking.answers(sql, {"w": str(workspace)}))  # type: ignore[arg-type]
    return {cell: found.get(cell, 0) for cell in CELLS}


def scores(workspace: WorkspaceId) -> list[Scored]:
    """How many people have each combination of RFM scores that somebody has."""
    sql = (
        "select toUInt8(number['rfm_recency']) as r, toUInt8(number['rfm_frequency']) as f,"
        " toUInt8(number['rfm_monetary']) as m, count() from profile final"
        " where workspace = {w:UUID} and deleted = 0 and mapContains(number, 'rfm_recency') group by r, f, m"
    )
    return [Scored(*row) for row in asking.answers(sql, {"w": str(workspace)})]


def set_thresholds(workspace: WorkspaceId, told: Any) -> dict[str, int]:
    """Set them, and from now on work the traits out every night."""
    if not isinstance(told, dict) or told.keys() - THRESHOLDS.keys():
        raise BadInput("These are no thresholds.", at="thresholds", hint=f"Known: {', '.join(THRESHOLDS)}.")
    found = THRESHOLDS | told
    for name, value in found.items():
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 36_500:
            raise BadInput("This must be a whole number.", at=f"thresholds.{name}", hint="From 1 to 36500.")
    if found["active_days"] >= found["churn_days"]:
        raise BadInput("Who is at risk is not lost yet.", at="thresholds.churn_days", hint="Make it longer.")
    store.progress(workspace)
    models.Progress.objects.filter(workspace_id=workspace).update(thresholds=found)
    return found


def compute_traits(workspace: WorkspaceId) -> int:
    """Work all traits out, and write those that are otherwise than they stand; gives of how many people."""
    now = clock.now()
    for trait in TRAITS:
        profiles.define_field(workspace, trait.name, trait.type, trait.category, trait.label)  # type: ignore[arg-type]
    found = asking.answers(ASKED, _bound(workspace, now))
    for begin in range(0, len(found), AT_ONCE):
        profiles.apply(workspace, list(_changes(found[begin : begin + AT_ONCE], now)))
    store.progress(workspace)
    models.Progress.objects.filter(workspace_id=workspace).update(computed_at=now)
    return len(found)


def start_traits(workspace: WorkspaceId) -> None:
    """Have a worker do it now."""
    from cadenza.cdp.segments.jobs import compute_traits_of  # jobs.py imports this file

    jobs.defer(
        compute_traits_of, once=f"traits {workspace}", lock=f"traits {workspace}", workspace=str(workspace)
    )


def _bound(workspace: WorkspaceId, now: datetime) -> dict[str, Any]:
    return {
        "w": str(workspace), "at": stamp(now), **thresholds(workspace),
        "not_theirs": [*DONE_TO_PEOPLE, *DONE_BY_MACHINES_TOO], "machines": [*DONE_BY_MACHINES_TOO],
        "numbers": [one.name for one in TRAITS if one.type == "number"],
        "times": [one.name for one in TRAITS if one.type == "datetime"],
        "texts": [one.name for one in TRAITS if one.type == "text"],
    }  # fmt: skip


def _changes(rows: Sequence[tuple[Any, ...]], now: datetime) -> Iterator[TraitChange]:
    for profile, numbers, times, texts in rows:
        scores = numbers[1:] if numbers[0] else [None] * (len(numbers) - 1)  # who never ordered has no score
        told = (numbers[0], *scores, *map(_known, times), *(text or None for text in texts))
        values = dict(zip((one.name for one in TRAITS), told, strict=True))
        yield TraitChange(ProfileId(profile), values, now, SOURCE)


def _known(at: datetime) -> datetime | None:
    """A moment that ClickHouse has not found is the beginning of its time."""
    return None if at == datetime(1970, 1, 1, tzinfo=UTC) else at


def is_due(workspace: WorkspaceId) -> bool:
    """Whether this shop wants them, and the night's hour has passed since they were worked out last."""
    progress, last = _progress(workspace), _night(workspace, clock.now())
    return bool(progress.thresholds) and (progress.computed_at is None or progress.computed_at < last)


def _night(workspace: WorkspaceId, now: datetime) -> datetime:
    """The night's hour that came last."""
    local = accounts.local_time(workspace, now)
    hour = local.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return hour if local >= hour else hour - timedelta(days=1)
