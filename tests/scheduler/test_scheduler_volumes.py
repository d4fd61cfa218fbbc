"""The volume plugins: where a pod may go for its claims, with the real reasons, and what is prepared before it goes."""

from __future__ import annotations

import attrs
import pytest

from kcore.api.convert import structure
from kcore.api.core.node import Node
from kcore.api.core.persistentvolume import PersistentVolume
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.core.pod import Pod
from kcore.api.object import ObjectKey
from kcore.api.storage.csinode import CSINode
from kcore.api.storage.storageclass import StorageClass
from kcore.apiserver.request import Verb
from kcore.apiserver.store import Store
from kcore.client.view import View
from kcore.scheduler import SCHEDULER, scheduler
from kcore.scheduler.cache import snapshot_of
from kcore.scheduler.explain import explain
from kcore.scheduler.podinfo import pod_info
from kcore.scheduler.podvolumes import pod_volumes
from kcore.scheduler.profile import DEFAULT_PROFILE, Profiles

ZONE = "topology.kubernetes.io/zone"
UNBOUND = "pod has unbound immediate PersistentVolumeClaims"
AFFINITY = "node(s) didn't match PersistentVolume's node affinity"
NOTHING = "node(s) didn't find available persistent volumes to bind"
ELSEWHERE = "node(s) had no available volume zone"
FULL = "node(s) exceed max volume count"
IN_USE = "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"


def node(name, zone=""):
    labels = {"kubernetes.io/hostname": name, **({ZONE: zone} if zone else {})}
    room = {"cpu": "4", "memory": "8Gi", "pods": "110"}
    return structure(Node, {"metadata": {"name": name, "labels": labels}, "status": {"allocatable": room}})


def claim(name="c", volume="", mode="ReadWriteOnce", storage_class="local", phase="", **meta):
    done = {"pv.kubernetes.io/bind-completed": "yes"} if volume else {}
    meta = {
        "name": name,
        "namespace": "default",
        "uid": name,
        "annotations": {**done, **meta.pop("annotations", {})},
        **meta,
    }
    spec = {"accessModes": [mode], "resources": {"requests": {"storage": "1Gi"}}}
    spec |= {"volumeName": volume, "storageClassName": storage_class}
    status = {"phase": phase or ("Bound" if volume else "Pending")}
    return structure(PersistentVolumeClaim, {"metadata": meta, "spec": spec, "status": status})


