"""A KubeSchedulerConfiguration as profiles: what it enables, weighs and configures, and what is wrong with it."""

from __future__ import annotations

import attrs
import pytest
import yaml

from kcore.api.convert import from_wire, to_wire
from kcore.api.json import Json
from kcore.apiserver.store import Store
from kcore.errors import InputError, Place
from kcore.scheduler.cache import snapshot_of
from kcore.scheduler.configuration import profiles_of, read_configuration
from kcore.scheduler.explain import explain
from kcore.scheduler.extensionpoints import extends
from kcore.scheduler.framework import LifecyclePlugin, Plugin, QueueSort
from kcore.scheduler.podinfo import pod_info
from kcore.scheduler.profile import DEFAULT_PROFILE, DEFAULT_PROFILES
from kcore.scheduler.schedule_one import schedule

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
        """
profiles:
- plugins:
    score: {enabled: [{name: Mine, weight: 4}]}
    queueSort: {enabled: [{name: Newest}], disabled: [{name: PrioritySort}]}
""",
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


EVERY_POINT = (
    "preEnqueue",
    "preFilter",
    "filter",
    "postFilter",
    "preScore",
    "score",
    "reserve",
    "permit",
    "preBind",
    "bind",
    "postBind",
)


def at(point, **sets):
    """A profile that says this of one extension point."""
    return profile(yaml.safe_dump({"profiles": [{"plugins": {point: sets}}]}))


def by_name(found):
    return {one.name: one for one in (*found.plugins, *found.counting, *found.lifecycle)}


@pytest.mark.parametrize("point", EVERY_POINT)
def test_what_is_disabled_and_enabled_again_at_a_point_is_there_once(point):
    """Everything off but what stands there by default: nothing has changed but, at most, the order."""
    default = DEFAULT_PROFILE.weights
    there = [name for name, one in by_name(DEFAULT_PROFILE).items() if extends(one, point)]
    enabled = [{"name": name, **({"weight": default[name]} if name in default else {})} for name in there]
    found = at(point, enabled=enabled, disabled=[{"name": "*"}])

    assert by_name(found) == by_name(DEFAULT_PROFILE)


def test_what_is_disabled_and_enabled_at_a_point_comes_after_the_rest():
    """To enable it alone would put it first."""
    one = [{"name": "NodeUnschedulable"}]

    assert names(at("filter", enabled=one, disabled=one).plugins)[-2:] == [
        "NodeUnschedulable",
        "NodeResourcesBalancedAllocation",
    ]


def test_without_its_pre_filter_node_affinity_names_no_nodes_and_filters_on():
    """The pre-filter alone leaves nodes out by name; the filter alone asks each node."""
    only_filter = by_name(at("preFilter", disabled=[{"name": "NodeAffinity"}]))["NodeAffinity"]
    only_pre_filter = by_name(at("filter", disabled=[{"name": "NodeAffinity"}]))["NodeAffinity"]

    assert (only_filter.names, only_filter.filter is None) == (None, False)
    assert (only_pre_filter.names is None, only_pre_filter.filter) == (False, None)


def test_without_its_filter_volume_binding_is_gone_only_as_a_whole():
    """Disabled everywhere it neither filters nor refuses nor binds."""
    assert "VolumeBinding" not in by_name(at("multiPoint", disabled=[{"name": "VolumeBinding"}]))


def test_a_score_that_is_compared_is_disabled_with_its_comparison():
    """The other plugins score as they did."""
    found = at("score", disabled=[{"name": "TaintToleration"}])
    warned = from_wire({**to_wire(node("n1")), "spec": {"taints": [{"key": "a", "effect": "PreferNoSchedule"}]}})
    snapshot = snapshot_of(Store.of([warned, node("n2", "2")]))
    info = pod_info(pod(), snapshot.owners)
    told = {one.node: one.scores for one in explain(info, snapshot, found).nodes}
    default = {one.node: one.scores for one in explain(info, snapshot, DEFAULT_PROFILE).nodes}

    assert told == {
        name: {k: v for k, v in scores.items() if k != "TaintToleration"} for name, scores in default.items()
    }
    assert schedule(info, snapshot, found).node == "n1"
    assert schedule(info, snapshot, DEFAULT_PROFILE).node == "n2"


