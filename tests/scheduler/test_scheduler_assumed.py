"""Assumed pods: what was bound takes up room before the watch tells of it, and nobody is placed twice."""

from __future__ import annotations

import attrs
import pytest

from kcore.api.convert import from_wire
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.apiserver.store import Store
from kcore.client.turn import AS_BEFORE
from kcore.client.view import View
from kcore.cluster.deliver import deliver
from kcore.cluster.fingerprint import Fingerprinter
from kcore.cluster.process import COMMON
from kcore.cluster.timing import Timing
from kcore.cluster.turns import Fate, commit, take
from kcore.invariants.scheduling import bound_within_allocatable, host_ports_unique
from kcore.machine import Outcome, Start, TableSystem, always, explore, sometimes
from kcore.model import NodeSpec, Plan, boot, build_model
from kcore.scheduler import SCHEDULER
from kcore.scheduler.assumed import NOTHING, Assumption, Common
from kcore.users.apply import Apply

NOW = 1_000_000
ROOM = {"cpu": "1", "pods": "10"}


def node(name="n1"):
    return from_wire({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": {"allocatable": ROOM}})


def wire(name, cpu="1", on="", priority=0, port=0):
    ports = [{"containerPort": port, "hostPort": port}] if port else []
    container = {"name": "c", "image": "app:1", "resources": {"requests": {"cpu": cpu}}, "ports": ports}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "uid": f"u-{name}"},
        "spec": {"nodeName": on, "schedulerName": "default-scheduler", "priority": priority, "containers": [container]},
    }


def pod(name, **more):
    return from_wire(wire(name, **more))


def turn(store, name, common=None, lags=True):
    view = View(store, NOW, common=common, lags=lags)
    return SCHEDULER.reconcile(None, view, ObjectKey("Pod", "default", name))


def assumed(*pods):
    return Common(assumed=tuple(Assumption(key_of(one), one.metadata.uid, "n1") for one in pods))


def node_of(made):
    """The node that a turn binds its pod to, "" for none."""
    bodies = [call.request.body for call in made.requests if call.request.subresource == "binding"]
    return bodies[0].target.name if bodies else ""


A, B = pod("a"), pod("b")
TWO = Store.of([node(), A, B])


def test_whoever_is_bound_ahead_of_the_cache_is_remembered():
    """The turn that binds a pod says so in common; where nothing lags there is nothing to remember."""
    assert turn(TWO, "a").common == assumed(A)
    assert turn(TWO, "a", lags=False).common is AS_BEFORE


def test_an_assumed_pod_takes_up_its_room():
    """The cache has it without a node; the next pod finds its node full."""
    assert node_of(turn(TWO, "b")) == "n1"
    assert node_of(turn(TWO, "b", assumed(A))) == ""


def test_an_assumed_pod_is_not_placed_again():
    """Whatever else the cache says of it."""
    assert turn(TWO, "a", assumed(A)).requests == ()


@pytest.mark.parametrize(
    "store",
    [
        pytest.param(Store.of([node(), B]), id="once it is gone"),
        pytest.param(
            Store.of([node(), B, attrs.evolve(A, metadata=attrs.evolve(A.metadata, uid="new"))]), id="another"
        ),
    ],
)
def test_what_is_gone_is_assumed_no_longer(store):
    """Another pod of its name is another pod."""
    assert node_of(turn(store, "b", assumed(A))) == "n1"
    assert turn(store, "b", assumed(A)).common == assumed(B)


def test_what_was_heard_of_counts_once():
    """On its node it takes up its room as any pod does, and no more."""
    store = Store.of([node(), pod("a", cpu="500m", on="n1"), pod("b", cpu="500m")])
    made = turn(store, "b", assumed(A))

    assert node_of(made) == "n1"
    assert [one.key.name for one in made.common.assumed] == ["b"]


def test_assumed_pods_make_room_for_higher_ones():
    """They are thought away as if they had been heard of."""
    store = Store.of([node(), A, pod("vip", priority=10)])
    made = turn(store, "vip", assumed(A))

    assert made.requests[0].request.body.status.nominated_node_name == "n1"


def lagging(*pods, nodes=("n1",)):
    """A cluster with a scheduler whose cache lags, and these pods."""
    model = build_model([SCHEDULER])
    specs = [NodeSpec(name=one, capacity=FrozenMap(ROOM)) for one in nodes]
    state = boot(model, Plan(nodes=specs, timing=Timing.LAGGING))
    return model, model.step(state, Apply(objects=tuple(map(Json.of, pods)))).state


def is_assumed(state):
    """Whether somebody is assumed who is bound already."""
    return any((process.memory.get(COMMON) or NOTHING).assumed for process in state.processes.values())


@pytest.mark.parametrize(
    ("law", "pods"),
    [
        pytest.param(bound_within_allocatable, [wire("a"), wire("b")], id="CPU"),
        pytest.param(bound_within_allocatable, [wire("a", cpu="500m"), wire("b"), wire("c", cpu="500m")], id="halves"),
        pytest.param(host_ports_unique, [wire("a", cpu="1m", port=80), wire("b", cpu="1m", port=80)], id="host ports"),
    ],
)
def test_no_node_is_overcommitted_however_late_the_scheduler_hears(law, pods):
    """Every order of turns, writes and deliveries, searched to the end."""
    model, state = lagging(*pods)
    asked = (always("there is room", law), sometimes("a pod is assumed", is_assumed))
    findings = explore(TableSystem(model.table, {Start("pods to place"): state}, Fingerprinter()), asked)

    assert [one.outcome for one in findings.verdicts] == [Outcome.HOLDS, Outcome.HOLDS]
    assert findings.coverage.limit is None


def test_a_binding_that_fails_assumes_nothing():
    """The pod is gone before its binding arrives."""
    model, state = lagging(wire("a"))
    (name,) = state.processes
    state = deliver(state, model.components, name, state.store.revision)
    key = state.processes[name].queue.order.first
    state = take(state, model.components, name, key).state
    gone = attrs.evolve(state, store=state.store.remove(ObjectKey(*key)))

    assert commit(state, model.components, name, Fate.ARRIVES).state.processes[name].memory.get(COMMON).assumed
    assert commit(gone, model.components, name, Fate.ARRIVES).state.processes[name].memory.get(COMMON) is None
