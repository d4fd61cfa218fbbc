"""Exports: what people made is taken to another cluster, without what the first cluster added to it."""

from __future__ import annotations

import pytest

from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.cluster.target import Target
from kcore.machine import Refusal
from kcore.model import NodeSpec, Plan, boot, build_model, settle
from kcore.users.act import ANSWERED
from kcore.users.apply import Apply
from kcore.users.delete import Delete
from kcore.users.export import exported
from kcore.world.behavior import Behavior

MODEL = build_model()
ROOM = {"cpu": "4", "memory": "8Gi", "pods": "110"}
ENDS = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "job:v1"}]}
RUNS = {"containers": [{"name": "c", "image": "app:v1"}]}


def of(kind, name, version="v1", namespace="default", **fields):
    """An object."""
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace}, **fields}


def workload(kind, name, **spec):
    """A workload of one pod."""
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": RUNS}
    return of(kind, name, "apps/v1", spec={"selector": {"matchLabels": labels}, "template": template, **spec})


CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "std"}
SHOP = (
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ops", "labels": {"team": "ops"}}},
    {"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": "d.io"}, "spec": {}},
    {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "std"}, "provisioner": "d.io"},
    workload("Deployment", "web", replicas=2),
    workload(
        "StatefulSet", "db", serviceName="db", volumeClaimTemplates=[{"metadata": {"name": "data"}, "spec": CLAIM}]
    ),
    of("Service", "web", spec={"type": "NodePort", "selector": {"app": "web"}, "ports": [{"port": 80}]}),
    of("Service", "db", spec={"clusterIP": "None", "selector": {"app": "db"}, "ports": [{"port": 5432}]}),
    of("ConfigMap", "settings", namespace="ops", data={"a": "b"}),
    of("Secret", "key", type="Opaque", data={"a": "Yg=="}),
    of("Pod", "bare", spec=RUNS),
    of("Job", "job", "batch/v1", spec={"template": {"spec": {**ENDS, "containers": RUNS["containers"]}}}),
)


def cluster(prefix="n"):
    """An idle cluster of two nodes."""
    return boot(MODEL, Plan(nodes=[NodeSpec(name=f"{prefix}{number}", capacity=ROOM) for number in (1, 2)]))


def applied(state, objects):
    """The settled state after objects were applied, all of which were taken."""
    step = MODEL.step(state, Apply(objects=tuple(objects), namespace="default"))
    assert not isinstance(step, Refusal), step
    codes = {dict(note.fields)["code"] for note in step.notes if note.name == ANSWERED}
    assert max(codes, default=200) < 400, [note for note in step.notes if dict(note.fields).get("code", 0) >= 400]
    return settle(MODEL, step.state, limit=120_000).state


@pytest.fixture(scope="module")
def shop():
    """A cluster in which everything runs."""
    return applied(cluster(), map(Json.of, SHOP))


def titles(objects):
    return sorted(f"{one.value['kind']}/{one.value['metadata']['name']}" for one in objects)


def test_what_people_made_is_exported_and_what_follows_from_it_is_not(shop):
    """No ReplicaSets, no pods of workloads, no volumes, nodes and endpoints; claims of a set have no owner."""
    made = [f"{one['kind']}/{one['metadata']['name']}" for one in SHOP]

    assert titles(exported(shop.store)) == sorted([*made, "PersistentVolumeClaim/data-db-0"])


def test_nothing_of_the_first_cluster_is_left_in_it(shop):
    """No uids, versions, statuses, addresses, ports, nodes and volumes."""
    for one in exported(shop.store):
        wire = one.value

        assert "status" not in wire
        assert not wire["metadata"].keys() & {"uid", "resourceVersion", "creationTimestamp", "generation"}
        assert wire["metadata"].get("finalizers", []) == []
        spec = wire.get("spec") or {}
        assert spec.get("clusterIP") in (None, "None")
        assert not spec.keys() & {"clusterIPs", "nodeName", "volumeName"}
        assert [port for port in spec.get("ports") or () if "nodePort" in port] == []


def test_another_cluster_takes_it_and_runs_it(shop):
    """On nodes of other names, with disks, addresses and uids of its own."""
    there = applied(cluster("m"), exported(shop.store))
    running = {one.pod.name.rpartition("-")[0] or one.pod.name for one in there.world.sandboxes.values() if one.running}

    assert {"bare", "db"} <= running
    assert len([one for one in there.world.sandboxes.values() if one.running]) == 5
    assert there.store.get(ObjectKey("PersistentVolumeClaim", "default", "data-db-0")).status.phase == "Bound"


def test_what_was_imported_is_exported_as_it_came(shop):
    """Nothing is lost on the way, and nothing is added, however often it moves."""
    once = exported(shop.store)
    there = applied(cluster("m"), once)

    assert exported(there.store) == once


def test_what_comes_first_is_there_when_it_is_needed(shop):
    """Namespaces before what is in them, claims before their users."""
    kinds = [one.value["kind"] for one in exported(shop.store)]

    assert kinds[0] == "Namespace"
    assert kinds.index("StorageClass") < kinds.index("PersistentVolumeClaim") < kinds.index("StatefulSet")


def test_an_idle_cluster_exports_nothing():
    """What every cluster has from its start is not moved."""
    assert exported(settle(MODEL, cluster()).state.store) == ()


def test_what_has_ended_is_not_run_once_more():
    """A Job that is complete, a pod that has ended, and what is on its way out stay behind."""
    done = of("Job", "done", "batch/v1", spec={"template": {"spec": ENDS}})
    ended = of("Pod", "ended", spec=ENDS)
    held = of("ConfigMap", "held")
    held["metadata"] |= {"finalizers": ["example.com/hold"]}
    behaviors = (Behavior(image="job:*", exit_code=0, after=1000),)
    state = boot(MODEL, Plan(nodes=[NodeSpec(name="n1", capacity=ROOM)], behaviors=behaviors))
    state = applied(state, map(Json.of, (done, ended, held)))
    step = MODEL.step(state, Delete(target=Target(kind="ConfigMap", namespace="default", name="held")))

    assert titles(exported(state.store)) == ["ConfigMap/held"]
    assert exported(step.state.store) == ()


def test_finalizers_of_others_are_kept():
    """They belong to whoever put them there."""
    held = of("ConfigMap", "held")
    held["metadata"] |= {"finalizers": ["example.com/hold"], "annotations": {"example.com/a": "b"}}
    (found,) = exported(applied(cluster(), [Json.of(held)]).store)

    assert found.value["metadata"]["finalizers"] == ["example.com/hold"]
    assert found.value["metadata"]["annotations"] == {"example.com/a": "b"}
