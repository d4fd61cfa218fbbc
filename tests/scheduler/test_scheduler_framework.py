"""A plugin of one's own at each extension point, and several profiles in one scheduler."""

from __future__ import annotations

import attrs
import pytest

from kcore.api.convert import from_wire
from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.apiserver.request import Request, Response, Verb
from kcore.apiserver.store import Store
from kcore.client.component import Write
from kcore.client.view import View
from kcore.errors import MisuseError
from kcore.reconcile.program import ask
from kcore.scheduler import scheduler
from kcore.scheduler.framework import (
    ALLOWED,
    Code,
    CountingPlugin,
    LifecyclePlugin,
    Permission,
    Plugin,
    QueueSort,
    Rejection,
    default_normalize,
)
from kcore.scheduler.preemption import Candidate, Preemption
from kcore.scheduler.profile import DEFAULT_PROFILE, Profiles
from kcore.scheduler.schedule_one import nodes_to_find

NOW = 1_000_000_000_000


def node(name, cpu="4", labels=None):
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": labels or {}},
            "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "10"}},
        }
    )


def pod(name="p", on="", labels=None, annotations=None, **spec):
    containers = [{"name": "c", "resources": {"requests": {"cpu": "1"}}}]
    meta = {"name": name, "namespace": "default", "uid": f"u-{name}"}
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {**meta, "labels": labels or {}, "annotations": annotations or {}},
            "spec": {"nodeName": on, "schedulerName": "default-scheduler", "containers": containers, **spec},
            "status": {"phase": "Running" if on else "Pending"},
        }
    )


def having(*plugins, **changes):
    """A scheduler with the default profile and these plugins besides."""
    more = {
        "plugins": (*DEFAULT_PROFILE.plugins, *(one for one in plugins if isinstance(one, Plugin))),
        "counting": (*DEFAULT_PROFILE.counting, *(one for one in plugins if isinstance(one, CountingPlugin))),
        "lifecycle": (*(one for one in plugins if isinstance(one, LifecyclePlugin)), *DEFAULT_PROFILE.lifecycle),
    }
    return scheduler(Profiles(profiles=(attrs.evolve(DEFAULT_PROFILE, **more, **changes),)))


def turn(component, store, name="p", memory=None, now=NOW):
    return component.reconcile(memory, View(store, now), ObjectKey("Pod", "default", name))


def played(component, store, name="p", memory=None, now=NOW):
    """The requests of the turns on a pod, each granted, and the last turn."""
    answers, requests = (), []
    while True:
        view = View(store, now, answers)
        made = component.reconcile(memory, view, ObjectKey("Pod", "default", name))
        requests += [call.request for call in made.requests]
        if not made.more:
            return requests, made
        answers += tuple(Response(code=200) for _ in made.requests)


def outcome(requests):
    """The node that a pod was bound to, or why it was to none."""
    body = requests[-1].body
    if requests[-1].verb is Verb.CREATE:
        return body.target.name
    return next(one.message for one in body.status.conditions if one.type == "PodScheduled")


NODES = (node("n1"), node("n2", labels={"fast": "yes"}), node("n3"))


def test_a_filter_of_ones_own_says_no_with_its_reason():
    """The node is passed over; where all are, the reason is told."""
    no = Rejection("Mine", Code.UNSCHEDULABLE_AND_UNRESOLVABLE, ("it is not fast",))
    mine = Plugin(name="Mine", filter=lambda _, given: None if "fast" in given.node.metadata.labels else no)

    assert outcome(played(having(mine), Store.of([*NODES, pod()]))[0]) == "n2"
    assert outcome(played(having(mine), Store.of([node("n1"), pod()]))[0]).startswith(
        "0/1 nodes are available: 1 it is not fast."
    )


@pytest.mark.parametrize(("weight", "best"), [pytest.param(10, "n9", id="much"), pytest.param(1, "n8", id="little")])
def test_a_score_of_ones_own_counts_as_much_as_its_weight(weight, best):
    """Scores are normalised, weighted and added to those of the others."""
    later = Plugin(name="Later", score=lambda _, given: int(given.node.metadata.name[1:]), normalize=default_normalize)
    weights = DEFAULT_PROFILE.weights.set("Later", weight)
    store = Store.of([node("n8", "64"), node("n9", "2"), pod()])

    assert outcome(played(having(later, weights=weights), store)[0]) == best


