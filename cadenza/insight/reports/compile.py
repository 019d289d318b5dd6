"""From a report's question to ClickHouse queries and their parameters: few, each over one table, each asked once.

Days are the workspace's own: its time zone is bound like any other value.  The moment is the end of the span.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from cadenza.base.ids import CampaignId
from cadenza.cdp.events.types import DONE_TO_PEOPLE
from cadenza.insight.attribution.types import Span
from cadenza.insight.reports.types import Period

Subject = Literal["trade", "goods", "people", "deeds", "reactions", "links"]
MOMENT = "DateTime64(3, 'UTC')"
MOST_GOODS, MOST_LINKS = 8, 25
OURS = f"({', '.join(repr(name) for name in DONE_TO_PEOPLE)})"


def _within(column: str) -> str:
    """Either period; the first test lets the store skip what is older than both."""
    return (
        f"{column} >= {{before_since:{MOMENT}}} and {column} <= {{until:{MOMENT}}}"
        f" and ({column} >= {{since:{MOMENT}}} or {column} <= {{before_until:{MOMENT}}})"
    )


QUERIES: dict[Subject, str] = {
    # Orders by day and currency; a first order is the oldest of a person, under every id it ever had.
    "trade": f"""
with
survivor as (select profile, into from profile_override final where workspace = {{workspace:UUID}}),
bought as (
  select if(o.into = 0, p.profile, o.into) as person, p.number as number, p.placed_at as placed_at,
    if(p.currency = '', {{currency:String}}, p.currency) as money, p.total as total, p.refunded as refunded
  from purchase as p final left join survivor as o on o.profile = p.profile
  where p.workspace = {{workspace:UUID}} and p.status != 'cancelled' and p.placed_at <= {{until:{MOMENT}}}
),
first as (select person, min((placed_at, number)) as oldest from bought where person != 0 group by person)
select toDate(b.placed_at, {{zone:String}}) as day, b.money, count(), sum(b.total), sum(b.refunded),
  countIf(b.person != 0 and (b.placed_at, b.number) = f.oldest)
from bought as b left join first as f on f.person = b.person
where {_within("b.placed_at")}
group by day, b.money order by day
""",
    "goods": f"""
select kind, named, sumIf(amount, is_now), sumIf(amount, not is_now), sumIf(pieces, is_now)
from (
  select placed_at >= {{since:{MOMENT}}} as is_now,
    arrayJoin(arrayConcat(
      arrayMap((k, t, q) -> ('product', k, t, q), line_product, line_total, line_quantity),
      arrayMap((k, t, q) -> ('category', toString(k), t, q), line_category, line_total, line_quantity)
    )) as line, line.1 as kind, line.2 as named, line.3 as amount, line.4 as pieces
  from purchase final
  where workspace = {{workspace:UUID}} and status != 'cancelled'
    and if(currency = '', {{currency:String}}, currency) = {{currency:String}} and {_within("placed_at")}
)
where named != ''
group by kind, named having sumIf(amount, is_now) > 0
order by kind, sumIf(amount, is_now) desc, named limit {MOST_GOODS} by kind
""",
    "people": f"""
select toDate(created_at, {{zone:String}}) as day, count()
from profile final where workspace = {{workspace:UUID}} and {_within("created_at")}
group by day order by day
""",
    # What people did; that a mail left for them is our deed, not theirs.
    "deeds": f"""
select grouping(name) as is_day, toDate(at, {{zone:String}}) as day, name, at >= {{since:{MOMENT}}} as is_now, count()
from event where workspace = {{workspace:UUID}} and name not in {OURS} and {_within("at")}
group by grouping sets ((day, is_now), (name, is_now)) order by is_day, day, name
""",
    # One row a message: when it was first opened and first clicked by its reader, and what machines did to it.
    "reactions": f"""
select toStartOfHour(first_at, {{zone:String}}) as hour, name, countIf(by_people > 0), sum(by_machines)
from (
  select name, text['message_id'] as message, countIf(text['bot'] != 'true') as by_people,
    countIf(text['bot'] = 'true') as by_machines,
    if(by_people > 0, minIf(at, text['bot'] != 'true'), min(at)) as first_at
  from event
  where workspace = {{workspace:UUID}} and name in ('Email Opened', 'Email Link Clicked') and source = 'tracking'
    and has({{campaigns:Array(String)}}, text['campaign_id']) and at >= {{since:{MOMENT}}} and at <= {{until:{MOMENT}}}
  group by name, message
)
group by hour, name order by hour
""",
    # Where a link differs from person to person its address is nobody's business here.
    "links": f"""
select toUInt32(number['link']) as link, if(uniqExact(cutQueryStringAndFragment(text['url'])) = 1,
    any(cutQueryStringAndFragment(text['url'])), domain(any(text['url']))) as url,
  uniqExactIf(text['message_id'], text['bot'] != 'true') as people,
  countIf(text['bot'] != 'true'), countIf(text['bot'] = 'true')
from event
where workspace = {{workspace:UUID}} and name = 'Email Link Clicked' and source = 'tracking'
  and has({{campaigns:Array(String)}}, text['campaign_id']) and at >= {{since:{MOMENT}}} and at <= {{until:{MOMENT}}}
group by link order by people desc, link limit {MOST_LINKS}
""",
}  # fmt: skip


def compile(subject: Subject, values: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The query about a subject with the values that it names."""
    sql = QUERIES[subject]
    return sql, {name: value for name, value in values.items() if f"{{{name}:" in sql}


def of_period(workspace: UUID, period: Period, currency: str) -> dict[str, Any]:
    """The values of a question about two periods."""
    before = {f"before_{name}": value for name, value in period.before.bound.items()}
    return (
        period.now.bound | before | {"workspace": str(workspace), "zone": period.zone, "currency": currency}
    )


def of_campaigns(workspace: UUID, campaigns: Sequence[CampaignId], span: Span, zone: str) -> dict[str, Any]:
    """The values of a question about campaigns."""
    return span.bound | {
        "workspace": str(workspace),
        "zone": zone,
        "campaigns": [str(one) for one in campaigns],
    }
