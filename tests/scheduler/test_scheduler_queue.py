"""Who goes first, who backs off, and who is woken by a neighbour."""

from __future__ import annotations

import pytest

from kcore.api.convert import from_wire
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.store import Store
from kcore.client.view import View
from kcore.scheduler import SCHEDULER
from kcore.scheduler.waiting import backoff

NOW = 1_000_000_000_000
HOST = "kubernetes.io/hostname"


def pod(name, cpu="1", node="", labels=None, tried=False, **spec):
    conditions = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}] if tried else []
    containers = [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "default", "uid": name, "labels": labels or {}},
            "spec": {"nodeName": node, "schedulerName": "default-scheduler", "containers": containers, **spec},
            "status": {"phase": "Pending", "conditions": conditions},
        }
    )


def node(name, cpu="2"):
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": {HOST: name}},
            "status": {"allocatable": {"cpu": cpu, "pods": "10"}},
        }
    )


def turn(store, name, memory=None, now=NOW):
    return SCHEDULER.reconcile(memory, View(store, now), ObjectKey("Pod", "default", name))


def served(found):
    """The pods that a turn writes to."""
    return [call.request.key.name for call in found.requests]


def woken(store, old, new):
    key = key_of(new or old)
    store = store.put(new) if new else store.remove(key)
    return [work.key[2] for work in SCHEDULER.watches[key.kind](Change(revision=99, key=key, old=old, new=new), store)]


def test_a_pod_of_higher_priority_goes_first():
    """Whichever key is served, the highest of the pods that were never tried is placed, and the key is kept."""
    store = Store.of([node("n1"), pod("low"), pod("high", priority=100), pod("higher", priority=200)])
    found = turn(store, "low")

    assert served(found) == ["higher"]
    assert found.wake_at == NOW


def test_a_pod_that_was_tried_does_not_hold_up_others():
    """A high priority without a place is no reason to wait."""
    store = Store.of([node("n1"), pod("low"), pod("high", "9", priority=100, tried=True)])

    assert served(turn(store, "low")) == ["low"]


def test_a_pod_of_another_scheduler_goes_before_nobody():
    """Its priority counts in its own queue."""
    store = Store.of([node("n1"), pod("low"), pod("high", priority=100, schedulerName="mine")])

    assert served(turn(store, "low")) == ["low"]


def test_a_vain_attempt_backs_off_while_others_wait():
    """Tried again too soon, the pod lets those go first that were never tried, until its back-off is over."""
    store = Store.of([node("n1"), pod("p", "9")])
    first = turn(store, "p")
    store = store.put(first.requests[0].request.body).put(pod("q"))
    soon = turn(store, "p", first.memory, NOW + 400)
    later = turn(store, "p", first.memory, NOW + 1000)

    assert first.memory.attempts == 1
    assert soon.requests == ()
    assert soon.wake_at == NOW + 1000
    assert soon.memory == first.memory
    assert later.memory.attempts == 2


def test_a_pod_that_nobody_waits_behind_is_tried_at_once():
    """A back-off is about order; the queue does not idle."""
    store = Store.of([node("n1"), pod("p", "9")])
    first = turn(store, "p")
    store = store.put(first.requests[0].request.body).put(node("n1", "10"))

    assert served(turn(store, "p", first.memory, NOW + 1)) == ["p"]


@pytest.mark.parametrize(
    ("attempts", "delay"),
    [
        pytest.param(1, 1000, id="a second after the first"),
        pytest.param(3, 4000, id="it doubles"),
        pytest.param(5, 10_000, id="up to ten seconds"),
    ],
)
def test_the_back_off_doubles(attempts, delay):
    """From one second to ten."""
    assert backoff(attempts, 1000, 10_000) == delay


def near(app):
    term = {"topologyKey": HOST, "labelSelector": {"matchLabels": {"app": app}}}
    return {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}


def far(app):
    term = {"topologyKey": HOST, "labelSelector": {"matchLabels": {"app": app}}}
    return {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}


def spread(app):
    constraint = {"maxSkew": 1, "topologyKey": HOST, "whenUnsatisfiable": "DoNotSchedule"}
    return {"topologySpreadConstraints": [{**constraint, "labelSelector": {"matchLabels": {"app": app}}}]}


WEB = {"app": "web"}


@pytest.mark.parametrize(
    ("waiting", "old", "new", "names"),
    [
        pytest.param(near("web"), pod("w", labels=WEB), pod("w", node="n1", labels=WEB), ["p"], id="one it wants came"),
        pytest.param(near("db"), pod("w", labels=WEB), pod("w", node="n1", labels=WEB), [], id="one it ignores came"),
        pytest.param(far("web"), pod("w", node="n1", labels=WEB), None, ["p"], id="one it shuns is gone"),
        pytest.param(far("db"), pod("w", node="n1", labels=WEB), None, [], id="one it ignores is gone"),
        pytest.param({}, pod("w", node="n1", **far("me")), None, ["p"], id="one that refused it is gone"),
        pytest.param(spread("web"), pod("w", labels=WEB), pod("w", node="n1", labels=WEB), ["p"], id="a domain fills"),
        pytest.param({}, pod("w", labels=WEB), pod("w", node="n1", labels=WEB), [], id="a pod that looks at none"),
    ],
)
def test_a_neighbour_wakes_whom_it_may_help(waiting, old, new, names):
    """A change on a node that does not fit itself matters only to those that look at others there."""
    store = Store.of([node("n1", "100m"), old, pod("p", labels={"app": "me"}, tried=True, **waiting)])

    assert woken(store, old, new) == names


def test_a_namespace_with_other_labels_wakes_those_that_look_for_neighbours():
    """A term may select namespaces."""
    before, after = (
        from_wire({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default", "labels": labels}})
        for labels in ({}, {"team": "a"})
    )
    store = Store.of([before, pod("p", tried=True, **near("web")), pod("q", tried=True)])

    assert woken(store, before, after) == ["p"]
    assert woken(store, after, after) == []