def test_plugins_bind_and_make_room_in_the_order_of_the_file():
    """The built-in binder is asked first unless it is disabled and enabled after the other."""
    mine = LifecyclePlugin(name="Mine", bind=lambda _, __: None)
    after = read(yaml.safe_dump({"profiles": [{"plugins": {"bind": {"enabled": [{"name": "Mine"}]}}}]}), plugins=[mine])
    both = {"enabled": [{"name": "Mine"}, {"name": "DefaultBinder"}], "disabled": [{"name": "*"}]}
    before = read(yaml.safe_dump({"profiles": [{"plugins": {"bind": both}}]}), plugins=[mine])

    assert names(after.profiles[0].lifecycle)[-2:] == ["DefaultBinder", "Mine"]
    assert names(before.profiles[0].lifecycle)[-2:] == ["Mine", "DefaultBinder"]


def test_a_configuration_is_read_once():
    """The same one gives the same profiles, an empty one the default ones."""
    configuration = Json.of({**HEAD, "profiles": [{"schedulerName": "a"}]})

    assert profiles_of(configuration) is profiles_of(Json.of(configuration.value))
    assert profiles_of(Json()) is DEFAULT_PROFILES


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


def test_a_pod_waits_for_its_volumes_as_long_as_the_profile_says():
    """In seconds; ten minutes by default."""
    args = {"name": "VolumeBinding", "args": {"bindTimeoutSeconds": 5}}

    assert profile(yaml.safe_dump({"profiles": [{"pluginConfig": [args]}]})).bind_timeout == 5000
    assert profile("").bind_timeout == 600_000


def test_arguments_may_say_whose_they_are():
    """As `kubectl` prints them, with apiVersion and kind; those of devices are read over."""
    ours = {"apiVersion": HEAD["apiVersion"], "kind": "InterPodAffinityArgs", "hardPodAffinityWeight": 3}
    given = [{"name": "InterPodAffinity", "args": ours}, {"name": "DynamicResources", "args": {"filterTimeout": "5s"}}]

    assert names(profile(yaml.safe_dump({"profiles": [{"pluginConfig": given}]})).counting) == names(
        DEFAULT_PROFILE.counting
    )


# What is wrong


def said(text):
    """What is said of a configuration that is refused."""
    with pytest.raises(InputError) as found:
        read(text)
    return str(found.value)


def plugins(text):
    return f"profiles: [{{plugins: {{{text}}}}}]"


