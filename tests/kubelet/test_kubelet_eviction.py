"""Pressure: what a node says when it runs out, whom it evicts, whom it takes, and what the kernel does."""

from __future__ import annotations

import attrs
import pytest

from kcore.api.convert import from_wire
from kcore.api.frozenmap import FrozenMap
from kcore.api.object import ObjectKey
from kcore.apiserver.request import Response
from kcore.cluster.config import ClusterConfig
from kcore.errors import InputError, Place
from kcore.kubelet import KUBELET
from kcore.kubelet.eviction import is_critical, look, ranked
from kcore.kubelet.heartbeat import lease_key
from kcore.kubelet.thresholds import SIGNALS, Signal, thresholds
from kcore.world.actions import KillForMemory
from kcore.world.metrics import Load, Metrics
from kcore.world.usage import DISK, MEMORY, PodUse, Usage
from kcore.world.view import MachineView
from kcore.world.world import Behavior

MI = 1 << 20
GI = 1 << 30
USERS = (
    Behavior(image="use-300:*", memory=300 * MI, disk=3 * GI),
    Behavior(image="use-200:*", memory=200 * MI, disk=2 * GI),
    Behavior(image="use-late:*", memory=300 * MI, uses_after=20_000),
    Behavior(image="big:*", image_size=GI),
)
MEMORY_SIGNAL, NODEFS, IMAGEFS = SIGNALS
CRITICAL = {"annotations": {"kubernetes.io/config.mirror": "x"}}


def node(memory="600Mi", disk="10Gi"):
    conditions = [{"type": kind, "status": "False"} for kind in ("MemoryPressure", "DiskPressure")]
    status = {"capacity": {"memory": memory, "ephemeral-storage": disk}, "conditions": conditions}
    return from_wire({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}, "status": status})


def asking(image, memory=None, disk=None, **container):
    """A pod's spec whose container has this image and these requests."""
    asked = {name: value for name, value in ((MEMORY, memory), (DISK, disk)) if value}
    return {"containers": [{"name": "c0", "image": image, "resources": {"requests": asked}, **container}]}


@pytest.fixture
def full(bench):
    """A bench whose containers use memory and disk, and whose kubelet looks at that."""
    bench.world = attrs.evolve(bench.world, behaviors=(*bench.world.behaviors, *USERS))
    bench.store = bench.store.put(node())
    return bench


def looked(bench, known=None):
    return look(known or {}, bench.view(), bench.store.get(ObjectKey("Node", "", "n1")))


def condition(bench, kind):
    """The status and reason of a condition of the node."""
    found = bench.store.get(ObjectKey("Node", "", "n1")).status.conditions
    return next((one.status, one.reason) for one in found if one.type == kind)


# What is available


@pytest.mark.parametrize(
    ("signal", "capacity", "threshold"),
    [
        pytest.param(MEMORY_SIGNAL, 8 * GI, 100 * MI, id="memory is wanted in bytes"),
        pytest.param(NODEFS, 10 * GI, 1073741840, id="a tenth of the disk, as a float of 32 bits has it"),
        pytest.param(IMAGEFS, 10 * GI, 1610612800, id="a sixth and a bit for images"),
    ],
)
def test_a_threshold_is_what_upstream_makes_of_it(signal, capacity, threshold):
    """The bytes that have to be available."""
    assert signal.threshold(capacity) == threshold


@pytest.mark.parametrize(
    ("given", "watched"),
    [
        pytest.param(
            {},
            [("memory.available", 100 * MI), ("nodefs.available", 1073741840), ("imagefs.available", 1610612800)],
            id="nothing, so the default ones",
        ),
        pytest.param(
            {"memory.available": "1Gi"}, [("memory.available", GI)], id="one, so that the others are not watched"
        ),
        pytest.param({"nodefs.available": "5%"}, [("nodefs.available", 536870920)], id="a share"),
    ],
)
def test_thresholds_can_be_configured(given, watched):
    """Those that are given are all there are."""
    assert [(one.name, one.threshold(10 * GI)) for one in thresholds(given)] == watched


@pytest.mark.parametrize("given", [{"pid.available": "10%"}, {"memory.available": "much"}, {"nodefs.available": "x%"}])
def test_thresholds_that_are_none_are_refused(given):
    """With what there is, or what was expected."""
    with pytest.raises(InputError, match="evictionHard"):
        ClusterConfig.from_wire({"evictionHard": given}, Place())


