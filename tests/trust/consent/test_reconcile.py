"""When two profiles become one person, nobody is mailed who objected under the other name."""

from datetime import UTC, datetime

from cadenza.trust.consent.reconcile import reconcile
from cadenza.trust.consent.types import State, Subscription


def stands(digest: bytes, state: State, day: int = 1, topic: str = "newsletter") -> Subscription:
    return Subscription("email", digest, topic, state, datetime(2030, 1, day, tzinfo=UTC), "api")


def test_the_stricter_side_holds_for_both():
    given, withdrawn = stands(b"a", State.GIVEN), stands(b"b", State.WITHDRAWN)
    assert reconcile([given], [withdrawn]) == [stands(b"a", State.WITHDRAWN)]
    assert reconcile([withdrawn], [given]) == [stands(b"a", State.WITHDRAWN)]


def test_a_refusal_tightens_too():
    assert reconcile([stands(b"a", State.REFUSED)], [stands(b"b", State.GIVEN)]) == [
        stands(b"b", State.REFUSED)
    ]


def test_where_both_agree_or_one_is_silent_nothing_changes():
    assert reconcile([stands(b"a", State.GIVEN)], [stands(b"b", State.GIVEN)]) == []
    assert reconcile([stands(b"a", State.GIVEN)], []) == []
    assert reconcile([stands(b"a", State.GIVEN)], [stands(b"b", State.WITHDRAWN, topic="style")]) == []


def test_what_a_side_has_overruled_itself_does_not_come_back():
    side = [stands(b"old", State.WITHDRAWN, day=1), stands(b"new", State.GIVEN, day=5)]
    assert reconcile(side, [stands(b"b", State.GIVEN)]) == []
