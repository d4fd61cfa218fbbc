"""The scheduler binds a pod, or says why it can't and waits for a change."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import from_wire
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Verb
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Work
from kcore.client.turn import Turn
from kcore.client.view import View
from kcore.scheduler import SCHEDULER
from kcore.scheduler.standings import standings
from kcore.scheduler.tally import tally

NOW = 1_000_000_000_000
REFUSED = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}


def pod(name="p", cpu="1", node="", phase="Pending", metadata=None, tried=False, **spec):
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "default", "uid": f"u-{name}", "generation": 1, **(metadata or {})},
            "spec": {
                "nodeName": node,
                "schedulerName": "default-scheduler",
                "containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}],
                **spec,
            },
            "status": {"phase": phase, "conditions": [REFUSED] if tried else []},
        }
    )


def node(name, cpu="2", labels=None, **spec):
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": labels or {}},
            "spec": spec,
            "status": {"allocatable": {"cpu": cpu, "memory": "4Gi", "pods": "10"}},
        }
    )


def stored(*objects):
    store = Store()
    for one in objects:
        store = store.put(one)
    return store


def turn(store, name="p", now=NOW):
    return SCHEDULER.reconcile(None, View(store, now), ObjectKey("Pod", "default", name))


def chosen(store, name="p"):
    """The node that a pod is bound to by a turn, or the message that says why to none."""
    (call,) = turn(store, name).requests
    body = call.request.body
    if call.request.verb is Verb.CREATE:
        return body.target.name
    return next(one.message for one in body.status.conditions if one.type == "PodScheduled")


def works(old, new, store=None):
    """The names of the pods that a change has the scheduler look at."""
    key = key_of(new or old)
    store = store or Store()
    after = store.put(new) if new else store
    found = SCHEDULER.watches[key.kind](Change(revision=9, key=key, old=old, new=new), after)
    return [work.key[2] for work in found]


def test_a_pod_is_bound_by_its_uid():
    """The binding names the pod's uid, so that a pod of the same name is not bound by mistake."""
    (call,) = turn(stored(node("n1"), pod())).requests

    assert call.request.subresource == "binding"
    assert call.request.key == ObjectKey("Pod", "default", "p")
    assert call.request.body.metadata.uid == "u-p"
    assert call.request.body.target.name == "n1"


def test_the_emptier_node_wins():
    """The node with more left gets the pod."""
    store = stored(node("n1"), node("n2"), node("n3"), pod("q", node="n1"), pod("r", node="n3"), pod())

    assert chosen(store) == "n2"


def test_the_first_of_equal_nodes_wins():
    """Ties go by name."""
    assert chosen(stored(node("n3"), node("n2"), pod())) == "n2"


@pytest.mark.parametrize(
    ("objects", "message"),
    [
        pytest.param([], "no nodes available to schedule pods", id="no nodes"),
        pytest.param(
            [node("n1", "500m"), node("n2", "500m")],
            "0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, "
            "preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
            id="one reason",
        ),
        pytest.param(
            [
                node("n1", "500m"),
                node("n2", unschedulable=True),
                node("n3", taints=[{"key": "a", "effect": "NoExecute"}]),
            ],
            "0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s), "
            "1 node(s) were unschedulable. no new claims to deallocate, "
            "preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
            id="several reasons, sorted",
        ),
    ],
)
def test_a_pod_without_a_place_is_told_why(objects, message):
    """The condition carries upstream's sentence."""
    (call,) = turn(stored(*objects, pod())).requests
    (condition,) = call.request.body.status.conditions

    assert (call.request.verb, call.request.subresource) == (Verb.UPDATE, "status")
    assert (condition.type, condition.status, condition.reason) == ("PodScheduled", "False", "Unschedulable")
    assert condition.message == message
    assert condition.last_transition_time == NOW // 1000


def test_a_pod_without_a_place_is_told_once():
    """As long as nothing changes, the second look writes nothing."""
    store = stored(node("n1", "500m"), pod())
    (call,) = turn(store).requests
    told = store.put(call.request.body)

    assert turn(told, now=NOW + 60_000).requests == ()


def test_a_new_reason_keeps_the_time():
    """The time is that of the last change of the status, not of the message."""
    store = stored(node("n1", "500m"), pod())
    (call,) = turn(store).requests
    told = store.put(call.request.body).put(node("n2", unschedulable=True))
    (again,) = turn(told, now=NOW + 60_000).requests
    (condition,) = again.request.body.status.conditions

    assert condition.message.startswith("0/2")
    assert condition.last_transition_time == NOW // 1000


@pytest.mark.parametrize(
    "waiting",
    [
        pytest.param(pod(node="n1"), id="a pod that is bound"),
        pytest.param(pod(schedulerName="mine"), id="a pod of another scheduler"),
        pytest.param(pod(schedulingGates=[{"name": "later"}]), id="a pod behind a gate"),
        pytest.param(pod(metadata={"deletionTimestamp": "2001-09-09T01:46:40Z"}), id="a pod that is being deleted"),
        pytest.param(pod(phase="Failed"), id="a pod that has failed"),
    ],
)
def test_what_is_not_to_be_placed_is_left_alone(waiting):
    """Neither a turn nor a change of such a pod has the scheduler do anything."""
    assert turn(stored(node("n1"), waiting)) == Turn()
    assert works(None, waiting, stored(waiting)) == []


def test_a_pod_that_is_gone_is_no_work():
    """A key may outlive its pod."""
    assert turn(Store()) == Turn()