def test_a_node_with_room_says_nothing(full, pod):
    """300 of 600Mi are in use."""
    full.put(pod("p", **asking("use-300:v1")))
    full.run(1_000)

    assert looked(full).pressed == ()


def test_a_node_that_does_not_say_what_it_has_is_not_observed(full, pod):
    """Nobody knows when that is short."""
    full.store = full.store.put(from_wire({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}))
    full.put(pod("p", **asking("use-300:v1")))
    full.run(1_000)

    assert looked(full).pressed == ()


def test_what_containers_use_counts_from_when_they_do(full, pod):
    """Twice 300 of 600Mi, the second after 20 seconds."""
    full.put(pod("p", **asking("use-300:v1")))
    full.put(pod("q", **asking("use-late:v1")))
    full.run(10_000)

    assert looked(full).pressed == ()

    full.run(20_200)

    assert looked(full).pressed == ("MemoryPressure",)


def test_images_are_on_the_disk(full, pod):
    """8 pods of one image take it once; nine images are nine of ten GiB."""
    for number in range(9):
        full.put(pod(f"p{number}", **asking(f"big:v{number}")))
    full.run(1_000)

    assert full.view().usage(DISK).total == 9 * GI
    assert looked(full).pressed == ("DiskPressure",)


def test_a_condition_stands_for_the_transition_period(full, pod):
    """Five minutes from when it was last met."""
    full.put(pod("p", **asking("use-300:v1")))
    full.put(pod("q", **asking("use-300:v1")))
    full.run(1_000)
    memory = looked(full).memory
    full.delete("q", grace=0)
    full.run(300_999)

    assert looked(full, memory).pressed == ("MemoryPressure",)

    full.run(301_000)

    assert looked(full, memory).pressed == ()
    assert looked(full, memory).memory == {}


def test_a_heartbeat_looks_and_reports(full, pod):
    """The condition is told at once, and told off when it is over."""
    full.put(pod("p", **asking("use-300:v1")))
    full.put(pod("q", **asking("use-300:v1")))
    full.run(1_000)
    node_status = [
        call.request.body.status for call in looked_by_heartbeat(full).requests if call.request.key.kind == "Node"
    ]

    assert [(one.type, one.status, one.reason) for one in node_status[0].conditions if one.type[0] == "M"] == [
        ("MemoryPressure", "True", "KubeletHasInsufficientMemory")
    ]


def looked_by_heartbeat(bench):
    """The second half of a heartbeat, with a Lease that was not found."""
    view = MachineView(bench.store, bench.now, (Response(code=404),), world=bench.world, node="n1")
    return KUBELET.reconcile(None, view, lease_key("n1"))


def test_a_quiet_world_is_not_looked_at(bench):
    """Where nothing uses anything, a heartbeat asks nothing of the machine."""
    reads = []
    view = MachineView(bench.store, bench.now, (Response(code=404),), reads, world=bench.world, node="n1")
    KUBELET.reconcile(None, view, lease_key("n1"))

    assert "usage" not in {question[0] for question, _ in reads}


# Who is evicted


def rank_of(pods, uses, signal=MEMORY_SIGNAL):
    usage = Usage(tuple(PodUse(f"u-{name}", (("c0", amount),)) for name, amount in uses.items()), 0)
    return [one.metadata.name for one in ranked(pods, signal, usage)]


def test_those_beyond_their_requests_go_first(pod):
    """Before those of less priority that keep within theirs."""
    within = pod("within", priority=0, **asking("a", memory="300Mi"))
    beyond = pod("beyond", priority=100, **asking("a", memory="100Mi"))

    assert rank_of([within, beyond], {"within": 300 * MI, "beyond": 101 * MI}) == ["beyond", "within"]


def test_then_those_of_less_priority(pod):
    """Whatever more the other uses."""
    pods = [pod("high", priority=10, **asking("a")), pod("low", priority=1, **asking("a"))]

    assert rank_of(pods, {"high": 500 * MI, "low": 1 * MI}) == ["low", "high"]


def test_then_those_that_use_most_beyond_their_requests(pod):
    """And not those that use most."""
    pods = [pod("much", **asking("a", memory="400Mi")), pod("more", **asking("a", memory="10Mi"))]

    assert rank_of(pods, {"much": 500 * MI, "more": 200 * MI}) == ["more", "much"]


def test_the_disk_has_an_order_of_its_own(pod):
    """By the requests of ephemeral storage."""
    pods = [pod("a", **asking("a", memory="1Gi", disk="1Gi")), pod("b", **asking("a", disk="3Gi"))]

    assert rank_of(pods, {"a": 2 * GI, "b": 2 * GI}, IMAGEFS) == ["a", "b"]


