"""Events in a cluster that keeps them: who tells what of which object, how often, and for how long."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kcore.api.convert import to_wire
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.apiserver.eventsv1 import as_v1
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.request import Options, Request, Verb
from kcore.cluster.config import ClusterConfig
from kcore.cluster.fingerprint import Fingerprinter
from kcore.cluster.target import Target
from kcore.cluster.timing import Timing
from kcore.errors import Place
from kcore.faults.component_restarted import ComponentRestarted
from kcore.faults.node_cut_off import NodeCutOff
from kcore.faults.readiness_lost import ReadinessLost
from kcore.model import NodeSpec, Plan, advance, boot, build_model, components_of, settle
from kcore.optional.eventttl import FAMILY
from kcore.users.apply import Apply
from kcore.users.delete import Delete
from kcore.users.patch import Scale
from kcore.world.world import Behavior

CONFIG = ClusterConfig.from_wire({"events": True}, Place())
SILENT = ClusterConfig()
HOUR = 3_600_000
WEB = Target(kind="Deployment", namespace="default", name="web")
PODS = {name: Target(kind="Pod", namespace="default", name=name) for name in ("p", "p0", "p1", "p2")}


class Cluster:
    """Two nodes and whatever is done to them; `state` is as it was left."""

    def __init__(self, config=CONFIG, *behaviors, timing=Timing.PROMPT, nodes=2):
        self.model = build_model(components_of(config))
        capacity = FrozenMap({"cpu": "2", "memory": "8Gi", "pods": "110"})
        specs = tuple(NodeSpec(name=f"n{number + 1}", capacity=capacity) for number in range(nodes))
        self.state = boot(self.model, Plan(nodes=specs, config=config, behaviors=behaviors, timing=timing))

    def do(self, event):
        self.state = self.model.step(self.state, event).state
        self.state = settle(self.model, self.state).state

    def apply(self, *wires):
        self.do(Apply(objects=tuple(map(Json.of, wires))))

    def wait(self, milliseconds):
        self.state = advance(self.model, self.state, self.state.now + milliseconds)

    def events(self, kind, name=""):
        """The events about the objects of this kind and name, oldest first."""
        found = [
            event
            for event in self.state.store.list("Event")
            if event.involved_object.kind == kind and event.involved_object.name.startswith(name)
        ]
        return sorted(found, key=lambda event: int(event.metadata.name.rpartition(".")[2], 16))

    def told(self, kind, name=""):
        return [(event.reason, event.message) for event in self.events(kind, name)]


def pod(name="p", image="app:v1", **container):
    spec = {"containers": [{"name": "c", "image": image, **container}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def deployment(replicas=2):
    template = {"metadata": {"labels": {"app": "web"}}, "spec": pod()["spec"]}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


def test_a_pod_is_told_of_from_its_place_to_its_start():
    """The scheduler tells where it goes, the kubelet what becomes of its container."""
    cluster = Cluster()
    cluster.apply(pod())
    scheduled, *others = cluster.events("Pod", "p")

    assert (scheduled.reason, scheduled.type, scheduled.action) == ("Scheduled", "Normal", "Binding")
    assert scheduled.message == "Successfully assigned default/p to n1"
    assert (scheduled.reporting_component, scheduled.reporting_instance) == (
        "default-scheduler",
        "default-scheduler-m1",
    )
    assert [(one.reason, one.message) for one in others] == [
        ("Pulled", 'Container image "app:v1" already present on machine and can be accessed by the pod'),
        ("Created", "Container created"),
        ("Started", "Container started"),
    ]
    assert {(one.source.component, one.source.host, one.type) for one in others} == {("kubelet", "n1", "Normal")}
    assert {one.involved_object.field_path for one in others} == {"spec.containers{c}"}


def test_an_event_refers_to_its_object():
    """By kind, version, place, uid and the version of the object that was seen."""
    cluster = Cluster()
    cluster.apply(pod())
    found = cluster.state.store.get(ObjectKey("Pod", "default", "p"))
    about = cluster.events("Pod", "p")[0].involved_object

    assert (about.kind, about.api_version, about.namespace, about.name) == ("Pod", "v1", "default", "p")
    assert about.uid == found.metadata.uid
    assert 0 < int(about.resource_version) <= int(found.metadata.resource_version)


def test_a_deployment_is_told_of_at_each_step():
    """It tells how it scales its ReplicaSet, and that of each pod."""
    cluster = Cluster()
    cluster.apply(deployment())
    cluster.do(Scale(target=WEB, replicas=1))
    (of_replica_set,) = {event.involved_object.name for event in cluster.events("ReplicaSet")}

    assert cluster.told("Deployment") == [
        ("ScalingReplicaSet", f"Scaled up replica set {of_replica_set} from 0 to 2"),
        ("ScalingReplicaSet", f"Scaled down replica set {of_replica_set} from 2 to 1"),
    ]
    assert [reason for reason, _ in cluster.told("ReplicaSet")] == ["SuccessfulCreate"] * 2 + ["SuccessfulDelete"]
    assert {one.source.component for one in cluster.events("ReplicaSet")} == {"replicaset-controller"}
    assert "Killing" in [reason for reason, _ in cluster.told("Pod")]


def test_a_pod_without_a_place_is_told_of():
    """The warning has the scheduler's sentence."""
    cluster = Cluster()
    cluster.apply(pod(resources={"requests": {"cpu": "9"}}))
    (event,) = cluster.events("Pod")

    assert (event.type, event.reason, event.action) == ("Warning", "FailedScheduling", "Scheduling")
    assert event.message.startswith("0/2 nodes are available: 2 Insufficient cpu.")


