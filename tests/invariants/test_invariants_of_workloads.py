"""Laws about workloads, Services and budgets, on states made by hand: which meet them, and which break them."""

from __future__ import annotations

import pytest
from invariant_models.judging import blamed, witnessed
from invariant_models.states import (
    DESIRED,
    budget,
    busy,
    changed,
    cluster,
    deployment,
    endpoint,
    forgotten,
    pod,
    replica_set,
    service,
    slices,
)

from kcore.api.evolve import evolve
from kcore.client.component import ComponentKey

GOING = {"deletionTimestamp": "2000-01-01T00:00:30Z", "deletionGracePeriodSeconds": 30}
ONE, TWO = replica_set(1, owner=True), replica_set(2, owner=True)
NEW = replica_set(1, "new", "rs2", owner=True, revision="2")
COUNTED = {"replicas": 1, "readyReplicas": 1, "availableReplicas": 1}
SUMMED = {**COUNTED, "updatedReplicas": 1}
DEP = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "new", "uid": "rs2", "controller": True}
IP = "10.244.0.2"


def shrunk(available, to=0, owned=2):
    """A Deployment of two, of whose old pods so many are available, as its old ReplicaSet is made smaller."""
    old = replica_set(owned, owner=True, status={"availableReplicas": available})
    return cluster(deployment(2), old, {**old, "spec": {**old["spec"], "replicas": to}})


def by_hand(state):
    """The state in which the drainer remembers a node."""
    name = ComponentKey("kubectl-drain", "m1")
    process = state.processes[name]
    return state.with_process(name, evolve(process, memory=process.memory.set(("Node", "", "n1"), "a plan")))