def test_a_plugin_of_ones_own_counts_over_the_cluster():
    """Here: no more pods in a zone than in the emptiest one."""
    full = Rejection("Even", Code.UNSCHEDULABLE, ("its zone is full",))

    def count(_, given):
        yield given.node.metadata.labels["zone"], given.load.usage.pods + 1

    even = CountingPlugin(
        name="Even",
        pre_filter=lambda _, cluster: dict(cluster.tally(count, None)),
        place=lambda _, __, given: given.node.metadata.labels["zone"],
        filter=lambda _, sums, zone: full if sums[zone] > min(sums.values()) else None,
    )
    zones = [node("n1", "64", {"zone": "a"}), node("n2", "2", {"zone": "b"})]

    assert outcome(played(having(even), Store.of([*zones, pod("q", on="n1"), pod()]))[0]) == "n2"


def test_pre_enqueue_keeps_a_pod_out_of_the_queue():
    """As a scheduling gate does: it is not looked at."""
    held = LifecyclePlugin(name="Held", pre_enqueue=lambda one: "held" if one.metadata.annotations.get("hold") else "")
    component = having(held)

    assert turn(component, Store.of([*NODES, pod(annotations={"hold": "yes"})])).requests == ()
    assert turn(component, Store.of([*NODES, pod(schedulingGates=[{"name": "g"}])])).requests == ()
    assert outcome(played(component, Store.of([*NODES, pod()]))[0]) == "n1"


def test_queue_sort_says_who_goes_first():
    """Here: by a label, whatever the priorities."""
    rank = QueueSort(name="ByLabel", rank=lambda one: int(one.metadata.labels.get("rank", "0")))
    store = Store.of([*NODES, pod(priority=100), pod("q", labels={"rank": "7"})])

    (request,) = played(having(queue_sort=rank), store)[0]
    assert request.key.name == "q"


def test_post_filter_of_ones_own_comes_before_the_others():
    """It chooses whom to send away; the rest is done as for preemption."""
    victim = pod("q", on="n1")
    chosen = Preemption(candidates=(Candidate(node="n1", victims=(victim,), violations=0),), best=("n1",))
    mine = LifecyclePlugin(name="Mine", post_filter=lambda _: chosen)
    requests, _ = played(having(mine), Store.of([node("n1", "1"), victim, pod()]))

    assert [(one.verb.value, one.key.name) for one in requests] == [("update", "p"), ("patch", "q"), ("delete", "q")]
    assert requests[0].body.status.nominated_node_name == "n1"


def test_reserve_may_take_the_node_back():
    """The pod is told why, and nobody is sent away for it."""
    no = Rejection("Mine", Code.UNSCHEDULABLE, ("no licence is left",))
    mine = LifecyclePlugin(name="Mine", reserve=lambda _, given: no if given.node.metadata.name == "n1" else None)

    assert outcome(played(having(mine), Store.of([node("n1"), pod()]))[0]) == (
        "0/1 nodes are available: 1 no licence is left."
    )


WAITING = LifecyclePlugin(
    name="Pairs",
    permit=lambda view, one, _: (
        ALLOWED if any(other != one for other in view.list("Pod", one.metadata.namespace)) else Permission(wait=5000)
    ),
)


def test_permit_has_a_pod_wait_with_its_node_promised_until_it_may_go():
    """Here: no pod is bound before there is a second one."""
    component, store = having(WAITING), Store.of([node("n1"), pod()])
    requests, first = played(component, store)
    promised = requests[0].body
    store = store.put(promised)
    soon = turn(component, store, memory=first.memory, now=NOW + 1000)
    paired = played(component, store.put(pod("q", on="n2")), memory=first.memory, now=NOW + 1000)[0]

    assert promised.status.nominated_node_name == "n1"
    assert first.wake_at == NOW + 1000
    assert (soon.requests, soon.memory) == ((), first.memory)
    assert outcome(paired) == "n1"


