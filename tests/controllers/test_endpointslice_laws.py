"""Laws of the EndpointSlice controller, over Services and pods that come, change and go in any order."""

from __future__ import annotations

import attrs
import pytest
from endpointslice_bench import WEB, SliceBench, make_pod, make_service
from hypothesis import given, settings
from hypothesis import strategies as st

from kcore.api.kinds import key_of
from kcore.controllers.endpointslice import packing

LIMIT = 3

NAMES = [f"p{number}" for number in range(9)]

pods = st.builds(
    lambda name, ip, **how: make_pod(name, ip and f"10.1.0.{NAMES.index(name) + 1}", **how),
    name=st.sampled_from(NAMES),
    ip=st.booleans(),
    ready=st.booleans(),
    deleting=st.booleans(),
    phase=st.sampled_from(["Pending", "Running", "Running", "Failed"]),
    labels=st.sampled_from([{"app": "web"}, {"app": "web"}, {"app": "db"}]),
    node=st.sampled_from(["n1", "n1", "gone"]),
)
goings = st.sampled_from(NAMES)
changes = st.lists(pods | goings, min_size=4, max_size=25)
services = st.sampled_from(
    [make_service(), make_service(publishNotReadyAddresses=True), make_service(trafficDistribution="PreferSameNode")]
)


@pytest.fixture(autouse=True)
def _small_slices(monkeypatch):
    """Slices of three, so that few pods fill several."""
    monkeypatch.setattr(packing, "MAX_ENDPOINTS_PER_SLICE", LIMIT)


def make(bench, change):
    """Let a pod be as given, or go."""
    if not isinstance(change, str):
        bench.put(change)
    elif (pod := held(bench, change)) is not None:
        bench.remove(key_of(pod))


def held(bench, name):
    """The pod of that name, if there is one."""
    return next((pod for pod in bench.store.list("Pod") if pod.metadata.name == name), None)


def wanted(bench):
    """Which pods should be endpoints, and which of those ready, by the words of the API's documentation."""
    service = bench.store.get(WEB)
    publish = service.spec.publish_not_ready_addresses
    found = {}
    for pod in bench.store.list("Pod"):
        alive = pod.status.phase in ("Pending", "Running") and pod.status.pod_ips
        placed = pod.spec.node_name == "n1" or publish
        if alive and placed and pod.metadata.labels.get("app") == "web":
            is_ready = pod.status.conditions[0].status == "True" and pod.metadata.deletion_timestamp is None
            found[pod.metadata.name] = publish or is_ready
    return found


def settle(bench):
    """Come to rest, with a look at the Service even if nothing calls for one."""
    bench.queue.append(WEB)
    bench.run()


def said(bench):
    """Which pods are endpoints, and which of those ready; each is in one slice only."""
    endpoints = [one for wire in bench.slices for one in wire["endpoints"]]
    assert len({one["targetRef"]["name"] for one in endpoints}) == len(endpoints)
    return {one["targetRef"]["name"]: one["conditions"]["ready"] for one in endpoints}


@settings(deadline=None, max_examples=60)
@given(services, changes)
def test_at_rest_the_slices_hold_the_pods_that_they_should_and_nothing_is_left_to_do(service, steps):
    """Whatever happened before, and however far the controller had come with it."""
    bench = SliceBench(service)
    for number, change in enumerate(steps):
        make(bench, change)
        if number % 3 == 0:
            bench.run()
    settle(bench)

    assert said(bench) == wanted(bench)
    assert all(size <= LIMIT for size in bench.sizes)
    assert bench.sizes.count(0) <= 1
    bench.queue.append(WEB)
    assert bench.run() == []


@settings(deadline=None, max_examples=40)
@given(services, st.lists(pods, min_size=3, unique_by=lambda pod: pod.metadata.name), st.randoms(use_true_random=False))
def test_the_order_in_which_pods_come_does_not_matter(service, given_pods, random):
    """The same pods make the same endpoints in as many slices."""
    mixed = random.sample(given_pods, len(given_pods))
    one, other = SliceBench(service), SliceBench(service)
    one.put(*given_pods)
    other.put(*mixed)
    settle(one)
    settle(other)

    assert one.endpoints == other.endpoints
    assert one.sizes == other.sizes


@settings(deadline=None, max_examples=40)
@given(changes, st.data())
def test_a_change_of_one_pod_is_one_write_at_most(steps, data):
    """Its readiness is in one slice; the others are not touched."""
    bench = SliceBench(make_service())
    for change in steps:
        make(bench, change)
    settle(bench)
    pod = data.draw(st.sampled_from([None, *bench.store.list("Pod")]))
    if pod is None:
        return
    flipped = "False" if pod.status.conditions[0].status == "True" else "True"
    conditions = (attrs.evolve(pod.status.conditions[0], status=flipped),)
    bench.put(attrs.evolve(pod, status=attrs.evolve(pod.status, conditions=conditions)))

    assert len(bench.run()) <= 1


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(pods | goings, st.integers(0, 6)), min_size=4, max_size=20))
def test_a_late_cache_delays_but_never_doubles(steps):
    """A turn on an older store may write late; no pod is ever in two slices, and at rest all is as it should be."""
    bench = SliceBench(make_service())
    history, seen = [bench.store], 0
    for change, lag in steps:
        make(bench, change)
        history.append(bench.store)
        seen = max(seen, len(history) - 1 - lag)
        bench.turn(WEB, view=history[seen])
        said(bench)
        if bench.store is not history[-1]:
            history.append(bench.store)
    bench.turn(WEB)
    settle(bench)

    assert said(bench) == wanted(bench)