def test_a_new_pod_is_looked_at_by_the_leader():
    """The work goes to whichever scheduler leads."""
    found = SCHEDULER.watches["Pod"](Change(revision=1, key=key_of(pod()), old=None, new=pod()), Store())

    assert list(found) == [Work(LEADER, key_of(pod()))]


BOUND = pod("q", node="n1")
WAITING = stored(
    node("n1"),
    node("n2", "500m"),
    pod("a", tried=True),
    pod("b", tried=True),
    pod("large", "3", tried=True),
    pod("new"),
    pod("other", schedulerName="mine", tried=True),
)


@pytest.mark.parametrize(
    ("old", "new", "woken"),
    [
        pytest.param(BOUND, None, ["a", "b"], id="a pod on a node is gone"),
        pytest.param(BOUND, pod("q", node="n1", phase="Succeeded"), ["a", "b"], id="a pod on a node has ended"),
        pytest.param(BOUND, pod("q", node="n1", cpu="500m"), ["a", "b"], id="a pod on a node asks for less"),
        pytest.param(BOUND, pod("q", node="n1", phase="Running"), [], id="a pod on a node runs"),
        pytest.param(pod("q"), BOUND, [], id="a pod was bound"),
        pytest.param(pod("q"), None, [], id="a pod that waited is gone"),
        pytest.param(None, node("n1"), ["a", "b"], id="a new node"),
        pytest.param(node("n1"), node("n1", "4"), ["a", "b", "large"], id="a node that got larger"),
        pytest.param(node("n1"), node("n1", labels={"zone": "a"}), ["a", "b"], id="a node that got a label"),
        pytest.param(node("n1", unschedulable=True), node("n1"), ["a", "b"], id="a node that was uncordoned"),
        pytest.param(node("n1"), node("n1", unschedulable=True), [], id="a node that was cordoned"),
        pytest.param(None, node("n3", taints=[{"key": "a", "effect": "NoSchedule"}]), [], id="a new node with a taint"),
        pytest.param(pod("q", node="n2"), None, [], id="a pod on a node that is too small anyway is gone"),
        pytest.param(node("n1"), None, [], id="a node that is gone"),
        pytest.param(pod(), pod(tried=True), ["p"], id="a pod that was tried while nobody could wake it"),
        pytest.param(pod(), pod(metadata={"labels": {"app": "a"}}), ["p"], id="a waiting pod that got a label"),
        pytest.param(pod(), pod(metadata={"resourceVersion": "5"}), [], id="a waiting pod whose status was written"),
    ],
)
def test_what_may_help_wakes_those_who_wait(old, new, woken):
    """Room made, or a node that may fit now; nothing else."""
    assert works(old, new, WAITING) == woken


def test_a_heartbeat_wakes_nobody():
    """The conditions of a node are no matter of placement."""
    before = node("n1")
    after = attrs.evolve(before, status=attrs.evolve(before.status, phase="Running"))

    assert works(before, after, WAITING) == []


def test_it_declares_what_it_writes():
    """Both of its writes of pods are among what it may do; the others prepare volumes and send victims away."""
    bind, refuse = turn(stored(node("n1"), pod())), turn(stored(pod()))
    asked = {
        (call.request.verb, call.request.key.kind, call.request.subresource)
        for one in (bind, refuse)
        for call in one.requests
    }

    assert asked < {tuple(one) for one in SCHEDULER.writes if one.kind == "Pod"}


NODES = st.lists(st.integers(1, 4), min_size=2, max_size=6)


@given(NODES, st.lists(st.integers(100, 2000), min_size=4, max_size=20))
def test_no_node_is_overcommitted(cores, millicores):
    """Pods that are placed one after the other fit where they are."""
    store = stored(*(node(f"n{number}", str(count)) for number, count in enumerate(cores)))
    for number, cpu in enumerate(millicores):
        waiting = pod(f"p{number}", f"{cpu}m")
        store = store.put(waiting)
        target = chosen(store, f"p{number}")
        if target.startswith("n") and " " not in target:
            store = store.put(attrs.evolve(waiting, spec=attrs.evolve(waiting.spec, node_name=target)))

    for number, count in enumerate(cores):
        there = store.on_node(f"n{number}")
        assert sum(one.spec.containers[0].resources.requests["cpu"].milli_value for one in there) <= 1000 * count


CHANGES = st.one_of(
    st.builds(node, st.sampled_from(["n1", "n2", "n3"]), st.sampled_from(["1", "2"]), unschedulable=st.booleans()),
    st.builds(pod, st.sampled_from("qrs"), st.sampled_from(["500m", "1"]), st.sampled_from(["n1", "n2", "n3"])),
)
ASKING = st.builds(
    pod, st.just("p"), st.sampled_from(["500m", "1"]), tolerations=st.sampled_from([[], [{"operator": "Exists"}]])
)


@given(st.lists(st.tuples(CHANGES, ASKING), min_size=5, max_size=20))
def test_what_is_remembered_is_what_would_be_found(history):
    """In every history, a scheduler that remembers its verdicts decides as one that has forgotten them all."""
    store = Store()
    for change, asking in history:
        store = store.put(change).put(asking)
        remembered = chosen(store)
        standings.cache_clear()
        tally.cache_clear()

        assert chosen(store) == remembered


@given(NODES, st.randoms(use_true_random=False))
def test_the_order_of_arrival_of_nodes_does_not_matter(cores, chance):
    """The same nodes in another order give the same choice."""
    nodes = [node(f"n{number}", str(count)) for number, count in enumerate(cores)]
    before = chosen(stored(*nodes, pod()))
    chance.shuffle(nodes)

    assert chosen(stored(*nodes, pod())) == before
