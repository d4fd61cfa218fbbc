"""Clusters drawn at random, with rules, priorities and budgets: the laws of placing hold in all their states."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.cluster.target import Target
from kcore.invariants.table import INVARIANTS
from kcore.machine import Refusal
from kcore.model import NodeSpec, Plan, boot, build_model
from kcore.users.apply import Apply
from kcore.users.delete import Delete
from kcore.users.patch import Cordon

HOST, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
LAWS = [
    INVARIANTS[name].property
    for name in (
        "bound-within-allocatable",
        "host-ports-unique",
        "bound-where-allowed",
        "affinity-holds-at-binding",
        "anti-affinity-holds-at-binding",
        "skew-within-limits-at-binding",
        "preempted-for-a-higher-one",
        "budgets-break-only-if-nothing-else-serves",
        "fitting-pods-are-bound-when-settled",
    )
]
MODEL = build_model()
LEVELS = {"low": 1, "mid": 5, "high": 9}


def term(app, key):
    return {"topologyKey": key, "labelSelector": {"matchLabels": {"app": app}}}


def neighbours(kind, app, key):
    return {"affinity": {kind: {REQUIRED: [term(app, key)]}}}


def spread(skew, app, key, taints):
    given = {"maxSkew": skew, "whenUnsatisfiable": "DoNotSchedule", "nodeTaintsPolicy": taints, **term(app, key)}
    return {"topologySpreadConstraints": [given]}


def pod(cpu, app, level, rules, port, *, tolerant):
    """A pod without a name."""
    container = {"name": "c", "image": "i", "resources": {"requests": {"cpu": cpu}}}
    container |= {"ports": [{"containerPort": port, "hostPort": port}]} if port else {}
    spec = {"containers": [container], "priorityClassName": level, **rules}
    spec |= {"tolerations": [{"operator": "Exists"}]} if tolerant else {}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {"app": app}}, "spec": spec}


APPS, KEYS = st.sampled_from("ab"), st.sampled_from([HOST, ZONE])
RULES = st.one_of(
    st.just({}),
    st.builds(neighbours, st.sampled_from(["podAffinity", "podAntiAffinity"]), APPS, KEYS),
    st.builds(spread, st.integers(1, 2), APPS, KEYS, st.sampled_from(["Honor", "Ignore"])),
)
PODS = st.builds(
    pod,
    st.sampled_from(["300m", "600m", "1", "1500m"]),
    APPS,
    st.sampled_from(sorted(LEVELS)),
    RULES,
    st.sampled_from([0, 0, 0, 80]),
    tolerant=st.booleans(),
)
NODES = st.lists(st.tuples(st.sampled_from(["1", "2"]), st.sampled_from("xy"), st.booleans()), min_size=2, max_size=4)
ACTS = st.one_of(
    PODS,
    PODS,
    st.integers(0, 9).map(lambda at: Delete(target=Target(kind="Pod", namespace="default", name=f"p{at}"))),
    st.builds(Cordon, node=st.sampled_from(["n0", "n1"]), unschedulable=st.booleans()),
)
WAITS = st.sampled_from([0, 100, 3_000, 40_000])


def level(name, value):
    kind = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass"}
    return {**kind, "metadata": {"name": name}, "value": value}


def budget(app, least):
    spec = {"minAvailable": least, "selector": {"matchLabels": {"app": app}}}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": app}, "spec": spec}


def booted(nodes, least):
    """The cluster before anybody does anything but its budgets and classes."""
    taint = (FrozenMap({"key": "t", "effect": "NoSchedule"}),)
    specs = [
        NodeSpec(
            name=f"n{number}",
            capacity=FrozenMap({"cpu": cpu, "memory": "8Gi", "pods": "10"}),
            labels=FrozenMap({ZONE: zone}),
            taints=taint if tainted and number else (),
        )
        for number, (cpu, zone, tainted) in enumerate(nodes)
    ]
    objects = [
        *(level(*one) for one in LEVELS.items()),
        *(budget(app, most) for app, most in zip("ab", least, strict=True)),
    ]
    return MODEL.step(boot(MODEL, Plan(nodes=specs)), Apply(objects=tuple(map(Json.of, objects)))).state


def states_of(state, acts):
    """Every state of the run in which these acts are done, each with a wait after it."""
    for number, (act, wait) in enumerate(acts):
        if isinstance(act, dict):
            act = Apply(objects=(Json.of({**act, "metadata": {**act["metadata"], "name": f"p{number}"}}),))  # noqa: PLW2901 - named
        step = MODEL.step(state, act)
        if isinstance(step, Refusal):
            continue
        state, until = step.state, step.state.now + wait
        while (move := MODEL.next_move(state)) is not None and getattr(move, "until", state.now) <= until:
            state = MODEL.step(state, move).state
            yield state


@settings(max_examples=40, deadline=None)
@given(
    NODES, st.tuples(st.integers(0, 2), st.integers(0, 2)), st.lists(st.tuples(ACTS, WAITS), min_size=6, max_size=14)
)
def test_the_laws_of_placing_hold_in_random_runs(nodes, least, acts):
    """Whoever comes and goes, however little time there is between."""
    for state in states_of(booted(nodes, least), acts):
        for law in LAWS:
            assert law.holds(state) is True, law.name
