"""Metamorphic laws: how the answer changes when the question does."""

from __future__ import annotations

import re

import attrs
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import from_wire
from kcore.apiserver.store import Store
from kcore.scheduler.cache import snapshot_of
from kcore.scheduler.explain import explain
from kcore.scheduler.podinfo import pod_info
from kcore.scheduler.profile import DEFAULT_PROFILE
from kcore.scheduler.schedule_one import schedule
from kcore.scheduler.standings import standings
from kcore.scheduler.tally import tally

HOST, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"


def node(name, cpu, zone, taints=(), cordoned=False):
    spec = {"taints": [{"key": key, "effect": effect} for key, effect in taints], "unschedulable": cordoned}
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": {HOST: name, ZONE: zone}},
            "spec": spec,
            "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "5"}},
        }
    )


def pod(name, cpu="500m", app="a", on="", rules=None, **spec):
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "default", "labels": {"app": app}},
            "spec": {
                "nodeName": on,
                "containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}],
                **(rules or {}),
                **spec,
            },
        }
    )


def term(app, key):
    return {"topologyKey": key, "labelSelector": {"matchLabels": {"app": app}}}


def required(kind, app, key):
    return {"affinity": {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [term(app, key)]}}}


def preferred(kind, app, key):
    wish = {"weight": 50, "podAffinityTerm": term(app, key)}
    return {"affinity": {kind: {"preferredDuringSchedulingIgnoredDuringExecution": [wish]}}}


def spread(app, key, strict):
    constraint = {
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": "DoNotSchedule" if strict else "ScheduleAnyway",
        "labelSelector": {"matchLabels": {"app": app}},
    }
    return {"topologySpreadConstraints": [constraint]}


KEYS = st.sampled_from([HOST, ZONE])
APPS = st.sampled_from(["a", "b"])
KINDS = st.sampled_from(["podAffinity", "podAntiAffinity"])
TAINTS = st.lists(st.tuples(st.sampled_from("xy"), st.sampled_from(["NoSchedule", "PreferNoSchedule"])), max_size=2)
RULES = st.one_of(
    st.just({}),
    st.builds(required, KINDS, APPS, KEYS),
    st.builds(preferred, KINDS, APPS, KEYS),
    st.builds(spread, APPS, KEYS, st.booleans()),
)
NODES = st.lists(
    st.tuples(st.sampled_from(["1", "2", "4"]), st.sampled_from("mn"), TAINTS, st.booleans()), min_size=2, max_size=5
).map(lambda drawn: [node(f"n{number}", *one) for number, one in enumerate(drawn)])
CPUS = st.sampled_from(["100m", "500m", "1", "2"])
PLACED = st.lists(st.tuples(CPUS, APPS, st.integers(0, 4), RULES), max_size=6)
TOLERATIONS = st.sampled_from([[], [{"operator": "Exists"}], [{"key": "x", "operator": "Exists"}]])


@st.composite
def clusters(draw):
    """Nodes, and pods on them."""
    nodes = draw(NODES)
    pods = [
        pod(f"q{number}", cpu, app, f"n{at % len(nodes)}", rules)
        for number, (cpu, app, at, rules) in enumerate(draw(PLACED))
    ]
    return nodes, pods


ASKING = st.builds(pod, st.just("p"), CPUS, APPS, rules=RULES, tolerations=TOLERATIONS)
PLAIN = st.builds(pod, st.just("p"), CPUS, APPS, tolerations=TOLERATIONS)


def told(objects, asking):
    """What is said of each node, by name."""
    snapshot = snapshot_of(Store.of(objects))
    return {one.node: one for one in explain(pod_info(asking, snapshot.owners), snapshot, DEFAULT_PROFILE).nodes}


def feasible(objects, asking):
    return {name for name, one in told(objects, asking).items() if one.rejection is None}


def best(objects, asking):
    snapshot = snapshot_of(Store.of(objects))
    return set(explain(pod_info(asking, snapshot.owners), snapshot, DEFAULT_PROFILE).best)


def renamed(found, names):
    """The node or pod with other names of nodes."""
    if type(found).__name__ == "Pod":
        return attrs.evolve(found, spec=attrs.evolve(found.spec, node_name=names[found.spec.node_name]))
    name = names[found.metadata.name]
    labels = found.metadata.labels.set(HOST, name)
    return attrs.evolve(found, metadata=attrs.evolve(found.metadata, name=name, labels=labels))


