"""The resource quota controller: usage is counted when a quota is new, when it changes, and when something is gone."""

from __future__ import annotations

import attrs
import pytest
from controller_bench import Bench

from kcore.api.convert import from_wire
from kcore.api.object import ObjectKey
from kcore.apiserver.request import Options, Request, Verb
from kcore.controllers.resourcequota import RESOURCE_QUOTA

KEY = ObjectKey("ResourceQuota", "default", "q")


def quota(**hard):
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "q", "namespace": "default"},
            "spec": {"hard": hard},
        }
    )


def pod(name):
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "default"},
            "spec": {"containers": [{"name": "c", "image": "app"}]},
        }
    )


@pytest.fixture
def bench():
    """Two pods, and a quota that allows three, counted."""
    bench = Bench(RESOURCE_QUOTA, pod("a"), pod("b"))
    bench.put(quota(pods="3"))
    bench.run()
    return bench


def status(bench):
    found = bench.store.get(KEY).status
    return tuple({name: str(amount) for name, amount in part.items()} for part in (found.hard, found.used))


def test_a_new_quota_counts_what_is_there(bench):
    """The status says what is enforced from now on, and what is used of it."""
    assert status(bench) == ({"pods": "3"}, {"pods": "2"})


def test_a_count_that_changes_nothing_is_not_written(bench):
    """Acting on its own result the controller writes nothing more."""
    before = bench.store
    bench.turn(KEY)

    assert bench.store is before


def test_what_is_gone_is_counted_no_more(bench):
    """A pod that is deleted leaves room for another one."""
    gone = Request(verb=Verb.DELETE, key=ObjectKey("Pod", "default", "a"), options=Options(grace_period_seconds=0))
    assert bench.ask(gone).code == 200
    bench.run()

    assert status(bench) == ({"pods": "3"}, {"pods": "1"})


def test_a_changed_quota_is_counted_anew(bench):
    """What is limited now is enforced and counted, and what was limited before is not."""
    made = bench.store.get(KEY)
    hard = quota(**{"count/pods": "5", "vendor.example/unheard-of": "1"}).spec
    assert bench.ask(Request(verb=Verb.UPDATE, key=KEY, body=attrs.evolve(made, spec=hard))).code == 200
    bench.run()

    assert status(bench) == ({"count/pods": "5", "vendor.example/unheard-of": "1"}, {"count/pods": "2"})
