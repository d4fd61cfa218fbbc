"""The work queue: client-go's rules, held against a plain model."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kcore.client.workqueue import BASE_DELAY, EMPTY, MAX_DELAY

A, B = ("a",), ("b",)


def test_a_key_waits_at_most_once():
    """Adding a key that waits already changes nothing."""
    once = EMPTY.add(A)

    assert once.add(A) is once
    assert len(once) == 1


def test_keys_are_served_in_the_order_in_which_they_came():
    """The order of the queue is that of the first adds."""
    queue = EMPTY.add(B).add(A).add(B)

    assert list(queue.order) == [B, A]


def test_a_key_added_during_its_turn_waits_again_afterwards():
    """What happens while a key is looked at is looked at in another turn."""
    queue = EMPTY.add(A).take(A).add(A)

    assert len(queue) == 0
    assert list(queue.done(A).order) == [A]


def test_a_key_left_alone_during_its_turn_is_gone_afterwards():
    """Done without an add in between is done."""
    assert len(EMPTY.add(A).take(A).done(A)) == 0


def test_the_back_off_doubles_up_to_its_bound_and_is_forgotten_on_success():
    """Failures wait 5 ms, 10 ms, 20 ms, … and at most 1,000 s."""
    queue, delays = EMPTY, []
    for _ in range(20):
        queue, delay = queue.failed(A)
        delays.append(delay)

    assert delays[:3] == [BASE_DELAY, 2 * BASE_DELAY, 4 * BASE_DELAY]
    assert delays[-1] == MAX_DELAY
    assert queue.forget(A).failed(A)[1] == BASE_DELAY


@given(st.lists(st.tuples(st.sampled_from(["add", "take", "done"]), st.sampled_from([A, B, ("c",)])), max_size=40))
def test_any_history_keeps_the_rules_of_the_queue(history):
    """Held against lists and sets: order, no doubles, dirty keys come back, never two turns of one key."""
    queue, order, under_way, dirty = EMPTY, [], set(), set()
    for what, key in history:
        if what == "add":
            queue = queue.add(key)
            if key in under_way:
                dirty.add(key)
            elif key not in order:
                order.append(key)
        elif what == "take" and key in order:
            queue = queue.take(key)
            order.remove(key)
            under_way.add(key)
        elif what == "done" and key in under_way:
            queue = queue.done(key)
            under_way.discard(key)
            if key in dirty:
                dirty.discard(key)
                order.append(key)

        assert list(queue.order) == order
        assert set(queue.waiting) == set(order)
        assert set(queue.under_way) == under_way
        assert set(queue.dirty) == dirty
