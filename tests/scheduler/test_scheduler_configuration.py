"""A KubeSchedulerConfiguration as profiles: what it enables, weighs and configures, and what is wrong with it."""

from __future__ import annotations

import attrs
import pytest
import yaml

from kcore.api.convert import from_wire
from kcore.apiserver.store import Store
from kcore.errors import InputError
from kcore.scheduler.cache import snapshot_of
from kcore.scheduler.configuration import read_configuration
from kcore.scheduler.explain import explain
from kcore.scheduler.framework import Plugin, QueueSort
from kcore.scheduler.podinfo import pod_info
from kcore.scheduler.profile import DEFAULT_PROFILE

HEAD = {"apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration"}


def read(text, **own):
    """The profiles of a file with these lines after its head."""
    return read_configuration({**HEAD, **(yaml.safe_load(text) or {})}, **own)


def profile(text, **own):
    return read(text, **own).profiles[0]


def names(plugins):
    return [one.name for one in plugins]


def test_nothing_said_is_the_default_profile():
    """The same plugins in the same order, with the same weights and functions."""
    found = profile("")

    assert found == attrs.evolve(DEFAULT_PROFILE, weights=found.weights)
    assert found.weights == DEFAULT_PROFILE.weights


def test_a_plugin_is_disabled_at_one_point_or_at_all():
    """Off at score it filters on; off at multiPoint it is gone; a star is all of them."""
    no_score = profile("profiles: [{plugins: {score: {disabled: [{name: NodeResourcesFit}]}}}]")
    gone = profile("profiles: [{plugins: {multiPoint: {disabled: [{name: NodeResourcesFit}]}}}]")
    none = profile("profiles: [{plugins: {score: {disabled: [{name: '*'}]}}}]")
    (fit,) = [one for one in no_score.plugins if one.name == "NodeResourcesFit"]

    assert (fit.score, fit.filter is None) == (None, False)
    assert "NodeResourcesFit" not in names(gone.plugins)
    assert not any(one.score for one in (*none.plugins, *none.counting))
    assert "NodeResourcesBalancedAllocation" not in names(none.plugins)


def test_weights_are_those_of_the_point_before_those_of_all():
    """A weight at score beats one at multiPoint, which beats the default one."""
    found = profile("""
profiles:
- plugins:
    multiPoint: {enabled: [{name: ImageLocality, weight: 7}, {name: NodeAffinity, weight: 5}]}
    score: {enabled: [{name: NodeAffinity, weight: 9}]}
""")

    assert (found.weights["ImageLocality"], found.weights["NodeAffinity"], found.weights["TaintToleration"]) == (
        7,
        9,
        3,
    )


def test_what_is_enabled_at_a_point_filters_first():
    """The order of filters is that of the list, the rest of the default plugins after."""
    found = profile("profiles: [{plugins: {filter: {enabled: [{name: NodePorts}, {name: NodeName}]}}}]")

    assert names(found.plugins)[:3] == ["NodePorts", "NodeName", "NodeUnschedulable"]


def test_a_plugin_of_ones_own_is_enabled_by_its_name():
    """It stands after the default ones, with the weight that it is given."""
    mine = Plugin(name="Mine", score=lambda _, __: 1)
    order = QueueSort(name="Newest", rank=lambda _: 0)
    found = profile(
        "profiles: [{plugins: {score: {enabled: [{name: Mine, weight: 4}]}, queueSort: {enabled: [{name: Newest}]}}}]",
        plugins=[mine],
        queue_sorts=[order],
    )

    assert (names(found.plugins)[-1], found.weights["Mine"], found.queue_sort) == ("Mine", 4, order)


def test_several_profiles_share_what_is_said_of_all():
    """A profile may say of itself how many nodes it scores."""
    found = read("""
percentageOfNodesToScore: 40
podInitialBackoffSeconds: 2
podMaxBackoffSeconds: 20
parallelism: 4
profiles: [{schedulerName: a}, {schedulerName: b, percentageOfNodesToScore: 70}]
""")

    assert [(one.scheduler_name, one.percentage_of_nodes_to_score) for one in found.profiles] == [("a", 40), ("b", 70)]
    assert (found.initial_backoff, found.max_backoff) == (2000, 20_000)


