"""What schedulers remember: it makes answers come sooner, and never other ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import from_wire
from kcore.api.object import ObjectKey
from kcore.apiserver.store import Store
from kcore.scheduler import history
from kcore.scheduler.cache import EMPTY as NO_CLUSTER
from kcore.scheduler.cache import KINDS, snapshot_of
from kcore.scheduler.explain import explain
from kcore.scheduler.history import EMPTY
from kcore.scheduler.podinfo import pod_info
from kcore.scheduler.profile import DEFAULT_PROFILE
from kcore.scheduler.schedule_one import schedule
from kcore.scheduler.standings import standings
from kcore.scheduler.tally import tally

HOST, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"


@pytest.fixture(autouse=True)
def short_generations(monkeypatch):
    """Let changes be forgotten soon."""
    monkeypatch.setattr(history, "GENERATION", 4)


NAMES = st.sampled_from("abc")


@given(st.lists(st.tuples(NAMES, st.integers(0, 40)), min_size=5, max_size=40), st.integers(0, 99), st.integers(0, 99))
def test_what_changed_since_is_what_differs(changes, first, second):
    """From any moment of any branching past to any other: each node as it is now, or that nothing is known."""
    moments, states = [EMPTY], [{}]
    for number, (name, at) in enumerate(changes):
        parent = at % len(moments)
        moments.append(moments[parent].after(name, number))
        states.append({**states[parent], name: number})
    seen, now = first % len(moments), second % len(moments)
    changed = moments[now].since(moments[seen])

    if changed is not None:
        assert {**states[seen], **changed} == states[now]
        assert all(states[seen].get(name) != node for name, node in changed.items())


@pytest.mark.parametrize("steps", [0, 1, 2, 4])
def test_the_last_changes_are_known(steps):
    """As many as make a generation are, however many there were before."""
    past = EMPTY
    for number in range(23):
        seen = past
        for later in range(steps):
            past = past.after(f"n{later}", number)

        assert past.since(seen) == {f"n{later}": number for later in range(steps)}


def node(name, cpu="4", zone="x", taint="", cordoned=False, image=False):
    taints = [{"key": "t", "effect": taint}] if taint else []
    images = [{"names": ["web:latest"], "sizeBytes": 500_000_000}] if image else []
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": {HOST: name, **({ZONE: zone} if zone else {})}},
            "spec": {"taints": taints, "unschedulable": cordoned},
            "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "4"}, "images": images},
        }
    )


def selecting(app):
    return {"labelSelector": {"matchLabels": {"app": app}}}


def near(kind, app, key, weight=0):
    term = {"topologyKey": key, **selecting(app)}
    if weight:
        terms = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": weight, "podAffinityTerm": term}]}
    else:
        terms = {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
    return {"affinity": {kind: terms}}


def spread(app, key, when, **more):
    constraint = {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": when, **selecting(app), **more}
    return {"topologySpreadConstraints": [constraint]}


RULES = (
    {},
    {"nodeSelector": {ZONE: "x"}},
    {"tolerations": [{"operator": "Exists"}]},
    {"containers": [{"name": "c", "image": "web", "ports": [{"containerPort": 80, "hostPort": 80}]}]},
    near("podAntiAffinity", "a", HOST),
    near("podAffinity", "b", ZONE),
    near("podAffinity", "a", ZONE, weight=20),
    near("podAntiAffinity", "b", HOST, weight=50),
    spread("a", ZONE, "DoNotSchedule"),
    spread("b", HOST, "DoNotSchedule", nodeTaintsPolicy="Honor"),
    spread("a", HOST, "ScheduleAnyway"),
    spread("b", ZONE, "ScheduleAnyway", matchLabelKeys=["app"]),
)


def pod(name, rules, app="a", cpu="1", on=""):
    containers = [{"name": "c", "image": "web", "resources": {"requests": {"cpu": cpu}}}]
    spec = {"containers": containers, **RULES[rules]}
    spec["containers"] = [{**one, "resources": containers[0]["resources"]} for one in spec["containers"]]
    metadata = {"name": name, "namespace": "default", "labels": {"app": app}}
    return from_wire({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {**spec, "nodeName": on}})


NODES = st.sampled_from(["n1", "n2", "n3", "n4"])
APPS = st.sampled_from("ab")
CPUS = st.sampled_from(["250m", "1", "2"])
ASKED = st.builds(pod, st.just("asking"), st.integers(0, len(RULES) - 1), APPS, CPUS)
CHANGES = st.one_of(
    st.builds(
        node,
        NODES,
        st.sampled_from(["2", "4"]),
        st.sampled_from(["x", "y", ""]),
        st.sampled_from(["", "", "NoSchedule", "PreferNoSchedule"]),
        st.booleans(),
        st.booleans(),
    ),
    st.builds(pod, st.sampled_from("pqrstuvw"), st.integers(0, len(RULES) - 1), APPS, CPUS, NODES),
    st.builds(pod, st.sampled_from("pqrstuvw"), st.integers(0, len(RULES) - 1), APPS, CPUS, NODES),
    st.builds(ObjectKey, st.just("Pod"), st.just("default"), st.sampled_from("pqrstuvw")),
    st.builds(ObjectKey, st.just("Node"), st.just(""), NODES),
)


def answers(asking, snapshot):
    """Where a pod goes or why nowhere, and what is said of each node."""
    info = pod_info(asking, snapshot.owners)
    decision = schedule(info, snapshot, DEFAULT_PROFILE)
    return decision.node, decision.message, decision.rejections, explain(info, snapshot, DEFAULT_PROFILE)


def afresh(store):
    """The snapshot of a store that follows no other."""
    snapshot = NO_CLUSTER
    for kind in KINDS:
        for found in store.list(kind):
            snapshot = snapshot.after(None, found)
    return snapshot


@given(
    st.lists(ASKED, min_size=2, max_size=4),
    st.lists(st.tuples(st.integers(0, 3), st.lists(CHANGES, max_size=4), st.integers(0, 9)), min_size=8, max_size=20),
)
def test_whoever_remembers_all_that_was_says_what_a_newcomer_says(templates, history_of_acts):
    """Through any history of nodes and pods, with several templates in turns, and now and then a look at the past."""
    store, asked = Store.of([node("n1"), node("n2", zone="y")]), []
    for number, changes, back in history_of_acts:
        for change in changes:
            if not isinstance(change, ObjectKey):
                store = store.put(change)
            elif store.get(change) is not None:
                store = store.remove(change)
        asking = templates[number % len(templates)]
        asked.append((asking, store, answers(asking, snapshot_of(store))))
        _, earlier, said = again = asked[back % len(asked)]
        assert answers(again[0], snapshot_of(earlier)) == said
    for asking, seen, said in asked:
        standings.cache_clear()
        tally.cache_clear()

        assert answers(asking, afresh(seen)) == said
