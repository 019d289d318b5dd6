"""An undone merge leaves no trace: all is as if it had never happened, and what was told since is with whom it was told of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cadenza.base import clock as clocks
from cadenza.base import database
from cadenza.base.ids import MessageId, WorkspaceId, new_id
from cadenza.cdp.identity import models
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.orders import models as order_models
from cadenza.cdp.orders import service as orders
from cadenza.cdp.orders.types import OrderChange, ReturnChange
from cadenza.outreach.tracking import models as link_models
from cadenza.outreach.tracking import store as links
from cadenza.outreach.tracking.types import Written
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.types import ConsentChange, State

NOON = datetime(2030, 3, 1, 12, tzinfo=UTC)


@dataclass
class World:
    """A workspace in which people do things, each known by identifiers of its own."""

    workspace: WorkspaceId = field(default_factory=lambda: WorkspaceId(new_id()))
    told: int = 0
    homes: list[tuple[str, int]] = field(default_factory=list)

    def tell(self, *identifiers):
        """An event, an order, a return and a link of whoever this is."""
        self.told += 1
        [found] = identity.resolve(self.workspace, [list(identifiers)])
        name, at = f"n{self.told}", NOON + timedelta(minutes=self.told)
        self.homes.append((name, found.home))
        change = OrderChange(
            name, at, found.profile, at, total=Decimal(1), standard_currency="EUR", home=found.home
        )
        orders.upsert(self.workspace, [change])
        back = ReturnChange(name, at, "p", Decimal(1), name, found.profile, home=found.home)
        orders.record_returns(self.workspace, [back])
        return found

    def link(self, person):
        """A link in a mail that was sent to whoever this is now."""
        self.told += 1
        who = identity.find(self.workspace, person)
        links.keep_personal(
            self.workspace, [Written(MessageId(new_id()), who, ((1, f"https://x/{self.told}"),))]
        )

    def say(self, person, address, state):
        who = identity.find(self.workspace, person)
        change = ConsentChange(who, "email", address, "newsletter", state, clocks.now(), "form")
        consent.record(self.workspace, [change])

    def picture(self):
        """Who is who, and whose everything is, in words that hold in any workspace."""
        people: dict[int, list[str]] = {}
        for row in models.Identifier.objects.filter(workspace_id=self.workspace):
            people.setdefault(row.profile_id or -row.id, []).append(f"{row.kind} {row.value}")
        names = {who: "; ".join(sorted(some)) for who, some in people.items()}

        def whose(rows, *columns):
            return sorted(
                (*row[1:], names.get(row[0], "?")) for row in rows.values_list("profile_id", *columns)
            )

        mine = {"workspace_id": self.workspace}
        return {
            "people": sorted(names.values()),
            "events": sorted(
                (name, names.get(identity.current(self.workspace, home), "?")) for name, home in self.homes
            ),
            "orders": whose(order_models.Order.objects.filter(**mine), "number"),
            "returns": whose(order_models.Return.objects.filter(**mine), "key"),
            "links": whose(link_models.PersonalLink.objects.filter(**mine), "url"),
            "consents": sorted(
                (
                    names[who],
                    s.topic,
                    s.state.value,
                    bytes(s.address_digest) == consent.digest(self.workspace, "email", address),
                )
                for who in names
                for address in ADDRESSES
                for s in consent.of_person(self.workspace, who)
                if bytes(s.address_digest) == consent.digest(self.workspace, "email", address)
            ),
        }

    def numbers(self):
        """The id of each person."""
        rows = models.Identifier.objects.filter(workspace_id=self.workspace)
        return {(row.kind, row.value): row.profile_id for row in rows}


ADDRESSES = [f"p{n}@example.com" for n in range(5)]
PEOPLE = [
    [Identifier(kind, f"{kind}-{n}") for kind in kinds]
    for n, kinds in enumerate([
        ("external_id", "email", "anonymous_id"), ("email", "phone"), ("anonymous_id",), ("external_id", "app_id"),
        ("phone", "loyalty_card", "anonymous_id"),
    ])
]  # fmt: skip
WHO = st.integers(0, len(PEOPLE) - 1)
STATES = st.sampled_from([State.GIVEN, State.WITHDRAWN, State.REFUSED])
BEFORE = st.lists(st.tuples(WHO, st.integers(0, 7), st.none() | STATES), max_size=6)
AFTER = st.lists(st.tuples(WHO, st.integers(0, 7), st.booleans()), max_size=5)
MERGES = st.lists(st.tuples(WHO, WHO, st.booleans()).filter(lambda m: m[0] != m[1]), min_size=1, max_size=4)


def part(who, mask):
    return [one for place, one in enumerate(PEOPLE[who]) if mask >> place & 1] or PEOPLE[who]


def begin(world, before):
    consent.ensure_topics(world.workspace)
    for who in range(len(PEOPLE)):
        world.tell(*PEOPLE[who])
        world.link(PEOPLE[who][0])
    for who, mask, state in before:
        world.tell(*part(who, mask))
        if state:
            world.say(PEOPLE[who][0], ADDRESSES[who], state)


def merge(world, one, other, by_hand):
    """Make two one, by hand or by what is told; gives the merge, or None where they were one or may not be."""
    first, second = (identity.find(world.workspace, PEOPLE[n][0]) for n in (one, other))
    if first == second:
        return None
    if by_hand:
        return identity.merge(world.workspace, first, second, actor="user:7")
    before = set(models.Merge.objects.filter(workspace_id=world.workspace).values_list("id", flat=True))
    numbered = [known for who in (first, second) for known in identity.of_person(world.workspace, who)]
    if sum(known.kind == "external_id" for known in numbered) > 1:
        return None
    identity.resolve(world.workspace, [[PEOPLE[one][-1], PEOPLE[other][-1]]])
    now = identity.find(world.workspace, PEOPLE[one][0])
    assert now == identity.find(world.workspace, PEOPLE[other][0])
    [made] = {m.id for m in identity.merges(world.workspace, now)} - before
    return made


QUICK = (Phase.explicit, Phase.reuse, Phase.generate)  # to find a smaller example takes minutes here


@settings(max_examples=60, deadline=None, phases=QUICK, suppress_health_check=list(HealthCheck))
@given(BEFORE, MERGES, AFTER, st.randoms(use_true_random=False))
def test_merged_and_parted_again_all_is_as_if_it_had_never_happened(engines, before, merges, after, chance):
    with clocks.fixed(NOON) as clock:
        merged, plain = World(), World()
        for world in (merged, plain):
            with database.scope(world.workspace):
                begin(world, before)
        with database.scope(merged.workspace):
            numbers = merged.numbers()
            clock.move(hours=1)
            done = [found for one, other, by_hand in merges if (found := merge(merged, one, other, by_hand))]
        clock.move(hours=1)
        for world in (merged, plain):
            with database.scope(world.workspace):
                for place, (who, mask, new) in enumerate(after):
                    more = [Identifier("anonymous_id", f"new-{who}-{place}")] if new else []
                    world.tell(*part(who, mask), *more)
        clock.move(hours=1)
        with database.scope(merged.workspace):
            for one in chance.sample(done, len(done)):
                if not models.Merge.objects.get(id=one).undone_at:
                    identity.unmerge(merged.workspace, one, "user:7")
            assert {key: merged.numbers()[key] for key in numbers} == numbers
            picture = merged.picture()
        with database.scope(plain.workspace):
            assert picture == plain.picture()
