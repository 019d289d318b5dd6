"""From a question about earnings to one ClickHouse query and its parameters.

An order belongs to the last click before it: `ASOF JOIN` finds that click for each order in one pass, and a
click older than the window earns nothing, for any that came earlier is older still.  Both sides are moved to
whom a merged person is now.  Clicks by machines, cancelled orders and orders of nobody known stay outside.
Two clicks in the same millisecond: the one of the newer campaign counts, so that the answer is always the same.

Only clicks that our own tracking recorded count (`source`): a write key stands in every web page, and whoever
holds one could else earn a campaign some revenue.  The moment comes in as the end of the span.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from cadenza.base.ids import CampaignId
from cadenza.insight.attribution.types import BEGINNING, WINDOW, Span, stamp

Shape = Literal["by_campaign", "by_day", "orders"]
MOMENT = "DateTime64(3, 'UTC')"


@dataclass(frozen=True)
class Question:
    """Whose orders, when, by which campaigns (none named: all), within which window after the click."""

    workspace: UUID
    span: Span
    currency: str
    campaigns: Sequence[CampaignId] = ()
    window: timedelta = WINDOW
    zone: str = "UTC"
    after: tuple[str, str] | None = None  # (moment, order number) of the last order that was seen
    limit: int = 50


@dataclass(frozen=True)
class Plan:
    """What to ask ClickHouse."""

    sql: str
    parameters: dict[str, Any]


ATTRIBUTED = f"""
with
survivor as (select profile, into from profile_override final where workspace = {{workspace:UUID}}),
click as (
  select if(o.into = 0, e.profile, o.into) as person, e.at as clicked_at,
    max((e.text['campaign_id'], e.text['message_id'])) as touch
  from event as e left join survivor as o on o.profile = e.profile
  where e.workspace = {{workspace:UUID}} and e.name = 'Email Link Clicked' and e.source = {{source:String}}
    and e.text['bot'] != 'true' and e.text['campaign_id'] != ''
    and e.at >= {{clicks_since:{MOMENT}}} and e.at <= {{until:{MOMENT}}}
  group by person, clicked_at
),
bought as (
  select if(o.into = 0, p.profile, o.into) as person, p.number as number, p.placed_at as placed_at, p.status as status,
    if(p.currency = '', {{currency:String}}, p.currency) as money, p.total as total, p.refunded as refunded
  from purchase as p final left join survivor as o on o.profile = p.profile
  where p.workspace = {{workspace:UUID}} and p.profile != 0 and p.status != 'cancelled'
    and p.placed_at >= {{since:{MOMENT}}} and p.placed_at <= {{until:{MOMENT}}}
),
attributed as (
  select b.person as person, b.number as number, b.placed_at as placed_at, b.status as status, b.money as money,
    b.total as total, b.refunded as refunded, c.clicked_at as clicked_at, c.touch.1 as campaign, c.touch.2 as message
  from bought as b asof join click as c on b.person = c.person and b.placed_at >= c.clicked_at
  where b.placed_at <= c.clicked_at + toIntervalMillisecond({{window:UInt64}})
    and (empty({{campaigns:Array(String)}}) or has({{campaigns:Array(String)}}, c.touch.1))
)
"""
SHAPES: dict[Shape, str] = {
    "by_campaign": """
select campaign, money, grouping(money) as is_whole, count(), uniqExact(person), sum(total), sum(refunded)
from attributed group by grouping sets ((campaign), (campaign, money)) order by campaign, is_whole, money
""",
    "by_day": """
select toDate(placed_at, {zone:String}) as day, money, count(), sum(total), sum(refunded)
from attributed group by day, money order by day, money
""",
    "orders": f"""
select number, person, placed_at, status, money, total, refunded, clicked_at, message
from attributed where (placed_at, number) < ({{after_at:{MOMENT}}}, {{after_number:String}})
order by placed_at desc, number desc limit {{limit:UInt32}}
""",
}
SOURCE = "tracking"
END = ("2299-12-31 00:00:00.000", "")


def compile(shape: Shape, question: Question) -> Plan:
    """One query of the wanted shape, every value bound."""
    after_at, after_number = question.after or END
    bound: dict[str, Any] = question.span.bound | {
        "workspace": str(question.workspace),
        "source": SOURCE,
        "clicks_since": stamp(_earliest_click(question)),
        "currency": question.currency,
        "campaigns": [str(one) for one in question.campaigns],
        "window": round(question.window / timedelta(milliseconds=1)),
    }
    own: dict[Shape, dict[str, Any]] = {
        "by_campaign": {},
        "by_day": {"zone": question.zone},
        "orders": {"after_at": after_at, "after_number": after_number, "limit": question.limit},
    }
    return Plan(ATTRIBUTED + SHAPES[shape], bound | own[shape])


def _earliest_click(question: Question) -> datetime:
    since = question.span.since
    return since - question.window if since - BEGINNING > question.window else BEGINNING
