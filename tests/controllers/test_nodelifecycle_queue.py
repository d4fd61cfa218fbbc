"""The rate-limited queue of a zone: when nodes are let out, and which."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.controllers.nodelifecycle.rate_limited_queue import (
    NODE_EVICTION_PERIOD,
    Limiter,
    RateLimitedTimedQueue,
)

NOW = 946_684_800_000


def queue(rate=0.1):
    return RateLimitedTimedQueue(Limiter.of(rate))


def waiting(of):
    return [one.value for one in of.waiting]


@pytest.mark.parametrize(
    ("rate", "after", "granted"),
    [
        pytest.param(0.1, 0, False, id="no second token at once"),
        pytest.param(0.1, 9_900, False, id="a token is not there before its time"),
        pytest.param(0.1, 10_000, True, id="a token at 0.1 a second takes ten seconds"),
        pytest.param(0.01, 100_000, False, id="0.01 has no exact 32 bits: a hundred seconds fall short"),
        pytest.param(0.01, 100_100, True, id="and a tenth of a second more is enough"),
        pytest.param(1.0, 1_000, True, id="a token a second"),
    ],
)
def test_a_token_comes_at_the_rate_of_the_bucket(rate, after, granted):
    """The first one is there from the start."""
    spent = Limiter.of(rate).accept(NOW)

    assert spent is not None
    assert (spent.accept(NOW + after) is not None) is granted


def test_a_bucket_never_holds_more_than_one_token():
    """However long nobody asks."""
    spent = Limiter.of(0.1).accept(NOW).accept(NOW + 10**9)

    assert spent.accept(NOW + 10**9) is None


def test_a_bucket_that_never_fills_says_that_its_rate_is_one():
    """So that a rate of one does not take its place."""
    never = queue(0.0)

    assert never.limiter.accept(NOW) is None
    assert never.swap_limiter(1.0, NOW) is never
    assert never.limiter.due(NOW, NOW) is None


def test_the_same_rate_keeps_the_bucket():
    """With what is in it."""
    old = queue(0.1)

    assert old.swap_limiter(0.1, NOW) is old


def test_a_new_bucket_is_as_full_as_the_old_one():
    """One in the place of an empty one is empty."""
    full, empty = queue(0.1), RateLimitedTimedQueue(Limiter.of(0.1).accept(NOW))

    assert full.swap_limiter(0.01, NOW).limiter.accept(NOW) is not None
    assert empty.swap_limiter(0.01, NOW).limiter.accept(NOW) is None
    assert queue(0.0).swap_limiter(0.1, NOW).limiter.accept(NOW) is None


def test_nodes_wait_in_the_order_in_which_they_came():
    """One that is there already does not come again."""
    full = queue().add("b", NOW).add("a", NOW).add("c", NOW - 1).add("a", NOW + 1)

    assert waiting(full) == ["c", "b", "a"]


def test_a_node_that_was_let_out_does_not_come_back_until_it_is_forgotten():
    """Once is enough, unless it recovers."""
    out = queue().add("a", NOW).let_out("a")

    assert out.add("a", NOW) is out
    assert waiting(out.remove("a").add("a", NOW)) == ["a"]
    assert queue().remove("a") == queue()


def test_a_postponed_node_waits_behind_the_others():
    """Until its time has come."""
    full = queue().add("a", NOW).add("b", NOW).postponed("a", NOW + 1)

    assert waiting(full) == ["b", "a"]
    assert full.waiting[1].process_at == NOW + 1


@given(
    st.sampled_from([0.01, 0.1, 0.5, 1.0, 3.0, 20.0]),
    st.lists(st.integers(0, 400_000), max_size=4).map(sorted),
    st.integers(0, 10_000),
)
def test_the_due_time_is_the_first_look_that_finds_a_token(rate, spent, wait):
    """Looks are a tenth of a second apart; none before it would have found one."""
    limiter = Limiter.of(rate)
    for at in spent:
        limiter = limiter.accept(NOW + at) or limiter
    now = NOW + (spent[-1] if spent else 0) + wait
    due = limiter.due(NOW, now)

    assert due > now
    assert (due - NOW) % NODE_EVICTION_PERIOD == 0
    assert limiter.accept(due) is not None
    assert due - NODE_EVICTION_PERIOD <= now or limiter.accept(due - NODE_EVICTION_PERIOD) is None


@given(st.lists(st.integers(0, 300_000), min_size=1, max_size=30).map(sorted))
def test_no_more_tokens_are_spent_than_have_come(asked):
    """One at the start, then one in ten seconds."""
    limiter, granted = Limiter.of(0.1), 0
    for at in asked:
        after = limiter.accept(NOW + at)
        granted, limiter = granted + (after is not None), after or limiter

    assert granted <= 1 + (asked[-1] - asked[0]) // 9_999