@pytest.mark.parametrize(
    ("given", "critical"),
    [
        pytest.param({}, False, id="an ordinary pod"),
        pytest.param({"priority": 1_999_999_999}, False, id="a pod that matters much"),
        pytest.param({"priority": 2_000_000_000}, True, id="a pod that the system needs"),
        pytest.param({"metadata": CRITICAL}, True, id="the mirror of a static pod"),
        pytest.param({"metadata": {"annotations": {"kubernetes.io/config.source": "file"}}}, True, id="a static pod"),
        pytest.param({"metadata": {"annotations": {"kubernetes.io/config.source": "api"}}}, False, id="one of the API"),
    ],
)
def test_who_is_critical(pod, given, critical):
    """By priority, or because it is static."""
    assert is_critical(pod("p", "a", **given)) is critical


def evicted(bench):
    return [(str(action.id.pod_uid), action.grace) for action in looked(bench).actions]


def test_one_pod_is_evicted_a_look(full, pod):
    """With two seconds to stop, and no other before it is gone."""
    full.put(pod("p", **asking("use-300:v1")))
    full.put(pod("q", **asking("use-200:v1")))
    full.put(pod("r", **asking("use-200:v1")))
    full.run(1_000)

    assert evicted(full) == [("u-p", 2)]

    (action,) = looked(full).actions
    full.world = full.world.act(action, full.now)

    assert evicted(full) == []

    full.run(1_151)

    assert evicted(full) == []
    assert full.status("p")["reason"] == "Evicted"


def test_a_critical_pod_stays(full, pod):
    """The next in the order goes."""
    full.put(pod("p", metadata=CRITICAL, **asking("use-300:v1")))
    full.put(pod("q", **asking("use-300:v1")))
    full.run(1_000)

    assert evicted(full) == [("u-q", 2)]


def test_nobody_is_evicted_where_all_are_critical(full, pod):
    """Though the node is under pressure."""
    for name in ("p", "q"):
        full.put(pod(name, metadata=CRITICAL, **asking("use-300:v1")))
    full.run(1_000)

    assert looked(full).pressed == ("MemoryPressure",)
    assert evicted(full) == []


def test_an_evicted_pod_has_failed(full, pod):
    """Its phase, reason, message and conditions say so, and it stays as it is."""
    full.put(pod("p", **asking("use-300:v1", memory="64Mi")))
    full.put(pod("q", **asking("use-300:v1", memory="512Mi")))
    full.run(1_000)
    (action,) = looked(full).actions
    full.world = full.world.act(action, full.now)
    full.run(2_000)
    status = full.status("p")

    assert (status["phase"], status["reason"]) == ("Failed", "Evicted")
    assert status["message"] == (
        "The node was low on resource: memory. Threshold quantity: 100Mi, available: 0. "
        "Container c0 was using 300Mi, request is 64Mi, has larger consumption of memory. "
    )
    assert full.condition("DisruptionTarget") == ("True", "TerminationByKubelet")
    assert full.condition("Ready") == ("False", "PodFailed")
    assert full.containers("p") == [("terminated", 143)]

    full.add(ObjectKey("Pod", "default", "p"))
    full.run(60_000)

    assert full.status("p") == status


# Whom a node under pressure takes


UNDER = {"MemoryPressure": ("MemoryPressure",), "both": ("DiskPressure", "MemoryPressure"), "disk": ("DiskPressure",)}
TOLERATES = {"tolerations": [{"key": "node.kubernetes.io/memory-pressure", "operator": "Exists"}]}
TAKEN = [
    pytest.param("MemoryPressure", {}, False, id="memory and a best-effort pod"),
    pytest.param("MemoryPressure", TOLERATES, True, id="memory and one that tolerates it"),
    pytest.param("MemoryPressure", {"status": {"qosClass": "Burstable"}}, True, id="memory and one that asks for some"),
    pytest.param("disk", {"status": {"qosClass": "Burstable"}}, False, id="disk and one that asks for memory"),
    pytest.param("both", TOLERATES, False, id="both and one that tolerates one"),
    pytest.param("disk", {"metadata": CRITICAL}, True, id="disk and a critical pod"),
]