# What arguments do


def node(name, cpu="4", memory="4Gi", labels=None, **more):
    allocatable = {"cpu": cpu, "memory": memory, "pods": "10", **more}
    meta = {"name": name, "labels": {"kubernetes.io/hostname": name, **(labels or {})}}
    return from_wire({"apiVersion": "v1", "kind": "Node", "metadata": meta, "status": {"allocatable": allocatable}})


def pod(name="p", on="", labels=None, requests=None, **spec):
    containers = [{"name": "c", "resources": {"requests": requests or {"cpu": "1", "memory": "1Gi"}}}]
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "default", "labels": labels or {}},
            "spec": {"nodeName": on, "containers": containers, **spec},
        }
    )


def told(args, asking, *objects):
    """What a profile with these arguments says of each node."""
    found = profile(yaml.safe_dump({"profiles": [{"pluginConfig": [args]}]}))
    snapshot = snapshot_of(Store.of(objects))
    return {one.node: one for one in explain(pod_info(asking, snapshot.owners), snapshot, found).nodes}


def fit(**strategy):
    return {"name": "NodeResourcesFit", "args": {"scoringStrategy": strategy}}


RATIO = {
    "shape": [
        {"utilization": 0, "score": 0},
        {"utilization": 50, "score": 10},
        {"utilization": 100, "score": 2},
    ]
}


@pytest.mark.parametrize(
    ("args", "empty", "half"),
    [
        pytest.param(fit(type="LeastAllocated"), 75, 50, id="the emptier is better"),
        pytest.param(fit(type="MostAllocated"), 25, 50, id="the fuller is better"),
        pytest.param(
            fit(type="MostAllocated", resources=[{"name": "cpu", "weight": 3}, {"name": "gpu.io/x", "weight": 9}]),
            25,
            50,
            id="resources that are not asked for do not count",
        ),
        pytest.param(
            fit(type="RequestedToCapacityRatio", requestedToCapacityRatio=RATIO), 50, 100, id="by the points of a line"
        ),
    ],
)
def test_a_strategy_scores_the_use_of_resources(args, empty, half):
    """Of a quarter in use, and of a half."""
    nodes = told(args, pod(), node("n1"), node("n2"), pod("q", on="n2"))

    assert [nodes[name].scores["NodeResourcesFit"] for name in ("n1", "n2")] == [empty, half]


def test_a_line_falls_where_the_shape_does():
    """Three quarters in use lie between the points at a half and at all of it."""
    args = fit(type="RequestedToCapacityRatio", requestedToCapacityRatio=RATIO)
    nodes = told(args, pod(requests={"cpu": "3", "memory": "3Gi"}), node("n1"), node("n2"))

    assert nodes["n1"].scores["NodeResourcesFit"] == 60


@pytest.mark.parametrize(
    ("args", "fits"),
    [
        pytest.param({}, False, id="by default"),
        pytest.param({"ignoredResources": ["gpu.io/x"]}, True, id="by name"),
        pytest.param({"ignoredResourceGroups": ["gpu.io"]}, True, id="by group"),
        pytest.param({"ignoredResources": ["cpu"]}, False, id="native ones never"),
    ],
)
def test_extended_resources_may_be_left_to_others(args, fits):
    """A resource that is ignored keeps no pod off a node."""
    asking = pod(requests={"cpu": "1", "gpu.io/x": "1"})
    nodes = told({"name": "NodeResourcesFit", "args": args}, asking, node("n1"))

    assert (nodes["n1"].rejection is None) == fits


