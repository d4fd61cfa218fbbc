"""The HorizontalPodAutoscaler controller in a cluster."""

from __future__ import annotations

import attrs
import pytest

from kcore.api.convert import to_wire
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.cluster.target import Target
from kcore.cluster.timing import Timing
from kcore.controllers.podautoscaler import podautoscaler
from kcore.controllers.podautoscaler.horizontal import RESYNC_PERIOD
from kcore.errors import MisuseError
from kcore.faults.node_cut_off import NodeCutOff
from kcore.model import START, NodeSpec, Plan, advance, boot, build_model
from kcore.model.components import COMPONENTS
from kcore.users.apply import Apply
from kcore.users.load import LoadSet
from kcore.users.patch import Scale
from kcore.world.metrics import SOURCES, Answer, Gauge, Load, Metrics, PodMetric

FAMILY = "horizontal-pod-autoscaler-controller"
NEEDED = {
    "deployment-controller",
    "replicaset-controller",
    "statefulset-controller",
    "garbage-collector-controller",
    "scheduler",
    "kubelet",
}
OTHERS = tuple(one for one in COMPONENTS if one.family in NEEDED)
CAPACITY = FrozenMap({"cpu": "32", "memory": "32Gi", "pods": "110"})
LABELS = FrozenMap({"app": "web"})
WEB = ObjectKey("Deployment", "default", "web")
HPA = ObjectKey("HorizontalPodAutoscaler", "default", "web")
CPU = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}