def evicted(allowed, *writes):
    """A pod under a budget that allows so many evictions is evicted, after `writes`."""
    marked = {"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}
    ready = {"type": "Ready", "status": "True"}
    said = pod("p", status={"conditions": [ready, marked]})
    return cluster(budget(allowed, 2), pod("p"), *writes, said, changed(said, **GOING))


REPLICAS = [
    pytest.param("pods-within-replicas", cluster(ONE, pod("p"), pod("q", **GOING)), (), id="replicas: one is leaving"),
    pytest.param(
        "pods-within-replicas",
        cluster(ONE, pod("p"), pod("q")),
        ("ReplicaSet/web", "Pod/p", "Pod/q"),
        id="replicas: one too many",
    ),
    pytest.param(
        "pods-within-replicas", cluster(TWO, pod("p"), pod("q"), ONE), (), id="replicas: two were wanted before"
    ),
    pytest.param("replicas-as-wanted-when-settled", cluster(ONE, pod("p")), (), id="settled: as wanted"),
    pytest.param("replicas-as-wanted-when-settled", cluster(ONE), ("ReplicaSet/web",), id="settled: one too few"),
    pytest.param(
        "replicas-as-wanted-when-settled", busy(cluster(ONE), "replicaset-controller"), (), id="settled: not yet"
    ),
    pytest.param(
        "replicaset-status-counts-when-settled",
        cluster(replica_set(1, status=COUNTED), pod("p")),
        (),
        id="status: counts a ready pod",
    ),
    pytest.param(
        "replicaset-status-counts-when-settled",
        cluster(replica_set(1, status=COUNTED), pod("p", ready=False)),
        ("ReplicaSet/web", "Pod/p"),
        id="status: counts an unready pod as ready",
    ),
    pytest.param(
        "replicaset-status-counts-when-settled",
        cluster(changed(replica_set(0), generation=2)),
        ("ReplicaSet/web",),
        id="status: has not observed the generation",
    ),
]

DEPLOYMENTS = [
    pytest.param("replicas-within-surge", cluster(deployment(2), TWO, NEW), (), id="surge: one more"),
    pytest.param(
        "replicas-within-surge",
        cluster(deployment(1), TWO, NEW),
        ("Deployment/web", "ReplicaSet/new", "ReplicaSet/web"),
        id="surge: two more",
    ),
    pytest.param(
        "replicas-within-surge", cluster(deployment(2), TWO, NEW, deployment(1)), (), id="surge: two were wanted before"
    ),
    pytest.param(
        "replicas-within-surge",
        cluster(deployment(3, surge="25%"), TWO, replica_set(2, "new", "rs2", owner=True)),
        (),
        id="surge: a quarter of three is one",
    ),
    pytest.param(
        "replicas-within-surge",
        cluster(deployment(3, surge=0, unavailable="25%"), TWO, replica_set(2, "new", "rs2", owner=True)),
        ("Deployment/web", "ReplicaSet/new", "ReplicaSet/web"),
        id="surge: none",
    ),
    pytest.param(
        "pods-within-surge",
        cluster(deployment(1), TWO, NEW, pod("p"), pod("q"), pod("r", owner=DEP)),
        ("Deployment/web", "Pod/r", "Pod/p", "Pod/q"),
        id="surge: three pods where two may be",
    ),
    pytest.param(
        "pods-within-surge",
        cluster(deployment(1), TWO, NEW, pod("p", **GOING), pod("q"), pod("r", owner=DEP)),
        (),
        id="surge: a pod that leaves is none",
    ),
    pytest.param(
        "rollouts-keep-available",
        shrunk(2),
        ("Deployment/web", "ReplicaSet/web"),
        id="available: two are promised and none stays",
    ),
    pytest.param("rollouts-keep-available", shrunk(0), (), id="available: none was there to take"),
    pytest.param("rollouts-keep-available", shrunk(2, to=2, owned=3), (), id="available: two stay"),
    pytest.param("one-replicaset-a-template", cluster(deployment(1), ONE, NEW), (), id="templates: one each"),
    pytest.param(
        "one-replicaset-a-template",
        cluster(deployment(1), ONE, replica_set(1, "new", "rs2", owner=True, image="app:web")),
        ("Deployment/web", "ReplicaSet/new", "ReplicaSet/web"),
        id="templates: one for two",
    ),
    pytest.param(
        "deployment-status-sums-when-settled",
        cluster(deployment(1, status=SUMMED), replica_set(1, owner=True, status=COUNTED), pod("p")),
        (),
        id="sums: as its ReplicaSet says",
    ),
    pytest.param(
        "deployment-status-sums-when-settled",
        cluster(deployment(1, status=SUMMED), replica_set(1, owner=True)),
        ("Deployment/web", "ReplicaSet/web"),
        id="sums: more than its ReplicaSet says",
    ),
    pytest.param(
        "newest-revision-is-current-when-settled",
        cluster(deployment(1, "app:new", revision="2"), ONE, NEW),
        (),
        id="revisions: the newest",
    ),
    pytest.param(
        "newest-revision-is-current-when-settled",
        cluster(deployment(1, revision="1"), ONE, NEW),
        ("Deployment/web", "ReplicaSet/new", "ReplicaSet/web"),
        id="revisions: an older one",
    ),
    pytest.param(
        "what-is-asked-of-deployments-stays",
        cluster(deployment(1), deployment(2), deployment(3)),
        (),
        id="asked: one after the other",
    ),
    pytest.param(
        "what-is-asked-of-deployments-stays",
        cluster(deployment(1), deployment(2), deployment(1)),
        ("Deployment/web",),
        id="asked: and lost",
    ),
    pytest.param("every-rollout-ends", cluster(deployment(1, status=SUMMED)), (), id="rollout: over"),
    pytest.param(
        "every-rollout-ends", cluster(deployment(2, status=SUMMED)), ("Deployment/web",), id="rollout: not yet"
    ),
    pytest.param("all-workloads-available", cluster(deployment(1), ONE, pod("p")), (), id="available: all"),
    pytest.param(
        "all-workloads-available", cluster(deployment(2), TWO, pod("p")), ("Deployment/web",), id="available: not all"
    ),
    pytest.param("every-drain-ends", cluster(), (), id="drains: none"),
    pytest.param("every-drain-ends", by_hand(cluster()), ("Node/n1",), id="drains: one is under way"),
]

SERVICES = [
    pytest.param("slices-hold-pods-when-settled", cluster(service(), pod("p")), (), id="endpoints: no address yet"),
    pytest.param(
        "slices-hold-pods-when-settled",
        cluster(service(), pod("p", ip=IP), slices(endpoint("p", IP))),
        (),
        id="endpoints: ready",
    ),
    pytest.param(
        "slices-hold-pods-when-settled",
        cluster(service(), pod("p", ip=IP)),
        ("Service/web", "Pod/p"),
        id="endpoints: missing",
    ),
    pytest.param(
        "slices-hold-pods-when-settled",
        cluster(service(), pod("p", ip=IP, ready=False), slices(endpoint("p", IP))),
        ("Service/web", "Pod/p"),
        id="endpoints: ready, and the pod is not",
    ),
    pytest.param(
        "slices-hold-pods-when-settled",
        cluster(service(), pod("p", ip=IP, **GOING), slices(endpoint("p", IP))),
        ("Service/web", "Pod/p"),
        id="endpoints: not terminating, and the pod is",
    ),
    pytest.param(
        "slices-hold-pods-when-settled",
        cluster(service(), pod("p", ip=IP, phase="Failed"), slices(endpoint("p", IP))),
        ("Service/web", "Pod/p"),
        id="endpoints: of a pod that has ended",
    ),
    pytest.param(
        "slices-hold-pods-when-settled",
        cluster(
            service(publishNotReadyAddresses=True),
            pod("p", ip=IP, ready=False),
            slices(endpoint("p", IP, serving=False)),
        ),
        (),
        id="endpoints: published though not ready",
    ),
    pytest.param(
        "service-addresses-unique", cluster(service(), service("api", "10.96.0.11")), (), id="cluster IPs: two"
    ),
    pytest.param(
        "service-addresses-unique",
        cluster(service(), service("api")),
        ("Service/api", "Service/web"),
        id="cluster IPs: one for two",
    ),
    pytest.param("service-keeps-an-endpoint", cluster(service(), slices(endpoint("p", IP))), (), id="endpoint: one"),
    pytest.param(
        "service-keeps-an-endpoint",
        cluster(service(), deployment(1), slices(endpoint("p", IP, ready=False))),
        ("Service/web",),
        id="endpoint: none that is ready",
    ),
    pytest.param("service-keeps-an-endpoint", cluster(service(), deployment(0)), (), id="endpoint: none is wanted"),
    pytest.param(
        "service-reached-from-every-node",
        cluster(service(), pod("p", ip=IP), slices(endpoint("p", IP)), runs=[("n1", "p", "p")]),
        (),
        id="reached: from both nodes",
    ),
    pytest.param(
        "service-reached-from-every-node",
        cluster(service(), pod("p", ip=IP), runs=[("n1", "p", "p")]),
        ("Service/web", "Node/n1"),
        id="reached: no endpoint",
    ),
    pytest.param(
        "service-reached-from-every-node",
        cluster(
            service(internalTrafficPolicy="Local"), pod("p", ip=IP), slices(endpoint("p", IP)), runs=[("n1", "p", "p")]
        ),
        ("Service/web", "Node/n2"),
        id="reached: from one node only",
    ),
    pytest.param(
        "service-reached-from-every-node",
        cluster(service(), pod("p", ip=IP), pod("q"), slices(endpoint("q", IP)), runs=[("n1", "p", "p")]),
        ("Service/web", "Node/n1"),
        id="reached: what is behind the address does not run",
    ),
]

BUDGETS = [
    pytest.param("budget-counts-when-settled", cluster(budget(1, 2), pod("p"), pod("q")), (), id="budget: one may go"),
    pytest.param(
        "budget-counts-when-settled",
        cluster(budget(1, 2), pod("p"), pod("q", ready=False)),
        ("PodDisruptionBudget/web", "Pod/p", "Pod/q"),
        id="budget: an unready pod counts as healthy",
    ),
    pytest.param(
        "budget-counts-when-settled",
        cluster(
            deployment(3), replica_set(3, owner=True), budget(0, 2, desired=2, maxUnavailable="10%"), pod("p"), pod("q")
        ),
        (),
        id="budget: a tenth of three is one",
    ),
    pytest.param(
        "budget-counts-when-settled",
        cluster(
            deployment(3), replica_set(3, owner=True), budget(1, 2, desired=1, maxUnavailable="34%"), pod("p"), pod("q")
        ),
        (),
        id="budget: a third and a bit of three is two",
    ),
    pytest.param("evictions-are-paid", evicted(1, budget(0, 2, disrupted=["p"])), (), id="eviction: paid"),
    pytest.param(
        "evictions-are-paid", evicted(1), ("Pod/p", "PodDisruptionBudget/web"), id="eviction: nothing was taken"
    ),
    pytest.param(
        "evictions-are-paid",
        evicted(0, budget(-1, 2, disrupted=["p"])),
        ("Pod/p", "PodDisruptionBudget/web"),
        id="eviction: more than there was",
    ),
    pytest.param(
        "budgets-keep-enough-healthy",
        evicted(1, pod("q")),
        (),
        id="healthy: one stays",
    ),
    pytest.param(
        "budgets-keep-enough-healthy",
        evicted(1, pod("q", ready=False)),
        ("PodDisruptionBudget/web", "Pod/p"),
        id="healthy: none stays",
    ),
]


@pytest.mark.parametrize(("name", "state", "culprits"), [*REPLICAS, *DEPLOYMENTS, *SERVICES, *BUDGETS])
def test_an_invariant_of_workloads_blames_who_breaks_it(name, state, culprits):
    """Nobody where it holds, and else the objects, in order."""
    assert blamed(name, state) == culprits


@pytest.mark.parametrize(
    ("name", "state"),
    [
        pytest.param("pods-within-replicas", cluster(ONE, pod("p")), id="a full ReplicaSet"),
        pytest.param("replicas-as-wanted-when-settled", cluster(ONE), id="a settled ReplicaSet"),
        pytest.param("replicas-within-surge", cluster(deployment(2), ONE, NEW), id="two ReplicaSets that want pods"),
        pytest.param("rollouts-keep-available", shrunk(2), id="an available pod that was taken away"),
        pytest.param("one-replicaset-a-template", cluster(deployment(1), ONE, NEW), id="two ReplicaSets"),
        pytest.param(
            "deployment-status-sums-when-settled", cluster(deployment(1), ONE, NEW), id="two that are settled"
        ),
        pytest.param("what-is-asked-of-deployments-stays", cluster(deployment(1), deployment(2)), id="a scaling"),
        pytest.param("every-rollout-ends", cluster(deployment(1)), id="a rollout"),
        pytest.param("all-workloads-available", cluster(deployment(1)), id="pods that are missing"),
        pytest.param("every-drain-ends", by_hand(cluster()), id="a drain"),
        pytest.param("slices-hold-pods-when-settled", cluster(service(), pod("p", ip=IP)), id="an endpoint"),
        pytest.param("service-addresses-unique", cluster(service(), service("api", "10.96.0.9")), id="two Services"),
        pytest.param("service-keeps-an-endpoint", cluster(service(), slices(endpoint("p", IP))), id="a ready endpoint"),
        pytest.param(
            "service-reached-from-every-node",
            cluster(service(), pod("p"), runs=[("n1", "p", "p")]),
            id="a pod that runs",
        ),
        pytest.param("budget-counts-when-settled", cluster(budget(1, 2)), id="a budget that allows something"),
        pytest.param("evictions-are-paid", evicted(1), id="an eviction"),
    ],
)
def test_an_invariant_of_workloads_is_put_to_the_test(name, state):
    """The witness tells the states in which it says something."""
    assert witnessed(name, state)
    assert not witnessed(name, cluster())


def test_a_scaling_may_take_more_away_than_a_rollout():
    """The promise is that of a rollout: who asks for less gets less, and the annotation tells the two apart."""
    old = replica_set(2, owner=True, status={"availableReplicas": 2})
    old = changed(old, annotations={DESIRED: "5"})
    state = cluster(deployment(2), old, {**old, "spec": {**old["spec"], "replicas": 0}})

    assert blamed("rollouts-keep-available", state) == ()


def test_without_a_log_the_past_is_no_excuse():
    """A ReplicaSet that has wanted more is excused by the log alone."""
    state = cluster(TWO, pod("p"), pod("q"), ONE)

    assert blamed("pods-within-replicas", forgotten(state)) == ("ReplicaSet/web", "Pod/p", "Pod/q")
