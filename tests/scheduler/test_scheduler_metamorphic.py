"""Metamorphic laws: how the answer changes when the question does.

Each is asked of clusters with taints, cordons, priorities, zones, affinity both ways and spread constraints. That they
are not empty is shown below: for each there are clusters in which what it speaks of happens.
"""

from __future__ import annotations

import sys
from functools import cache

import attrs
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from kcore.api.convert import from_wire
from kcore.api.memo import Memo, Noted
from kcore.apiserver.store import Store
from kcore.reconcile.derived import Derived
from kcore.scheduler.cache import snapshot_of
from kcore.scheduler.explain import explain
from kcore.scheduler.podinfo import pod_info
from kcore.scheduler.profile import DEFAULT_PROFILE
from kcore.scheduler.schedule_one import schedule
from kcore.scheduler.whatif import prospect

MANY = settings(max_examples=200, deadline=None)
SOUGHT = settings(max_examples=2_000, deadline=None, phases=(Phase.generate,), database=None)
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


def pod(name, cpu="500m", app="a", on="", rules=None, priority=0, **spec):
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "default", "labels": {"app": app}},
            "spec": {
                "nodeName": on,
                "priority": priority,
                "schedulerName": "default-scheduler",
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
PRIORITIES = st.sampled_from([0, 5, 9])
PLACED = st.lists(st.tuples(CPUS, APPS, st.integers(0, 4), RULES, PRIORITIES), max_size=6)
TOLERATIONS = st.sampled_from([[], [{"operator": "Exists"}], [{"key": "x", "operator": "Exists"}]])


@st.composite
def clusters(draw):
    """Nodes, and pods on them."""
    nodes = draw(NODES)
    pods = [
        pod(f"q{number}", cpu, app, f"n{at % len(nodes)}", rules, priority)
        for number, (cpu, app, at, rules, priority) in enumerate(draw(PLACED))
    ]
    return nodes, pods


ASKING = st.builds(pod, st.just("p"), CPUS, APPS, rules=RULES, tolerations=TOLERATIONS, priority=PRIORITIES)
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


def tainted(nodes, at, effect):
    """The nodes, one of them with one more taint."""
    at %= len(nodes)
    taints = (*nodes[at].spec.taints, *node("t", "1", "m", [("z", effect)]).spec.taints)
    changed = attrs.evolve(nodes[at], spec=attrs.evolve(nodes[at].spec, taints=taints))
    return [changed if one is nodes[at] else one for one in nodes]


@attrs.frozen
class Step:
    """A pod asks, and then: it comes where it may, or a pod or a node is replaced, by nothing or by another."""

    asking: object
    what: str
    at: int
    other: object


STEPS = st.builds(
    Step,
    ASKING,
    st.sampled_from(["comes", "comes", "pod goes", "node goes", "node changes"]),
    st.integers(0, 9),
    st.builds(node, st.just("new"), CPUS, st.sampled_from("mno"), TAINTS, st.booleans()),
)


def answer(store, asking):
    """What is decided and what is explained, with the caches as they are."""
    snapshot = snapshot_of(store)
    info = pod_info(asking, snapshot.owners)
    return schedule(info, snapshot, DEFAULT_PROFILE), explain(info, snapshot, DEFAULT_PROFILE)


@cache
def remembering():
    """What clears each memory of the scheduler's pure functions."""
    found = []
    for name, module in sorted(sys.modules.items()):
        if name.startswith(("kcore.scheduler", "kcore.placement")):
            for value in list(vars(module).values()):
                if isinstance(value, Memo | Noted):
                    found.append(value._known.clear)
                elif isinstance(value, Derived):
                    found.append(value._recent.clear)
                elif hasattr(value, "cache_clear") and hasattr(value, "cache_info"):
                    found.append(value.cache_clear)
    return found


def forget():
    """Forget all that pure functions remember."""
    for clear in remembering():
        clear()


def after(store, step, number, place):
    """The store after a step of a history."""
    if step.what == "comes" and place:
        spec = attrs.evolve(step.asking.spec, node_name=place)
        name = attrs.evolve(step.asking.metadata, name=f"h{number}", uid=f"h{number}")
        return store.put(attrs.evolve(step.asking, spec=spec, metadata=name))
    kind = "Pod" if step.what == "pod goes" else "Node"
    keys = sorted(key for key in store.objects if key.kind == kind)
    if not keys or step.what == "comes":
        return store
    key = keys[step.at % len(keys)]
    if step.what.endswith("goes"):
        return store.remove(key)
    labels = step.other.metadata.labels.set(HOST, key.name)
    return store.put(attrs.evolve(step.other, metadata=attrs.evolve(step.other.metadata, name=key.name, labels=labels)))


@MANY
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


@MANY
@given(clusters(), PLAIN, st.builds(node, st.just("new"), CPUS, st.sampled_from("mno"), TAINTS, st.booleans()))
def test_a_node_more_never_takes_a_place_away_from_a_pod_without_rules(cluster, asking, new):
    """Where nothing is counted over the cluster but what placed pods refuse, all that did still do."""
    nodes, pods = cluster

    assert feasible([*nodes, *pods], asking) <= feasible([*nodes, *pods, new], asking)


@MANY
@given(clusters(), ASKING, st.integers(0, 4), st.sampled_from(["NoSchedule", "NoExecute"]))
def test_a_taint_more_never_makes_a_node_do(cluster, asking, at, effect):
    """A taint keeps off, and helps nobody, whatever the pod asks of its neighbours."""
    nodes, pods = cluster

    assert feasible([*tainted(nodes, at, effect), *pods], asking) <= feasible([*nodes, *pods], asking)


@MANY
@given(clusters(), ASKING, st.integers(0, 4))
def test_a_taint_that_only_warns_keeps_nobody_off(cluster, asking, at):
    """The same nodes do."""
    nodes, pods = cluster

    assert feasible([*tainted(nodes, at, "PreferNoSchedule"), *pods], asking) == feasible([*nodes, *pods], asking)


@MANY
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


@MANY
@given(clusters(), ASKING)
def test_pods_that_are_equal_but_for_their_names_may_go_to_the_same_nodes(cluster, asking):
    """A name is no matter of placement."""
    nodes, pods = cluster
    other = attrs.evolve(asking, metadata=attrs.evolve(asking.metadata, name="other", uid="u"))

    assert told([*nodes, *pods], asking) == told([*nodes, *pods], other)


@MANY
@given(clusters(), ASKING, st.randoms(use_true_random=False))
def test_other_names_of_nodes_change_the_names_of_those_that_preemption_would_empty(cluster, asking, chance):
    """The same victims, on the nodes that bear the new names."""
    nodes, pods = cluster
    old = [one.metadata.name for one in nodes]
    names = dict(zip(old, chance.sample(["b", "k", "t", "v", "z"], len(old)), strict=True))

    def victims(objects, shown):
        found = prospect(Store.of(objects), asking).candidates
        return {shown[one.node]: (sorted(v.metadata.name for v in one.victims), one.violations) for one in found}

    before = victims([*nodes, *pods], names)
    after = victims([renamed(one, names) for one in (*nodes, *pods)], {name: name for name in names.values()})

    assert after == before


@MANY
@given(clusters(), st.lists(STEPS, min_size=4, max_size=12))
def test_what_is_remembered_is_what_would_be_worked_out(cluster, history):
    """In every history: pods that come where they are placed, others that go, and nodes that come, change and go."""
    nodes, pods = cluster
    store = Store.of([*nodes, *pods])
    for number, step in enumerate(history):
        asking = step.asking
        remembered = answer(store, asking)
        whole = Store.of([store.objects[key] for key in sorted(store.objects)])
        forget()

        assert answer(whole, asking) == remembered
        store = after(store, step, number, remembered[0].node)


@MANY
@given(clusters(), ASKING)
def test_the_chosen_node_is_one_of_the_best(cluster, asking):
    """What is decided is what is explained."""
    nodes, pods = cluster
    snapshot = snapshot_of(Store.of([*nodes, *pods]))
    info = pod_info(asking, snapshot.owners)
    explained, decided = explain(info, snapshot, DEFAULT_PROFILE), schedule(info, snapshot, DEFAULT_PROFILE)

    assert decided.message == explained.message
    assert not decided.node or decided.node == min(explained.best)


# Not empty


def some_do_and_some_do_not(drawn):
    (nodes, pods), asking, *_ = drawn
    return 0 < len(feasible([*nodes, *pods], asking)) < len(nodes)


def the_new_one_does_too(drawn):
    (nodes, pods), asking, _, new = drawn
    found = feasible([*nodes, *pods, new], asking)
    return "new" in found and len(found) > 1


def the_taint_keeps_off(drawn):
    (nodes, pods), asking, at, _ = drawn
    return feasible([*tainted(nodes, at, "NoSchedule"), *pods], asking) < feasible([*nodes, *pods], asking)


def several_are_best(drawn):
    (nodes, pods), asking, *_ = drawn
    return 1 < len(best([*nodes, *pods], asking)) < len(nodes)


def somebody_would_go(drawn):
    (nodes, pods), asking, *_ = drawn
    found = prospect(Store.of([*nodes, *pods]), asking)
    return len(found.candidates) > 1


def refused_by(plugin):
    def is_met(drawn):
        (nodes, pods), asking, *_ = drawn
        said = [one.rejection.plugin for one in told([*nodes, *pods], asking).values() if one.rejection]
        return plugin in said and len(set(said)) > 1

    return is_met


NEW = st.builds(node, st.just("new"), CPUS, st.sampled_from("mno"), TAINTS, st.booleans())


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@pytest.mark.parametrize(
    "happens",
    [
        pytest.param(some_do_and_some_do_not, id="some nodes do and some do not"),
        pytest.param(the_new_one_does_too, id="a new node does, beside others"),
        pytest.param(the_taint_keeps_off, id="a taint keeps the pod off"),
        pytest.param(several_are_best, id="several nodes are best, and not all"),
        pytest.param(somebody_would_go, id="preemption helps on several nodes"),
        *(
            pytest.param(refused_by(name), id=f"{name} refuses, and another plugin too")
            for name in ("NodeResourcesFit", "TaintToleration", "InterPodAffinity", "PodTopologySpread")
        ),
    ],
)
def test_what_the_laws_speak_of_happens(happens):
    """There is a cluster in which it does, and Hypothesis finds it."""
    assert find(st.tuples(clusters(), ASKING, st.integers(0, 4), NEW), happens, settings=SOUGHT)


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
def test_a_history_changes_its_answers():
    """What is remembered of one step would be wrong at another."""

    def changes(drawn):
        (nodes, pods), history = drawn
        store, answers = Store.of([*nodes, *pods]), set()
        for number, step in enumerate(history):
            found = answer(store, history[0].asking)
            answers.add((found[0].node, found[0].message))
            store = after(store, step, number, answer(store, step.asking)[0].node)
        return len(answers) > 3

    assert find(st.tuples(clusters(), st.lists(STEPS, min_size=4, max_size=12)), changes, settings=SOUGHT)