def test_a_container_that_crashes_is_counted():
    """Each start and each back-off raises the counts, until the kubelet has told too much of one pod."""
    cluster = Cluster(CONFIG, Behavior(image="crash:*", exit_code=1, after=1000))
    cluster.apply(pod(image="crash:v1"))
    cluster.wait(60_000)
    counts = {event.reason: event.count for event in cluster.events("Pod") if event.source.component}
    uid = cluster.state.store.get(ObjectKey("Pod", "default", "p")).metadata.uid
    (back_off,) = [event for event in cluster.events("Pod") if event.reason == "BackOff"]

    assert counts["Created"] == counts["Started"] == counts["Pulled"] == 4
    assert back_off.count == 3
    assert (back_off.type, back_off.message) == (
        "Warning",
        f"Back-off restarting failed container c in pod p_default({uid})",
    )
    assert back_off.first_timestamp < back_off.last_timestamp
    cluster.wait(HOUR // 2)
    assert sum(event.count for event in cluster.events("Pod")) <= 25 + 6


@pytest.mark.parametrize(
    ("behavior", "container", "expected"),
    [
        pytest.param(
            Behavior(image="none:*", waiting="ErrImagePull"),
            {"image": "none:v1"},
            [("Failed", "Error: ErrImagePull")],
            id="an image that can't be pulled",
        ),
        pytest.param(
            Behavior(image="none:*", waiting="ImagePullBackOff"),
            {"image": "none:v1"},
            [("BackOff", 'Back-off pulling image "none:v1"'), ("Failed", "Error: ImagePullBackOff")],
            id="an image that is put off",
        ),
        pytest.param(
            Behavior(),
            {"envFrom": [{"configMapRef": {"name": "cm"}}]},
            [("Failed", 'Error: configmap "cm" not found')],
            id="a configuration that is not there",
        ),
    ],
)
def test_a_container_that_waits_is_told_of(behavior, container, expected):
    """The kubelet says why."""
    cluster = Cluster(CONFIG, behavior)
    cluster.apply(pod(**container))

    assert [one for one in cluster.told("Pod") if one in expected] == expected


def test_a_volume_that_is_not_there_is_told_of():
    """The kubelet's warning names the volume."""
    cluster = Cluster()
    wire = pod()
    wire["spec"]["volumes"] = [{"name": "v", "configMap": {"name": "cm"}}]
    cluster.apply(wire)

    assert [reason for reason, _ in cluster.told("Pod")] == ["Scheduled", "FailedMount"]
    assert cluster.events("Pod")[1].type == "Warning"


def test_a_readiness_probe_that_fails_is_told_of():
    """With the container that it probes."""
    cluster = Cluster()
    cluster.apply(pod(readinessProbe={"exec": {"command": ["true"]}, "periodSeconds": 1, "failureThreshold": 1}))
    cluster.wait(5_000)
    cluster.do(ReadinessLost(PODS["p"]))
    cluster.wait(5_000)

    assert ("Unhealthy", "Readiness probe failed: ") in cluster.told("Pod")


def test_a_pod_that_is_deleted_is_told_of_to_its_end():
    """The event stays when the pod has gone."""
    cluster = Cluster()
    cluster.apply(pod())
    cluster.do(Delete(target=PODS["p"]))

    assert cluster.state.store.get(ObjectKey("Pod", "default", "p")) is None
    assert cluster.told("Pod")[-1] == ("Killing", "Stopping container c")


def test_nodes_are_told_of_in_default():
    """The node controller tells which nodes it knows."""
    cluster = Cluster()
    cluster.wait(10_000)

    assert cluster.told("Node") == [
        ("RegisteredNode", f"Node n{number} event: Registered Node n{number} in Controller") for number in (1, 2)
    ]
    assert {event.metadata.namespace for event in cluster.events("Node")} == {"default"}


def test_pods_of_a_node_that_is_not_ready_are_told_of():
    """The node controller warns on each of them, and says of the node that its status is now that."""
    cluster = Cluster()
    cluster.apply(pod())
    cluster.do(NodeCutOff("n1"))
    cluster.wait(120_000)

    assert ("NodeNotReady", "Node is not ready") in cluster.told("Pod", "p")
    assert ("NodeNotReady", "Node n1 status is now: NodeNotReady") in cluster.told("Node", "n1")


def test_every_event_is_what_its_api_asks_for():
    """What the scheduler tells passes the validation of events.k8s.io, what others tell that of the core API."""
    cluster = Cluster()
    cluster.apply(deployment(), pod("big", resources={"requests": {"cpu": "9"}}))
    context, answers = Context(now=cluster.state.now), {}
    for event in cluster.state.store.list("Event"):
        found = event if event.event_time is None else as_v1(event)
        key = key_of(found)._replace(name="copy")
        wire = {**to_wire(found), "metadata": {"name": "copy", "namespace": key.namespace}}
        request = Request(verb=Verb.CREATE, key=key, body=Json.of(wire), options=Options(strict=True))
        answers[key.kind, handle(cluster.state.store, request, context).response.code] = wire

    assert sorted(answers) == [("Event", 201), ("Event.events.k8s.io", 201)]


def test_an_event_lives_for_an_hour():
    """Then it is deleted, as a watcher would see it."""
    cluster = Cluster()
    cluster.apply(pod())
    cluster.wait(HOUR - 10_000)
    assert cluster.events("Pod", "p")
    cluster.wait(20_000)

    assert cluster.events("Pod", "p") == []


def test_an_event_that_comes_again_lives_on():
    """Each time counts for another while."""
    config = ClusterConfig.from_wire({"events": True, "eventTtl": "60s"}, Place())
    cluster = Cluster(config, Behavior(image="crash:*", exit_code=1, after=1000))
    cluster.apply(pod(image="crash:v1"))
    cluster.wait(70_000)
    counts = {event.reason: event.count for event in cluster.events("Pod")}

    assert "Scheduled" not in counts
    assert counts["Started"] == 4


def test_an_event_that_is_gone_comes_back_with_its_count():
    """The process that tells of it remembers, whatever the server has forgotten."""
    config = ClusterConfig.from_wire({"events": True, "eventTtl": "20s"}, Place())
    cluster = Cluster(config, Behavior(image="crash:*", exit_code=1, after=1000))
    cluster.apply(pod(image="crash:v1"))
    cluster.wait(41_000)
    (event,) = [event for event in cluster.events("Pod") if event.reason == "Started"]

    assert event.count == 4
    assert event.first_timestamp < event.metadata.creation_timestamp


def test_a_kubelet_that_restarts_has_forgotten_what_it_told():
    """What it tells then is a new event beside the old one."""
    cluster = Cluster(CONFIG, Behavior(image="crash:*", exit_code=1, after=1000))
    cluster.apply(pod(image="crash:v1"))
    before = [event.reason for event in cluster.events("Pod")].count("Started")
    cluster.do(ComponentRestarted("kubelet", "n1"))
    cluster.wait(60_000)

    assert (before, [event.reason for event in cluster.events("Pod")].count("Started")) == (1, 2)


@pytest.mark.parametrize("timing", [Timing.INTERLEAVED, Timing.LAGGING, Timing.LOSSY], ids=lambda one: one.value)
def test_events_are_told_under_every_timing(timing):
    """However turns, commits and deliveries drift apart, a pod that runs was told of."""
    cluster = Cluster(timing=timing, nodes=1)
    cluster.apply(pod())

    assert {"Scheduled", "Pulled", "Created", "Started"} <= {reason for reason, _ in cluster.told("Pod")}


def test_a_cluster_that_keeps_no_events_pays_nothing():
    """There is nobody who records, and no event."""
    cluster = Cluster(SILENT)
    cluster.apply(deployment())

    assert FAMILY not in cluster.model.components
    assert cluster.state.store.list("Event") == ()
    moves = {rule.name: rule for rule in cluster.model.moves}
    assert all(rule.effect is moves[rule.name].effect for rule in cluster.model.table.rules if rule.name in moves)


def test_what_is_remembered_of_events_has_a_fingerprint():
    """A state with events is told from one without."""
    cluster = Cluster()
    before = Fingerprinter()(cluster.state)
    cluster.apply(pod())

    assert Fingerprinter()(cluster.state) == Fingerprinter()(cluster.state) != before


acts = st.lists(
    st.one_of(
        st.builds(lambda n: Scale(target=WEB, replicas=n), st.integers(0, 3)),
        st.builds(lambda n: Apply(objects=(Json.of(pod(f"p{n}", image="crash:v1")),)), st.integers(0, 2)),
        st.builds(lambda n: Delete(target=PODS[f"p{n}"]), st.integers(0, 2)),
    ),
    max_size=4,
)


@settings(max_examples=8, deadline=None)
@given(acts)
def test_events_change_nothing_else(story):
    """Whatever people do, all other objects come out as they do in a cluster that keeps no events."""
    outcomes = []
    for config in (CONFIG, SILENT):
        cluster = Cluster(config, Behavior(image="crash:*", exit_code=1, after=1000))
        cluster.apply(deployment(1))
        for act in story:
            cluster.do(act)
        objects = cluster.state.store.objects.values()
        outcomes.append(sorted(filter(None, map(_outcome, objects))))

    assert outcomes[0] == outcomes[1]


def _outcome(obj):
    """What an object has come to, without what only counts writes."""
    wire = to_wire(obj)
    if wire["kind"] in ("Event", "Lease"):
        return None
    phase = wire.get("status", {}).get("phase", "")
    return wire["kind"], obj.metadata.namespace, obj.metadata.name, phase, str(wire.get("spec"))