@pytest.mark.parametrize(("under", "given", "taken"), TAKEN)
def test_whom_a_node_under_pressure_takes(bench, pod, under, given, taken):
    """Whom it does not take fails at once, with the conditions of the node."""
    conditions = [{"type": kind, "status": "True"} for kind in UNDER[under]]
    wire = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}, "status": {"conditions": conditions}}
    bench.store = bench.store.put(from_wire(wire))
    bench.put(pod("p", "a:1", **given))
    bench.run(1_000)
    status = bench.status()

    assert status["phase"] == ("Running" if taken else "Failed")
    if not taken:
        assert status["reason"] == "Evicted"
        assert status["message"] == f"Pod was rejected: The node had condition: [{' '.join(UNDER[under])}]. "


# What the kernel does


def test_a_container_beyond_its_limit_is_killed(full, pod):
    """And started again as its pod's policy says."""
    full.put(pod("p", **asking("use-late:v1", resources={"limits": {MEMORY: "256Mi"}})))
    full.run(20_200)
    (container,) = full.status()["containerStatuses"]

    assert container["restartCount"] == 1
    assert container["lastState"]["terminated"]["exitCode"] == 137
    assert container["lastState"]["terminated"]["reason"] == "OOMKilled"


def test_a_container_that_is_stopped_first_is_not_out_of_memory(full, pod):
    """It ends as any other does."""
    full.put(pod("p", **asking("use-late:v1", resources={"limits": {MEMORY: "256Mi"}})))
    full.run(15_000)
    metadata = {"finalizers": ["example.com/keep"]}
    full.put(attrs.evolve(full.pod(), metadata=attrs.evolve(full.pod().metadata, **metadata)))
    full.delete("p")
    full.run(16_000)

    assert full.status()["containerStatuses"][0]["state"]["terminated"]["reason"] == "Error"


def test_a_load_makes_use_of_memory(full, pod):
    """In equal parts of the pods that bear it; beyond its limit a container is killed at the next look."""
    load = Load(name="requests", labels=FrozenMap({"app": "web"}), milli=1_200 * MI * 1000, metric=MEMORY)
    full.world = attrs.evolve(full.world, metrics=Metrics(loads=(load,)))
    for name in ("p", "q"):
        limits = {"resources": {"limits": {MEMORY: "512Mi"}}} if name == "p" else {}
        full.put(pod(name, metadata={"labels": {"app": "web"}}, **asking("app:v1", **limits)))
    full.run(1_000)

    assert [one.total for one in full.view().usage(MEMORY).pods] == [600 * MI, 600 * MI]
    assert isinstance(looked(full).actions[0], KillForMemory)

    full.world = full.world.act(looked(full).actions[0], full.now)
    full.run(1_200)

    assert full.status("p")["containerStatuses"][0]["lastState"]["terminated"]["reason"] == "OOMKilled"


def test_a_signal_has_a_name_of_upstream():
    """Each is one of those that the documentation lists."""
    assert [one.name for one in SIGNALS] == ["memory.available", "nodefs.available", "imagefs.available"]
    assert isinstance(MEMORY_SIGNAL, Signal)


# Limits of the disk


def limited(name, image, disk):
    limits = {"limits": {DISK: disk}} if disk else {}
    return {"name": name, "image": image, "resources": limits}


@pytest.mark.parametrize(
    ("containers", "message"),
    [
        pytest.param([("use-200:v1", "3Gi")], "", id="it keeps within its limit"),
        pytest.param([("use-200:v1", None)], "", id="it has none"),
        pytest.param(
            [("use-200:v1", "1Gi")],
            "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ",
            id="it exceeds the limit of its only container",
        ),
        pytest.param(
            [("use-200:v1", "1Gi"), ("app:v1", "9Gi")],
            'Container c0 exceeded its local ephemeral storage limit "1Gi". ',
            id="one container exceeds its own",
        ),
        pytest.param(
            [("app:v1", "1Gi"), ("use-200:v1", None)],
            "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ",
            id="the limit of one container holds for all",
        ),
    ],
)
def test_a_pod_beyond_a_limit_of_the_disk_is_evicted(full, pod, containers, message):
    """Whatever the node has, and without being called disrupted."""
    specs = [limited(f"c{at}", image, disk) for at, (image, disk) in enumerate(containers)]
    full.put(pod("p", containers=specs))
    full.run(1_000)
    for action in looked(full).actions:
        full.world = full.world.act(action, full.now)
    full.run(2_000)
    status = full.status()

    assert status.get("message", "") == message
    assert status["phase"] == ("Failed" if message else "Running")
    assert "DisruptionTarget" not in {one["type"] for one in status["conditions"]}
    assert looked(full).pressed == ()
