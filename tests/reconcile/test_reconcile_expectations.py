"""Expectations: a controller waits until its cache has heard of what it has done itself."""

from __future__ import annotations

import attrs
import pytest

from kcore.api.core.pod import Pod
from kcore.api.kinds import key_of
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.times import Time
from kcore.apiserver.request import Response
from kcore.apiserver.status import Status
from kcore.apiserver.store import EMPTY
from kcore.client.view import View
from kcore.reconcile.expectations import NONE, TIMEOUT, Doomed, Expectations, caught_up, satisfied


def pod(uid="u1", *, deleted=False):
    metadata = ObjectMeta(name="p", namespace="default", uid=uid, deletion_timestamp=Time(1) if deleted else None)
    return Pod(metadata=metadata)


def test_nothing_is_awaited_at_first():
    """A controller that has done nothing may act."""
    view = View(EMPTY, 0)

    assert caught_up(view, NONE)
    assert satisfied(view, NONE)


def test_a_cache_has_to_come_as_far_as_the_last_granted_write():
    """Refused writes and answers without an object are not awaited."""
    early = EMPTY.put(pod())
    late = early.put(pod())
    granted = [Response(code=201, object=store.get(key_of(pod()))) for store in (late, early)]
    refused = Response(code=409, status=Status(code=409, reason="Conflict", message=""))

    awaited = NONE.wrote([*granted, refused, Response(code=200)])

    assert awaited == Expectations(written=2)
    assert not caught_up(View(early, 0), awaited)
    assert caught_up(View(late, 0), awaited)


def test_a_later_write_does_not_shorten_the_wait():
    """The latest write counts, in whatever order the answers come."""
    first = Response(code=201, object=EMPTY.put(pod()).get(key_of(pod())))

    assert Expectations(written=7).wrote([first]).written == 7


@pytest.mark.parametrize(
    ("stored", "seen"),
    [
        pytest.param(pod(), False, id="one that looks alive is awaited"),
        pytest.param(pod(deleted=True), True, id="one that is marked to go has been seen"),
        pytest.param(pod("u2"), True, id="one of another uid has taken its name"),
        pytest.param(None, True, id="one that is gone has been seen"),
    ],
)
def test_a_deletion_is_awaited_by_uid(stored, seen):
    """The mark is enough: a graceful deletion takes its time."""
    store = EMPTY if stored is None else EMPTY.put(stored)
    awaited = Expectations(doomed=(Doomed(key_of(pod()), "u1"),), since=0)

    assert satisfied(View(store, 0), awaited) is seen


@pytest.mark.parametrize(
    ("after", "met"),
    [
        pytest.param(TIMEOUT, False, id="after five minutes to the millisecond it still waits"),
        pytest.param(TIMEOUT + 1, True, id="then no longer"),
    ],
)
@pytest.mark.parametrize(
    "awaited",
    [
        pytest.param({"doomed": (Doomed(key_of(pod()), "u1"),)}, id="for a deletion"),
        pytest.param({"vain": 1}, id="for a creation that never comes"),
    ],
)
def test_an_expectation_ends_after_five_minutes(awaited, after, met):
    """A controller that waits in vain goes on some time."""
    view = View(EMPTY.put(pod()), 1000 + after)

    assert satisfied(view, Expectations(since=1000, **awaited)) is met


def test_time_does_not_help_a_cache_that_has_not_caught_up():
    """Read-your-writes has no timeout."""
    assert not caught_up(View(EMPTY, 10**12), Expectations(written=1))


def test_expectations_are_values():
    """Equal ones are one, for a search to know them again."""
    assert attrs.evolve(NONE, written=3) == Expectations(written=3)
    assert hash(Expectations(written=3)) == hash(Expectations(written=3))