def config(name, args):
    return f"profiles: [{{pluginConfig: [{{name: {name}, args: {args}}}]}}]"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("profile: []", "profile: unknown field 'profile' (did you mean profiles?)", id="a misspelt field"),
        pytest.param(
            "percentageOfNodesToScore: 101",
            "percentageOfNodesToScore: percentageOfNodesToScore is 101; expected a whole number from 0 to 100",
            id="a number out of bounds",
        ),
        pytest.param("parallelism: 0", "parallelism: parallelism is 0; expected a whole number from 1", id="nobody"),
        pytest.param(
            "extenders: [{urlPrefix: x}]",
            "extenders: extenders is not modelled; expected plugins in their place",
            id="what is not modelled",
        ),
        pytest.param("kind: Pod", "kind: kind is 'Pod'; expected one of KubeSchedulerConfiguration", id="another kind"),
        pytest.param("profiles: 5", "profiles: 5 is not a list; expected a list of mappings", id="no list"),
        pytest.param(
            "profiles: [{schedulerName: a}, {schedulerName: a}]",
            "profiles[1].schedulerName: two profiles are named 'a'; expected a name of its own for each profile",
            id="two profiles of one name",
        ),
        pytest.param(
            "profiles: [{schedulerName: a}, {}]",
            "profiles[1]: schedulerName is missing; expected a name",
            id="a profile among others without a name",
        ),
        pytest.param(
            "{podInitialBackoffSeconds: 5, podMaxBackoffSeconds: 4}",
            "podMaxBackoffSeconds: podMaxBackoffSeconds is 4; expected a whole number from 5",
            id="a longest back-off below the first",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text, message):
    """The path of the field, what is there, and what was expected."""
    assert said(text).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "filter: {enabled: [{name: NodePort}]}",
            "filter.enabled[0].name: unknown plugin 'NodePort' (did you mean NodePorts?)",
            id="a misspelt plugin",
        ),
        pytest.param(
            "score: {disabled: [{name: ImageLocalty}]}",
            "score.disabled[0].name: unknown plugin 'ImageLocalty' (did you mean ImageLocality?)",
            id="a misspelt plugin that is disabled",
        ),
        pytest.param(
            "score: {enabled: [{name: NodeName}]}",
            "score.enabled[0].name: NodeName does not extend score; expected one of TaintToleration, NodeAffinity",
            id="a plugin at a point that it does not extend",
        ),
        pytest.param(
            "filter: {enabled: [{name: EBSLimits}]}",
            "filter.enabled[0].name: EBSLimits is gone since v1; expected another plugin, or nothing",
            id="a plugin of long ago",
        ),
        pytest.param(
            "permit: {enabled: [{name: GangScheduling}]}",
            "permit.enabled[0].name: GangScheduling is not modelled; expected another plugin, or nothing",
            id="a plugin that kcore has not",
        ),
        pytest.param(
            "filter: {enabled: [{weight: 1}]}", "filter.enabled[0]: name is missing; expected a name", id="no name"
        ),
        pytest.param(
            "filter: {enabled: [{name: NodeName}, {name: NodeName}]}",
            "filter.enabled[1].name: NodeName is enabled twice; expected each plugin once",
            id="a plugin twice",
        ),
        pytest.param(
            "preFilter: {disabled: [{name: NodePorts}]}",
            "preFilter: NodePorts needs at filter what it finds at preFilter; "
            "expected NodePorts enabled at preFilter too, or at neither",
            id="a filter without what it reads",
        ),
        pytest.param(
            "preScore: {disabled: [{name: '*'}]}",
            "preScore: TaintToleration needs at score what it finds at preScore; ",
            id="a score without what it reads",
        ),
        pytest.param(
            "reserve: {disabled: [{name: VolumeBinding}]}",
            "reserve: VolumeBinding at filter and preBind alone; ",
            id="half a plugin",
        ),
        pytest.param(
            "queueSort: {disabled: [{name: PrioritySort}]}",
            "queueSort: the queue is sorted by 0 plugins: none; expected one; disable those that are not to",
            id="nobody who sorts",
        ),
        pytest.param(
            "bind: {disabled: [{name: '*'}]}",
            "bind: no plugin binds pods; expected at least one, as DefaultBinder",
            id="nobody who binds",
        ),
    ],
)
def test_plugins_that_can_not_be_meant_are_named_with_their_place(text, message):
    """Each in the section `plugins` of its profile."""
    assert said(plugins(text)).startswith(f"profiles[0].plugins.{message}")


