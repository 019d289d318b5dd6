"""The ration of one key by itself."""

from cadenza.cdp.ingest.ration import Rations, ration


def test_without_a_limit_nobody_counts():
    assert ration(Rations(), "k", 10**9, 0, 0.0) is None


def test_a_bucket_is_emptied_and_fills_evenly():
    held = Rations()
    told = [held.take("k", 40, 100, 0.0).is_allowed for _ in range(4)]
    assert told == [True, True, True, False]  # the third one owes 20
    late = held.take("k", 1, 100, 0.1)
    assert (late.is_allowed, late.seconds) == (False, 1)
    assert held.take("k", 1, 100, 1.0).is_allowed


def test_a_large_batch_passes_under_a_small_limit_only_less_often():
    held = Rations()
    assert held.take("k", 2500, 100, 0.0).is_allowed
    refused = held.take("k", 1, 100, 0.0)
    assert (refused.is_allowed, refused.left, refused.seconds) == (False, 0, 25)
    assert not held.take("k", 1, 100, 23.0).is_allowed
    assert held.take("k", 1, 100, 25.0).is_allowed


def test_keys_do_not_share_and_memory_is_bounded():
    held = Rations(most=2)
    held.take("a", 500, 100, 0.0)
    assert held.take("b", 1, 100, 0.0).is_allowed and not held.take("a", 1, 100, 0.0).is_allowed
    assert held.take("c", 1, 100, 0.0).is_allowed and len(held._buckets) <= 2


def test_the_headers_say_what_is_left():
    told = dict(Rations().take("k", 30, 100, 0.0).headers)
    assert told == {b"ratelimit-policy": b'"key";q=100;w=1', b"ratelimit": b'"key";r=70;t=1'}
