"""Making people one and two again, by itself: whatever is done, a person is the join of what their ids were told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cadenza.cdp.profiles.fold import Known, Telling, fold, join
from cadenza.cdp.profiles.unite import Held, part, unite
from tests.cdp.profiles.test_fold import plain

START = datetime(2030, 1, 1, tzinfo=UTC)
IDS = range(6)


class Histories(RuleBasedStateMachine):
    """Six ids that are told things, merged and un-merged in any way, beside what each was told by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.told = {id: Known(made=START) for id in IDS}
        self.rows = {id: Held(id, Known(made=START)) for id in IDS}
        self.person = {id: id for id in IDS}
        self.merges: list[tuple[int, int, list[int]]] = []

    @rule(id=st.sampled_from(IDS), city=st.none() | st.sampled_from("abc"), hour=st.integers(0, 5))
    def tell(self, id, city, hour):
        telling = Telling(START + timedelta(hours=hour), "api")
        fold(self.told[id], {"city": city}, telling)
        person = self.rows[self.person[id]]
        mine = person.mine if person.id == id else self.rows[id].known
        fold(mine, {"city": city}, telling)
        if mine is not person.known:
            fold(person.known, {"city": city}, telling)

    @rule(one=st.sampled_from(IDS), other=st.sampled_from(IDS))
    def merge(self, one, other):
        winner, loser = self.person[one], self.person[other]
        if winner == loser:
            return
        ids = [id for id in IDS if self.person[id] == loser]
        unite(self.rows[winner], [self.rows[loser]])
        for id in ids:
            self.person[id] = self.rows[id].into = winner
        self.merges.append((winner, loser, ids))

    @precondition(lambda self: self.merges)
    @rule()
    def undo(self):
        winner, loser, ids = self.merges.pop()
        followers = [self.rows[id] for id in ids if id != loser]
        others = [row for row in self.rows.values() if row.into == winner and row.id not in ids]
        part(self.rows[winner], self.rows[loser], followers, others)
        self.person |= dict.fromkeys(ids, loser)

    @invariant()
    def each_person_is_the_join_of_their_ids(self):
        for id, row in self.rows.items():
            members = [self.told[one] for one in IDS if self.person[one] == id]
            if self.person[id] == id:
                assert plain(row.known) == plain(join(*members))
                assert (row.own is None) == (len(members) == 1)
            assert plain(row.mine) == plain(self.told[id])
            assert row.into == (None if self.person[id] == id else self.person[id])


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
