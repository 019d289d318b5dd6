"""The demo's shop: AdventureWorks through the public importer, then what a marketer would make of it.

No special code reads the files: what is imported, and how, is in `examples/adventureworks/*.toml`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.progress import Progress

from cadenza import engines
from cadenza.base.problem import NotFound
from cadenza.cli import shop_segments

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "adventureworks"
FILES = (
    ("Products", "products", "AdventureWorks_Products.csv.zst", "products.toml"),
    ("Customers", "customers", "AdventureWorks_Customers.csv.zst", "customers.toml"),
    ("Sales of 2021", "order_lines", "AdventureWorks_Sales_2021.csv.zst", "order_lines_2021_2022.toml"),
    ("Sales of 2022", "order_lines", "AdventureWorks_Sales_2022.csv.zst", "order_lines_2021_2022.toml"),
    ("Sales of 2023", "order_lines", "AdventureWorks_Sales_2023.csv.zst", "order_lines_2023.toml"),
    ("Places of customers", "customers", "AdventureWorks_Sales_2023.csv.zst", "places.toml"),
    ("Returns", "returns", "AdventureWorks_Returns.csv.zst", "returns.toml"),
    ("Consents (made up)", "consents", "consents.csv.zst", "consents.toml"),
    ("Newsletter sign-ups (made up)", "customers", "signups.csv.zst", "signups.toml"),
)
SEGMENTS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "Bike buyers of the last half year",
        {"orders": "count", "at_least": 1, "days": 180, "category": "Bikes"},
    ),
    (
        "Bought once, long ago",
        {"all": [{"orders": "count", "is": 1}, {"orders": "count", "is": 0, "days": 365}]},
    ),
    ("Big spenders", {"orders": "sum", "at_least": 5000}),
    (
        "Accessories, never a bike",
        {
            "all": [
                {"orders": "count", "at_least": 1, "category": "Accessories"},
                {"orders": "count", "is": 0, "category": "Bikes"},
            ]
        },
    ),
    ("Came back at least three times", {"orders": "count", "at_least": 3}),
    ("Customers in Germany", {"attribute": "country", "is": "DE"}),
    ("Clicked a mail lately", {"did": "Email Link Clicked", "times": 1, "days": 30}),
)
INSTRUCTIONS = (
    ("I.4", "custom.fields", "Segment by what customers told us in their account."),
    ("I.4", "location.area", "Segment by country for regional offers."),
    ("I.2", "person.name", "Find customers whom we know twice."),
    ("I.2", "person.birth_date", "Tell customers of one name apart when looking for those we know twice."),
    ("I.2", "location.area", "Tell customers of one name apart when looking for those we know twice."),
)


def fill(steps: Progress) -> None:
    """Make the workspace, import the files, make segments, a template and campaigns."""
    if not EXAMPLE.is_dir():
        raise NotFound(
            f"The demo shop is not at {EXAMPLE}.", hint="Run the demo from a checkout of the repository."
        )
    workspace = engines.in_thread(_workspace)
    for title, kind, file, mapping in FILES:
        _import(workspace, steps, title, kind, EXAMPLE / file, EXAMPLE / mapping)
    _step(steps, "Copying to the event store", _drain)
    _step(steps, "Counting segments", lambda: _segments(workspace))
    _step(steps, "Looking for people known twice", lambda: _duplicates(workspace))
    _step(steps, "Writing a template and campaigns", lambda: _campaigns(workspace))


def _step(steps: Progress, title: str, work: Callable[[], str]) -> None:
    task = steps.add_task(title, total=None, told="")
    told = engines.in_thread(work)
    steps.update(task, total=1, completed=1, told=told)


def _workspace() -> Any:
    from cadenza.base import database
    from cadenza.base.ids import UserId
    from cadenza.cli.demo import OWNER
    from cadenza.trust.accounts import service as accounts
    from cadenza.trust.consent import service as consent
    from cadenza.trust.privacy import service as privacy

    with database.system_scope():
        known = next((one for one in accounts.workspaces() if one.is_demo), None)
        if known:
            return known.id
        shop = accounts.create_workspace(
            "AdventureWorks Cycles",
            currency="USD",
            time_zone="America/Los_Angeles",
            demo=True,
            website="https://adventure-works.example",
            postal_address="1 Bicycle Lane, Bothell, WA 98011, USA",
        )
        owner = accounts.create_user(OWNER, full_name="Demo Owner")
        accounts.add_member(shop.id, UserId(owner.id))
        with database.scope(shop.id):
            consent.ensure_topics(shop.id)
            accounts.issue_key(shop.id, "write", "Web shop")
            for purpose, category, reason in INSTRUCTIONS:
                privacy.extend(shop.id, purpose, category, UserId(owner.id), reason)
    return shop.id


def _import(workspace: Any, steps: Progress, title: str, kind: str, file: Path, mapping: Path) -> None:
    from cadenza.connect.imports import service as imports

    task = steps.add_task(f"Importing {title.lower()}", total=None, told="")

    def progress(done: int, total: int | None) -> None:
        steps.update(task, completed=done, total=total, told=f"{done:,} rows")

    run = engines.in_thread(lambda: imports.run_now(workspace, file, mapping, kind=kind, progress=progress))
    invalid = f", {run.counts.invalid:,} with errors" if run.counts.invalid else ""
    steps.update(
        task, total=run.rows_done or 1, completed=run.rows_done or 1, told=f"{run.rows_done:,} rows{invalid}"
    )


def _drain() -> str:
    from cadenza.base import projection

    projection.drain()
    return ""


def _segments(workspace: Any) -> str:
    from cadenza.base import database
    from cadenza.cdp.segments import service as segments

    with database.scope(workspace):
        for name, tree in SEGMENTS:
            segments.save(workspace, name, tree)
        more = shop_segments.make(workspace)
        segments.refresh(workspace)
    return f"{len(SEGMENTS) + more} segments"


def _duplicates(workspace: Any) -> str:
    from cadenza.base import database
    from cadenza.cdp.duplicates import service as duplicates
    from cadenza.connect.operations import service as operations

    duplicates.find_now(workspace)
    with database.scope(workspace):
        operations.create_point(workspace, "Web shop")
        return f"{duplicates.count(workspace)} pairs"


def _campaigns(workspace: Any) -> str:
    from cadenza.base import clock, database
    from cadenza.cdp.segments import service as segments
    from cadenza.outreach.campaigns import service as campaigns
    from cadenza.outreach.campaigns.types import CampaignDraft
    from cadenza.outreach.content import service as content

    with database.scope(workspace):
        known = {one.name: one.id for one in segments.all(workspace)}
        templates = [content.save(workspace, starter.draft) for starter in content.starters()]

        def draft(name: str, segment: str, place: int) -> Any:
            wanted = CampaignDraft(name=name, template=templates[place].id, include=(known[segment],))
            return campaigns.create(workspace, wanted, by="demo").id

        campaigns.send_now(workspace, draft("New bikes for the season", "Big spenders", 0))
        soon = clock.now() + timedelta(minutes=2)
        campaigns.schedule(
            workspace, draft("Your next tune-up", "Bike buyers of the last half year", 1), soon
        )
        draft("We miss you", "Bought once, long ago", -1)
    return "3 campaigns"