def volume(name="v", on=None, owner="", labels=None, size="1Gi", handle=""):
    spec = {"capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], "storageClassName": "local"}
    if on:
        terms = [{"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [on]}]}]
        spec["nodeAffinity"] = {"required": {"nodeSelectorTerms": terms}}
    if owner:
        spec["claimRef"] = {"namespace": "default", "name": owner, "uid": owner}
    if handle:
        spec["csi"] = {"driver": "d.io", "volumeHandle": handle}
    status = {"phase": "Bound" if owner else "Available"}
    wire = {"metadata": {"name": name, "labels": labels or {}}, "spec": spec, "status": status}
    return structure(PersistentVolume, wire)


def local(*, provisioner="kubernetes.io/no-provisioner", wait=True, zones=()):
    topologies = [{"matchLabelExpressions": [{"key": ZONE, "values": list(zones)}]}] if zones else []
    wire = {"metadata": {"name": "local"}, "provisioner": provisioner, "allowedTopologies": topologies}
    return structure(StorageClass, {**wire, "volumeBindingMode": "WaitForFirstConsumer" if wait else "Immediate"})


def limit(name, count):
    drivers = [{"name": "d.io", "nodeID": name, "topologyKeys": [], "allocatable": {"count": count}}]
    return structure(CSINode, {"metadata": {"name": name}, "spec": {"drivers": drivers}})


def pod(*claims, name="p", on=""):
    volumes = [{"name": one, "persistentVolumeClaim": {"claimName": one}} for one in claims]
    spec = {"containers": [{"name": "c", "image": "a"}], "volumes": volumes, "nodeName": on}
    spec["schedulerName"] = "default-scheduler"
    meta = {"name": name, "namespace": "default", "uid": name}
    return structure(Pod, {"metadata": meta, "spec": spec})


def explained(asking, *objects):
    store = Store.of([*objects, asking])
    return explain(pod_info(asking, volumes=pod_volumes(store, asking)), snapshot_of(store), DEFAULT_PROFILE)


def verdicts(asking, *objects):
    """The reasons by node, "" for one that will do."""
    nodes = explained(asking, *objects).nodes
    return {one.node: ", ".join(one.rejection.reasons) if one.rejection else "" for one in nodes}


NODES = (node("n1", "a"), node("n2", "b"))


@pytest.mark.parametrize(
    ("objects", "reason"),
    [
        pytest.param([], 'persistentvolumeclaim "c" not found', id="a claim that is missing"),
        pytest.param([claim()], UNBOUND, id="a claim without its class is to be bound at once"),
        pytest.param([claim(), local(wait=False)], UNBOUND, id="an unbound claim"),
        pytest.param(
            [claim(volume="v", phase="Lost")],
            'persistentvolumeclaim "c" bound to non-existent persistentvolume "v"',
            id="a lost claim",
        ),
        pytest.param([claim(volume="v")], 'persistentvolume "v" not found', id="a volume that is missing"),
        pytest.param(
            [claim(volume="v", deletionTimestamp="2000-01-01T00:00:00Z"), volume(owner="c")],
            'persistentvolumeclaim "c" is being deleted',
            id="a claim on its way out",
        ),
    ],
)
def test_no_node_does_for(objects, reason):
    """The message counts no nodes, as the real one does not, and preemption would not help."""
    said = explained(pod("c"), *NODES, *objects)

    assert said.message == f"0/2 nodes are available: {reason}."
    assert {one.rejection.code.value for one in said.nodes} == {"UnschedulableAndUnresolvable"}


@pytest.mark.parametrize(
    ("objects", "reasons"),
    [
        pytest.param([claim(volume="v"), volume(owner="c", on="n2")], (AFFINITY, ""), id="a bound volume of one node"),
        pytest.param([claim(), local(), volume(on="n2")], (NOTHING, ""), id="a volume on offer on one node"),
        pytest.param([claim(), local()], (NOTHING, NOTHING), id="no volume on offer"),
        pytest.param([claim(), local(provisioner="d.io")], ("", ""), id="a class that makes volumes anywhere"),
        pytest.param([claim(), local(provisioner="d.io", zones="b")], (NOTHING, ""), id="a class that makes them in b"),
        pytest.param(
            [claim(annotations={"volume.kubernetes.io/selected-node": "n1"}), local(provisioner="d.io")],
            ("", NOTHING),
            id="a claim that is promised to a node",
        ),
        pytest.param(
            [claim(volume="v"), volume(owner="c", labels={ZONE: "b"})], (ELSEWHERE, ""), id="a volume of a zone"
        ),
        pytest.param(
            [claim(volume="v"), volume(owner="c", labels={"failure-domain.beta.kubernetes.io/zone": "a__b"})],
            ("", ""),
            id="a volume of two zones under the older label",
        ),
        pytest.param(
            [claim(volume="v"), volume(owner="c", handle="h"), limit("n1", 0)], (FULL, ""), id="a node without room"
        ),
        pytest.param(
            [
                claim(volume="v"),
                volume(owner="c", handle="h"),
                limit("n1", 1),
                limit("n2", 1),
                claim("d", volume="w"),
                volume("w", owner="d", handle="i"),
                pod("d", name="other", on="n1"),
                pod("c", name="same", on="n2"),
            ],
            (FULL, ""),
            id="a volume that is there already counts once",
        ),
        pytest.param(
            [claim(volume="v", mode="ReadWriteOncePod"), volume(owner="c"), pod("c", name="first", on="n1")],
            (IN_USE, IN_USE),
            id="a claim for one pod that another uses",
        ),
    ],
)
def test_a_node_does_or_does_not(objects, reasons):
    """What the filters say of the two nodes, n1 in zone a and n2 in zone b."""
    assert verdicts(pod("c"), *NODES, *objects) == dict(zip(("n1", "n2"), reasons, strict=True))


def test_a_node_without_labels_takes_every_volume():
    """A cluster of a single zone need not say so."""
    assert verdicts(pod("c"), node("n1"), claim(volume="v"), volume(owner="c", labels={ZONE: "b"})) == {"n1": ""}


def test_two_claims_do_not_get_one_volume():
    """The smaller claim takes it, and nothing is left for the other."""
    objects = [claim(), claim("d"), local(), volume(on="n2")]

    assert verdicts(pod("c", "d"), *NODES, *objects) == {"n1": NOTHING, "n2": NOTHING}


def turns(asking, *objects, component=SCHEDULER):
    """The calls of a scheduler's turn on a pod, each answered as the API server would at best."""
    store, answers = Store.of([*objects, asking]), []
    while True:
        turn = component.reconcile(
            None, View(store, 0, tuple(answers)), ObjectKey("Pod", "default", asking.metadata.name)
        )
        if not turn.more:
            return turn, [one.request for one in answers]
        answers += [_Answer(call.request) for call in turn.requests]


class _Answer:
    """A yes to a request."""

    ok, reason, items = True, "", ()

    def __init__(self, request):
        self.request = request
        self.object = request.body


def test_volumes_are_prepared_before_the_pod_is_bound():
    """The pod is promised to the node, the volume names the claim, and the pod waits."""
    turn, asked = turns(pod("c"), *NODES, claim(), local(), volume(on="n2"))

    assert [(one.verb, str(one.key), one.subresource) for one in asked] == [
        (Verb.UPDATE, "Pod/p", "status"),
        (Verb.UPDATE, "PersistentVolume/v", ""),
    ]
    assert asked[0].body.status.nominated_node_name == "n2"
    assert asked[1].body.spec.claim_ref.name == "c"
    assert (turn.memory.node, turn.wake_at) == ("n2", 600_000)


def configured(**profile):
    """A scheduler with the default profile, but for this."""
    return scheduler(Profiles(profiles=(attrs.evolve(DEFAULT_PROFILE, **profile),)))


def test_a_pod_waits_for_its_volumes_as_long_as_its_profile_says():
    """After that it is placed anew."""
    patient = configured(bind_timeout=5_000)
    turn, _ = turns(pod("c"), *NODES, claim(), local(), volume(on="n2"), component=patient)

    assert turn.wake_at == 5_000


def test_without_volume_binding_a_pod_is_bound_at_once_wherever_its_volumes_are():
    """Nobody looks at its claims, as where a profile disables the plugin."""
    careless = configured(counting=tuple(one for one in DEFAULT_PROFILE.counting if one.name != "VolumeBinding"))
    turn, asked = turns(pod("c"), *NODES, claim(), local(), volume(on="n2"), component=careless)

    assert asked == []
    assert [call.request.body.target.name for call in turn.requests] == ["n1"]


def test_a_claim_to_be_provided_for_is_told_the_node():
    """The provisioner makes the volume where the pod will be."""
    _, asked = turns(pod("c"), node("n1"), claim(), local(provisioner="d.io"))

    assert asked[-1].body.metadata.annotations["volume.kubernetes.io/selected-node"] == "n1"


def test_a_pod_with_bound_claims_is_bound_at_once():
    """There is nothing to prepare."""
    turn, asked = turns(pod("c"), node("n1"), claim(volume="v"), volume(owner="c"))

    assert asked == []
    assert [call.request.subresource for call in turn.requests] == ["binding"]