@pytest.mark.parametrize(
    ("name", "args", "message"),
    [
        pytest.param(
            "NodeResourcesFit",
            "{scoringStrategy: {type: Best}}",
            "scoringStrategy.type: type is 'Best'; expected one of LeastAllocated, MostAllocated, "
            "RequestedToCapacityRatio",
            id="an unknown strategy",
        ),
        pytest.param(
            "NodeResourcesFit",
            "{scoringStrategy: {type: RequestedToCapacityRatio}}",
            "scoringStrategy.requestedToCapacityRatio.shape: no shape is given; expected at least one point",
            id="a line without points",
        ),
        pytest.param(
            "NodeResourcesFit",
            "{scoringStrategy: {requestedToCapacityRatio: {shape: []}}}",
            "scoringStrategy.requestedToCapacityRatio: a shape is given for LeastAllocated; ",
            id="a line for another strategy",
        ),
        pytest.param(
            "NodeResourcesFit",
            "{scoringStrategy: {resources: [{name: cpu, weight: 101}]}}",
            "scoringStrategy.resources[0].weight: weight is 101; expected a whole number from 0 to 100",
            id="a resource that weighs too much",
        ),
        pytest.param(
            "NodeResourcesFit",
            "{ignoredResourceGroups: [a/b]}",
            "ignoredResourceGroups[0]: the group 'a/b'",
            id="a slash",
        ),
        pytest.param(
            "NodeResourcesBalancedAllocation",
            "{resources: [{name: cpu, weight: 2}]}",
            "resources[0].weight: weight is 2; expected a whole number from 0 to 1",
            id="a balance with weights",
        ),
        pytest.param(
            "VolumeBinding", "{bindTimeoutSeconds: -1}", "bindTimeoutSeconds: bindTimeoutSeconds is -1; ", id="no time"
        ),
        pytest.param(
            "VolumeBinding",
            "{shape: [{utilization: 0, score: 0}]}",
            "shape: shape is not modelled; expected none: StorageCapacityScoring is off",
            id="what a gate keeps off",
        ),
        pytest.param(
            "DefaultPreemption",
            "{minCandidateNodesPercentage: 0, minCandidateNodesAbsolute: 0}",
            "minCandidateNodesPercentage: no candidates are asked for; ",
            id="no candidates",
        ),
        pytest.param(
            "PodTopologySpread",
            "{defaultingType: List, defaultConstraints: "
            "[{maxSkew: 0, topologyKey: a, whenUnsatisfiable: DoNotSchedule}]}",
            "defaultConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
            id="a skew of nothing",
        ),
        pytest.param(
            "PodTopologySpread",
            "{defaultingType: List, defaultConstraints: [{maxSkew: one}]}",
            "defaultConstraints[0].maxSkew: 'one' stands here; expected ",
            id="a word for a number",
        ),
        pytest.param(
            "PodTopologySpread",
            "{defaultConstraints: [{maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule}]}",
            "defaultConstraints: defaultConstraints are given with the defaultingType System; ",
            id="constraints of the system's",
        ),
        pytest.param(
            "NodeAffinity",
            "{addedAffinity: {requiredDuringScheduling: {}}}",
            "addedAffinity.requiredDuringScheduling: unknown field 'requiredDuringScheduling'",
            id="a misspelt affinity",
        ),
        pytest.param(
            "NodeAffinity",
            "{addedAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: "
            "[{matchExpressions: [{key: a, operator: Near}]}]}}}",
            "addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0]"
            ".operator: ",
            id="an operator that there is not",
        ),
        pytest.param(
            "NodeAffinity", "{kind: Pod}", "kind: kind is 'Pod'; expected one of NodeAffinityArgs", id="a kind"
        ),
    ],
)
def test_arguments_that_can_not_be_meant_are_named_with_their_place(name, args, message):
    """Each in the arguments of its plugin."""
    assert said(config(name, args)).startswith(f"profiles[0].pluginConfig[0].args.{message}")


def test_a_plugin_without_arguments_is_given_none():
    """Those that take some are named."""
    assert said(config("NodeName", "{}")).startswith(
        "profiles[0].pluginConfig[0].args: NodeName takes no arguments; expected those of DefaultPreemption, "
    )


def test_the_queue_is_sorted_in_one_way_in_all_profiles():
    """They share it."""
    sort = {"queueSort": {"enabled": [{"name": "Newest"}], "disabled": [{"name": "*"}]}}
    two = {"profiles": [{"schedulerName": "a"}, {"schedulerName": "b", "plugins": sort}]}
    with pytest.raises(
        InputError, match=r"profiles\[1\].plugins.queueSort: .* by Newest here and by PrioritySort before"
    ):
        read_configuration({**HEAD, **two}, queue_sorts=[QueueSort(name="Newest", rank=lambda _: 0)])


def test_what_is_wrong_is_found_in_its_file():
    """Whoever reads the file says where a path stands in it."""
    with pytest.raises(InputError, match=r"^s.yaml:3: percentageOfNodesToScore is -1; "):
        read_configuration(
            {**HEAD, "percentageOfNodesToScore": -1}, lambda path: Place(file="s.yaml", line=2 + len(path))
        )
