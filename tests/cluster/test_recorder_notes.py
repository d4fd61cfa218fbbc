"""Which notes are events, whose they are, of what type and about which object."""

from __future__ import annotations

import pytest

from kcore.api.convert import from_wire
from kcore.api.kinds import key_of
from kcore.apiserver.store import Store
from kcore.client.component import ComponentKey
from kcore.cluster.recorder.notes import Sight, occurrences, reference
from kcore.machine import Note

MASTER = ComponentKey("some-controller", "m1")


def made(kind, name, api_version="v1", namespace="default", **content):
    metadata = {"name": name, "uid": f"uid-of-{name}", **({"namespace": namespace} if namespace else {})}
    return from_wire({"apiVersion": api_version, "kind": kind, "metadata": metadata, **content})


def mounting(name, node):
    spec = {"nodeName": node, "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]}
    return made("Pod", name, spec={"containers": [{"name": "c", "image": "a"}], **spec})


OBJECTS = (
    made("Deployment", "web", "apps/v1"),
    made("ReplicaSet", "web", "apps/v1"),
    made("Node", "n1", namespace=""),
    made("Pod", "p"),
    made("Pod", "q", namespace="shop"),
    made("PersistentVolumeClaim", "data"),
    made("PersistentVolume", "v", namespace="", spec={"claimRef": {"namespace": "default", "name": "data"}}),
    mounting("db-0", "n1"),
    mounting("db-1", "n2"),
)
STORE = Store.of(OBJECTS)


def told(note, store=STORE, name=MASTER, before=STORE):
    return list(occurrences(name, (note,), Sight(after=store, before=before)))


@pytest.mark.parametrize(
    ("note", "component", "kind", "said"),
    [
        pytest.param(
            Note("deployment.ScalingReplicaSet", type="Normal", deployment="Deployment/web", message="m"),
            "deployment-controller",
            "Normal",
            "m",
            id="a deployment",
        ),
        pytest.param(
            Note("deployment.ReplicaSetCreateError", type="Warning", deployment="Deployment/web", message="m"),
            "deployment-controller",
            "Warning",
            "m",
            id="a warning",
        ),
        pytest.param(
            Note("replicaset.SuccessfulCreate", object="ReplicaSet/web", message="m"),
            "replicaset-controller",
            "Normal",
            "m",
            id="a ReplicaSet",
        ),
        pytest.param(
            Note("replicaset.FailedCreate", object="ReplicaSet/web", message="m"),
            "replicaset-controller",
            "Warning",
            "m",
            id="a failure whose note does not say its type",
        ),
        pytest.param(
            Note("nodelifecycle.NodeNotReady", object="Node/n1", message="status is now: NodeNotReady"),
            "node-controller",
            "Normal",
            "Node n1 status is now: NodeNotReady",
            id="a node's status",
        ),
        pytest.param(
            Note("nodelifecycle.RemovingNode", object="Node/n1", message="Removing Node n1 from Controller"),
            "node-controller",
            "Normal",
            "Node n1 event: Removing Node n1 from Controller",
            id="a node that goes",
        ),
        pytest.param(
            Note("csi.ProvisioningSucceeded", claim="PersistentVolumeClaim/data", volume="v"),
            "csi-provisioner",
            "Normal",
            "Successfully provisioned volume v",
            id="a volume that was made",
        ),
        pytest.param(
            Note("persistentvolume.ClaimLost", claim="PersistentVolumeClaim/data", message="m"),
            "persistentvolume-controller",
            "Warning",
            "m",
            id="a claim that lost its volume",
        ),
        pytest.param(
            Note("tainteviction.TaintManagerEviction", object="Pod/shop/q", message="m"),
            "taint-eviction-controller",
            "Normal",
            "m",
            id="a pod of another namespace",
        ),
    ],
)
def test_a_note_is_told_as_upstream_tells_it(note, component, kind, said):
    """The source, the type and the sentence are upstream's, the reason is the note's."""
    (one,) = told(note)

    assert (one.component, one.host, one.type, one.message) == (component, "", kind, said)
    assert one.reason == note.name.partition(".")[2]
    assert one.about.uid == f"uid-of-{one.about.name}"


@pytest.mark.parametrize(
    "note",
    [
        pytest.param(Note("object.created", object="Pod/p", client="kubectl"), id="a write"),
        pytest.param(Note("namespace.deletion_failed", namespace="shop", message="m"), id="a log line"),
        pytest.param(Note("pod.phase", pod="Pod/p", phase="Running"), id="a phase"),
        pytest.param(Note("turn.failed", process="x", key="y"), id="a turn that failed"),
    ],
)
def test_most_notes_are_no_events(note):
    """What upstream logs or only writes makes no event."""
    assert told(note) == []


def test_a_kubelet_tells_from_its_node():
    """The host of the event is the node."""
    note = Note("kubelet.FailedMount", pod="Pod/p", message="m")
    (one,) = told(note, name=ComponentKey("kubelet", "n1"))

    assert (one.component, one.host, one.type, one.reason) == ("kubelet", "n1", "Warning", "FailedMount")


def test_a_preempted_pod_is_told_who_took_its_place():
    """The event is about the victim and related to the one that came."""
    (one,) = told(Note("pod.preempted", pod="Pod/p", by="Pod/shop/q", node="n1"))

    assert (one.reason, one.action, one.about.name, one.related.name) == ("Preempted", "Preempting", "p", "q")
    assert one.message == "Preempted by pod uid-of-q on node n1"


@pytest.mark.parametrize(
    ("store", "message"),
    [
        pytest.param(STORE, 'Multi-Attach error for volume "v" Volume is already used by pod(s) db-1', id="who has it"),
        pytest.param(
            STORE.remove(key_of(OBJECTS[-1])),
            'Multi-Attach error for volume "v" Volume is already exclusively attached to one node and can\'t be '
            "attached to another",
            id="that somebody has it",
        ),
    ],
)
def test_pods_that_wait_for_a_volume_are_told(store, message):
    """Each pod on the node that wants it hears."""
    note = Note("attachdetach.FailedAttachVolume", volume="v", node="n1", message='Multi-Attach error for volume "v"')
    (one,) = told(note, store)

    assert (one.about.kind, one.about.name, one.type, one.reason) == ("Pod", "db-0", "Warning", "FailedAttachVolume")
    assert one.message == message


def test_what_is_gone_is_referred_to_as_it_was():
    """An object that went with the step is found before it; one that was never there has a name and a kind."""
    sight = Sight(after=STORE.remove(key_of(OBJECTS[3])), before=STORE)

    assert reference("Pod/p", sight).uid == "uid-of-p"
    assert (reference("Pod/x", sight).uid, reference("Pod/x", sight).api_version) == ("", "v1")
    assert (reference("Node/x", sight).namespace, reference("Pod/x", sight).namespace) == ("", "default")


def test_a_probe_that_kills_is_told_before_what_it_kills():
    """A liveness or startup probe that failed is a warning, and the stop that follows is not."""
    note = Note("kubelet.Killing", pod="Pod/p", message="Container c failed startup probe, will be restarted")
    unhealthy, killing = told(note, name=ComponentKey("kubelet", "n1"))

    assert (unhealthy.type, unhealthy.reason, unhealthy.message) == ("Warning", "Unhealthy", "Startup probe failed: ")
    assert (killing.type, killing.reason) == ("Normal", "Killing")
    assert killing.about.field_path == unhealthy.about.field_path == "spec.containers{c}"