def test_permit_ends_when_its_time_is_over():
    """The pod loses its node, and is told so."""
    component = having(WAITING)
    requests, first = played(component, Store.of([node("n1"), pod()]))
    late, _ = played(component, Store.of([node("n1"), requests[0].body]), memory=first.memory, now=NOW + 5000)

    assert late[0].body.status.nominated_node_name == ""
    assert outcome(late) == "0/1 nodes are available: 1 rejected due to timeout after waiting for permission."


def test_pre_bind_prepares_and_bind_binds_in_ones_own_way():
    """The program comes first; a plugin that binds is asked before the default one."""

    def prepare(_, one, name):
        labelled = evolve(one, metadata=evolve(one.metadata, labels=one.metadata.labels.set("on", name)))
        return (yield from ask(Request(verb=Verb.UPDATE, key=key_of(one), body=labelled))).ok

    def bind(one, name):
        return Request(verb=Verb.CREATE, key=key_of(one), subresource="binding", body=name) if name == "n1" else None

    mine = LifecyclePlugin(
        name="Mine", pre_bind=prepare, bind=bind, writes=frozenset({Write(Verb.UPDATE, "Pod"), Write(Verb.GET, "Pod")})
    )
    component = having(mine)
    requests, _ = played(component, Store.of([node("n1"), pod()]))
    elsewhere, _ = played(component, Store.of([node("n2"), pod()]))

    assert [(one.verb, one.subresource) for one in requests] == [(Verb.UPDATE, ""), (Verb.CREATE, "binding")]
    assert requests[0].body.metadata.labels["on"] == "n1"
    assert (requests[1].body, elsewhere[1].body.target.name) == ("n1", "n2")
    assert Write(Verb.UPDATE, "Pod") in component.writes


def test_each_pod_is_placed_by_the_profile_that_it_names():
    """One queue, two profiles: one prefers the emptier node, the other the fuller one."""
    from_n3 = Plugin(name="Last", filter=lambda _, given: None if given.node.metadata.name == "n3" else NO)
    other = attrs.evolve(DEFAULT_PROFILE, scheduler_name="other", plugins=(*DEFAULT_PROFILE.plugins, from_n3))
    component = scheduler(Profiles(profiles=(DEFAULT_PROFILE, other)))
    store = Store.of([*NODES, pod(), pod("q", schedulerName="other"), pod("r", schedulerName="nobody")])

    assert outcome(played(component, store)[0]) == "n1"
    assert outcome(played(component, store, "q")[0]) == "n3"
    assert turn(component, store, "r").requests == ()


NO = Rejection("Last", Code.UNSCHEDULABLE_AND_UNRESOLVABLE, ("it is not the last",))


@pytest.mark.parametrize(
    "profiles",
    [
        pytest.param((), id="without profiles"),
        pytest.param((DEFAULT_PROFILE, DEFAULT_PROFILE), id="with two of one name"),
        pytest.param(
            (
                DEFAULT_PROFILE,
                attrs.evolve(DEFAULT_PROFILE, scheduler_name="b", queue_sort=QueueSort(name="B", rank=lambda _: 0)),
            ),
            id="with two orders of the queue",
        ),
    ],
)
def test_there_is_no_scheduler(profiles):
    """What can't be meant is refused at once."""
    with pytest.raises(MisuseError):
        Profiles(profiles=profiles)


@pytest.mark.parametrize(
    ("nodes", "percentage", "enough"),
    [
        pytest.param(50, 10, 50, id="all of a few"),
        pytest.param(1000, 30, 300, id="the percentage"),
        pytest.param(500, 10, 100, id="at least a hundred"),
        pytest.param(5000, 0, 500, id="ten percent of five thousand"),
        pytest.param(20_000, 0, 1000, id="never less than five percent"),
    ],
)
def test_not_all_nodes_are_scored_where_a_percentage_is_set(nodes, percentage, enough):
    """As many feasible nodes are looked for as upstream looks for."""
    assert nodes_to_find(nodes, percentage) == enough


def test_a_percentage_leaves_some_nodes_out():
    """The best of all may be among those that are not looked at."""
    nodes = [node(f"n{number:03}", "4" if number < 199 else "64") for number in range(200)]
    store = Store.of([*nodes, pod()])

    assert outcome(played(having(), store)[0]) == "n199"
    assert outcome(played(having(percentage_of_nodes_to_score=50), store)[0]) == "n000"