def test_an_affinity_may_be_added_to_that_of_every_pod():
    """A node that it does not match is refused in the scheduler's name."""
    term = {"matchExpressions": [{"key": "pool", "operator": "In", "values": ["a"]}]}
    added = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    args = {"name": "NodeAffinity", "args": {"addedAffinity": added}}
    nodes = told(args, pod(), node("n1"), node("n2", labels={"pool": "a"}))

    assert nodes["n1"].rejection.reasons == ("node(s) didn't match scheduler-enforced node affinity",)
    assert nodes["n2"].rejection is None


def test_pods_without_constraints_are_spread_as_the_profile_says():
    """Here: strictly over hosts, with the pods of their Services."""
    constraint = {"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule"}
    args = {"name": "PodTopologySpread", "args": {"defaultingType": "List", "defaultConstraints": [constraint]}}
    service = from_wire(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "s", "namespace": "default"},
            "spec": {"selector": {"app": "a"}},
        }
    )
    placed = pod("q", on="n1", labels={"app": "a"})
    nodes = told(args, pod(labels={"app": "a"}), node("n1"), node("n2"), service, placed)

    assert nodes["n1"].rejection.plugin == "PodTopologySpread"
    assert nodes["n2"].rejection is None


@pytest.mark.parametrize(("weight", "scores"), [pytest.param(0, [], id="nothing"), pytest.param(9, [200], id="much")])
def test_a_demand_of_a_placed_pod_counts_as_the_profile_says(weight, scores):
    """A pod that demands this one near makes its node better."""
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "a"}}}
    wanting = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    args = {"name": "InterPodAffinity", "args": {"hardPodAffinityWeight": weight}}
    nodes = told(args, pod(labels={"app": "a"}), node("n1"), node("n2"), pod("q", on="n1", affinity=wanting))

    assert [score for name, score in nodes["n1"].scores.items() if name == "InterPodAffinity"] == scores


# What is wrong


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("profile: []", "unknown field 'profile' (did you mean profiles?)", id="a misspelt field"),
        pytest.param(
            "profiles: [{plugins: {filter: {enabled: [{name: NodePort}]}}}]",
            "profiles[0].plugins.filter.enabled[0].name: unknown plugin 'NodePort' (did you mean NodePorts?)",
            id="a misspelt plugin",
        ),
        pytest.param(
            "profiles: [{plugins: {score: {enabled: [{name: NodeName}]}}}]",
            "profiles[0].plugins.score: NodeName does not extend score; expected one that does",
            id="a plugin at a point that it does not extend",
        ),
        pytest.param(
            "percentageOfNodesToScore: 101",
            "percentageOfNodesToScore: percentageOfNodesToScore is 101; expected a whole number from 0 to 100",
            id="a number out of bounds",
        ),
        pytest.param(
            "extenders: [{urlPrefix: x}]",
            "extenders: extenders is not modelled; expected plugins in their place",
            id="what is not modelled",
        ),
        pytest.param(
            "profiles: [{pluginConfig: [{name: NodeResourcesFit, args: {scoringStrategy: {type: Best}}}]}]",
            "profiles[0].pluginConfig[0].args.scoringStrategy.type: type is 'Best'; "
            "expected one of LeastAllocated, MostAllocated, RequestedToCapacityRatio",
            id="an unknown strategy",
        ),
        pytest.param(
            "profiles: [{pluginConfig: [{name: VolumeBinding, args: {bindTimeoutSeconds: 5}}]}]",
            "profiles[0].pluginConfig[0].args: the arguments of VolumeBinding are not modelled; expected those of "
            "DefaultPreemption, InterPodAffinity, NodeAffinity, NodeResourcesBalancedAllocation, NodeResourcesFit, "
            "PodTopologySpread",
            id="arguments that nobody reads",
        ),
        pytest.param("kind: Pod", "kind: kind is 'Pod'; expected one of KubeSchedulerConfiguration", id="another kind"),
        pytest.param("profiles: 5", "profiles: 5 is not a list; expected a list of mappings", id="no list"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text, message):
    """The path of the field, what is there, and what was expected."""
    with pytest.raises(InputError) as found:
        read(text)

    assert str(found.value) == message