def workload(replicas, kind="Deployment", limit=None, name="web"):
    resources = {"requests": {"cpu": "100m"}} | ({"limits": {"cpu": limit}} if limit else {})
    container = {"name": "c", "image": "web:1", "resources": resources}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    body = {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    return Json.of({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": body})


def autoscaler(*metrics, kind="Deployment", name="web", most=10, target="web", version="apps/v1", **spec):
    body = {
        "minReplicas": 1,
        "maxReplicas": most,
        "scaleTargetRef": {"apiVersion": version, "kind": kind, "name": target},
        "metrics": list(metrics),
        **spec,
    }
    return Json.of(
        {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": name}, "spec": body}
    )


def cluster(*objects, milli=0, gauges=(), source="shared", sources=SOURCES, timing=Timing.PROMPT, nodes=1):
    loads = (Load(name="visitors", labels=LABELS, milli=milli),)
    metrics = Metrics(loads=loads, gauges=tuple(gauges), source=source)
    model = build_model((*OTHERS, podautoscaler(sources)))
    plan = Plan(
        nodes=[NodeSpec(name=f"n{at}", capacity=CAPACITY) for at in range(nodes)], metrics=metrics, timing=timing
    )
    return model, model.step(boot(model, plan), Apply(objects=objects)).state


def after(model, state, seconds):
    return advance(model, state, START + seconds * 1000)


def size(state, key=WEB):
    return state.store.get(key).spec.replicas


def conditions(state, key=HPA):
    return {one.type: (one.status, one.reason) for one in state.store.get(key).status.conditions}


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet", "StatefulSet"])
@pytest.mark.parametrize("timing", [Timing.PROMPT, Timing.LAGGING])
def test_a_workload_of_any_kind_gets_the_size_that_its_load_asks_for(kind, timing):
    """250m at half of 100m a pod is five pods."""
    model, state = cluster(workload(2, kind), autoscaler(CPU, kind=kind), milli=250, timing=timing)

    assert size(after(model, state, 120), ObjectKey(kind, "default", "web")) == 5


def test_nothing_happens_before_the_first_look_nor_between_two():
    """A new autoscaler waits, and a changed one does, too."""
    model, state = cluster(workload(1), autoscaler(CPU), milli=400)
    early = after(model, state, RESYNC_PERIOD // 1000)
    late = after(model, early, RESYNC_PERIOD // 1000 + 1)

    assert (size(early), size(late)) == (1, 4)


def test_a_size_follows_the_load_up_at_once_and_down_after_five_minutes():
    """What is asked of the pods changes, and nobody tells the controller."""
    model, state = cluster(workload(2), autoscaler(CPU), milli=250)
    grown = after(model, model.step(after(model, state, 120), LoadSet("visitors", 500)).state, 180)
    assert size(grown) == 10

    less = model.step(grown, LoadSet("visitors", 100)).state
    assert size(after(model, less, 400)) == 10
    assert size(after(model, less, 600)) == 2


def test_a_constant_load_comes_to_rest():
    """No object changes any more but the leases of the nodes."""
    model, state = cluster(workload(2), autoscaler(CPU), milli=250)
    once, again = after(model, state, 900), after(model, state, 1200)

    assert again.last_change == once.last_change


def test_pods_use_no_more_than_their_limits():
    """So that a size can only double where a target is half of the limit."""
    model, state = cluster(workload(1, limit="100m"), autoscaler(CPU), milli=100_000)

    assert size(after(model, state, 20)) == 2


def test_a_target_of_size_zero_is_left_alone():
    """A person has turned it off."""
    model, state = cluster(workload(2), autoscaler(CPU), milli=250)
    target = Target(kind="Deployment", namespace="default", name="web")
    off = after(model, model.step(after(model, state, 60), Scale(target=target, replicas=0)).state, 120)

    assert size(off) == 0
    assert conditions(off)["ScalingActive"] == ("False", "ScalingDisabled")


def test_a_target_that_is_not_there_is_said_so():
    """Also when no such kind is served."""
    model, state = cluster(autoscaler(CPU), autoscaler(CPU, name="odd", kind="Widget", version="example.com/v1"))
    looked = after(model, state, 20)

    assert conditions(looked) == {"AbleToScale": ("False", "FailedGetScale")}
    assert conditions(looked, HPA._replace(name="odd")) == {"AbleToScale": ("False", "FailedGetScale")}


def test_a_target_without_requests_is_said_so_and_keeps_its_size():
    """Utilization is a part of what is requested."""
    plain = {
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    }
    wire = workload(3).value
    bare = Json.of({**wire, "spec": {**wire["spec"], **plain}})
    model, state = cluster(bare, autoscaler(CPU), milli=900)
    looked = after(model, state, 60)

    assert size(looked) == 3
    assert conditions(looked)["ScalingActive"] == ("False", "FailedGetResourceMetric")
    assert to_wire(looked.store.get(HPA))["status"]["currentMetrics"] == [{"type": ""}]


def test_two_autoscalers_of_one_target_scale_it_no_more():
    """Neither knows which of them is meant."""
    model, state = cluster(workload(2), autoscaler(CPU), autoscaler(CPU, name="other"), milli=500)
    looked = after(model, state, 60)

    assert size(looked) == 2
    assert conditions(looked)["ScalingActive"] == ("False", "AmbiguousSelector")


def test_pods_on_a_node_that_is_cut_off_are_not_measured_and_count_as_on_target():
    """So that the size does not shrink to those that can be seen."""
    model, state = cluster(
        workload(4), autoscaler(CPU, behavior={"scaleDown": {"stabilizationWindowSeconds": 0}}), milli=200, nodes=2
    )
    settled = after(model, state, 60)
    assert size(settled) == 4

    lost = model.step(attrs.evolve(settled, budget=settled.budget.set("nodeCutOff", 1)), NodeCutOff("n1")).state
    assert size(after(model, lost, 90)) == 4


def gauge(kind, target, **source):
    name = {"metric": {"name": "depth"}}
    return {"type": kind, kind.lower(): {**name, "target": target, **source}}


OF = {"describedObject": {"apiVersion": "v1", "kind": "Service", "name": "web"}}


@pytest.mark.parametrize(
    ("metric", "of", "expected"),
    [
        pytest.param(
            gauge("External", {"type": "AverageValue", "averageValue": "2"}), "", 4, id="an external metric a pod"
        ),
        pytest.param(gauge("External", {"type": "Value", "value": "4"}), "", 4, id="an external metric in all"),
        pytest.param(
            gauge("Object", {"type": "AverageValue", "averageValue": "2"}, **OF),
            "Service/web",
            4,
            id="a metric of an object a pod",
        ),
        pytest.param(
            gauge("Object", {"type": "Value", "value": "4"}, **OF), "Service/web", 4, id="a metric of an object in all"
        ),
        pytest.param(
            gauge("External", {"type": "Value", "value": "4"}), "Service/web", 2, id="a metric of something else"
        ),
    ],
)
def test_a_gauge_asks_for_a_size(metric, of, expected):
    """Eight in the queue; two pods at the start."""
    depth = Gauge(name="queue", metric="depth", milli=8000, of=of)
    model, state = cluster(workload(2), autoscaler(metric), gauges=[depth])

    assert size(after(model, state, 20)) == expected


def test_the_metric_that_asks_for_most_decides():
    """And one that says nothing lets the size grow, but not shrink."""
    external = gauge("External", {"type": "AverageValue", "averageValue": "1"})
    depth = Gauge(name="queue", metric="depth", milli=7000)
    model, state = cluster(workload(2), autoscaler(CPU, external), milli=250, gauges=[depth])
    assert size(after(model, state, 60)) == 7

    model, state = cluster(workload(8), autoscaler(CPU, external), milli=250)
    silent = after(model, state, 400)
    assert size(silent) == 8
    assert conditions(silent)["ScalingActive"] == ("False", "FailedGetExternalMetric")


def test_a_source_of_ones_own_measures_the_world():
    """A function with a name takes the place of the metrics API; the state holds the name."""

    def by_minute(_world, _store, now, question):
        used = 100 if (now - START) // 60_000 else 25
        return Answer(pods={pod.metadata.name: PodMetric(used, now, 15_000) for pod in question.pods})

    model, state = cluster(workload(2), autoscaler(CPU), source="by minute", sources={"by minute": by_minute})

    assert size(after(model, state, 60)) == 2
    assert size(after(model, state, 70)) == 4


def test_a_source_that_there_is_none_of_is_a_mistake():
    """The error names it and those that there are."""
    model, state = cluster(workload(2), autoscaler(CPU), source="oracle")

    with pytest.raises(MisuseError, match=r"'oracle'.*only shared"):
        after(model, state, 60)


def test_a_load_of_another_name_is_refused():
    """Nothing changes."""
    model, state = cluster(workload(2))

    assert "no load of that name" in str(model.step(state, LoadSet("strangers", 1)))