@given(clusters(), ASKING, st.randoms(use_true_random=False))
def test_other_names_of_nodes_give_the_same_answer_under_other_names(cluster, asking, chance):
    """Verdicts and scores go with the nodes; names decide nothing but ties."""
    nodes, pods = cluster
    old = [one.metadata.name for one in nodes]
    new = chance.sample(["b", "k", "t", "v", "z"], len(old))
    names = dict(zip(old, new, strict=True))
    before = told([*nodes, *pods], asking)
    after = told([renamed(one, names) for one in (*nodes, *pods)], asking)

    for name, said in before.items():
        assert attrs.evolve(after[names[name]], node=name) == said


@given(clusters(), PLAIN, st.builds(node, st.just("new"), CPUS, st.sampled_from("mno"), TAINTS, st.booleans()))
def test_a_node_more_never_takes_a_place_away_from_a_pod_without_rules(cluster, asking, new):
    """Where nothing is counted over the cluster but what placed pods refuse, all that did still do."""
    nodes, pods = cluster

    assert feasible([*nodes, *pods], asking) <= feasible([*nodes, *pods, new], asking)


@given(clusters(), PLAIN, st.integers(0, 4))
def test_a_taint_more_never_makes_a_node_do(cluster, asking, at):
    """A taint keeps off, and helps nobody."""
    nodes, pods = cluster
    at %= len(nodes)
    taints = (*nodes[at].spec.taints, *node("t", "1", "m", [("z", "NoSchedule")]).spec.taints)
    tainted = attrs.evolve(nodes[at], spec=attrs.evolve(nodes[at].spec, taints=taints))
    after = [tainted if one is nodes[at] else one for one in nodes]

    assert feasible([*after, *pods], asking) <= feasible([*nodes, *pods], asking)


@given(clusters(), ASKING, st.randoms(use_true_random=False))
def test_the_order_in_which_things_came_does_not_matter(cluster, asking, chance):
    """The best nodes are the same set."""
    nodes, pods = cluster
    before = best([*nodes, *pods], asking)
    objects = [*nodes, *pods]
    chance.shuffle(objects)
    store = Store()
    for one in objects:
        store = store.put(one)
    snapshot = snapshot_of(store)

    assert set(explain(pod_info(asking, snapshot.owners), snapshot, DEFAULT_PROFILE).best) == before


@given(clusters(), ASKING)
def test_pods_that_are_equal_but_for_their_names_may_go_to_the_same_nodes(cluster, asking):
    """A name is no matter of placement."""
    nodes, pods = cluster
    other = attrs.evolve(asking, metadata=attrs.evolve(asking.metadata, name="other", uid="u"))

    assert told([*nodes, *pods], asking) == told([*nodes, *pods], other)


@given(clusters(), st.lists(st.tuples(ASKING, st.integers(0, 9)), min_size=3, max_size=8))
def test_what_is_remembered_is_what_would_be_worked_out(cluster, history):
    """In every history, with pods that come where they are placed and others that go."""
    nodes, pods = cluster
    store = Store.of([*nodes, *pods])
    for number, (asking, gone) in enumerate(history):
        snapshot = snapshot_of(store)
        info = pod_info(asking, snapshot.owners)
        remembered = schedule(info, snapshot, DEFAULT_PROFILE)
        standings.cache_clear()
        tally.cache_clear()

        assert schedule(info, snapshot, DEFAULT_PROFILE) == remembered
        if remembered.node:
            spec = attrs.evolve(asking.spec, node_name=remembered.node)
            store = store.put(
                attrs.evolve(asking, spec=spec, metadata=attrs.evolve(asking.metadata, name=f"h{number}"))
            )
        keys = sorted(key for key in store.objects if key.kind == "Pod" and re.fullmatch(r"[qh]\d", key.name))
        if gone < len(keys):
            store = store.remove(keys[gone])


@given(clusters(), ASKING)
def test_the_chosen_node_is_one_of_the_best(cluster, asking):
    """What is decided is what is explained."""
    nodes, pods = cluster
    snapshot = snapshot_of(Store.of([*nodes, *pods]))
    info = pod_info(asking, snapshot.owners)
    explained, decided = explain(info, snapshot, DEFAULT_PROFILE), schedule(info, snapshot, DEFAULT_PROFILE)

    assert decided.message == explained.message
    assert not decided.node or decided.node == min(explained.best)
