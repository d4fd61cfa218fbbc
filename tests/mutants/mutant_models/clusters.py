"""The small clusters that show mutants, by name."""

from __future__ import annotations

from functools import partial

from invariant_models.searches import ROLLOUT, ROOM, Small, deployment, service, web

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.cluster.target import Target
from kcore.cluster.timing import Timing
from kcore.controllers.deployment import DEPLOYMENT
from kcore.controllers.disruption import DISRUPTION
from kcore.controllers.endpointslice import ENDPOINTSLICE
from kcore.controllers.garbagecollector import GARBAGE_COLLECTOR
from kcore.controllers.podgc import PODGC
from kcore.controllers.replicaset import REPLICASET
from kcore.kubelet import KUBELET
from kcore.model import NodeSpec
from kcore.scheduler import SCHEDULER
from kcore.scheduler.configuration import read_configuration
from kcore.scheduler.scheduler import scheduler
from kcore.users.delete import Delete, Evict
from kcore.users.patch import Cordon, Label, Patch, Scale
from kcore.users.rollout import SetImage
from kcore.world.behavior import Behavior

POD = Target(kind="Pod", namespace="default", name="", selector="app=web")
PLACED = (SCHEDULER, KUBELET)
PACK = [{"name": "NodeResourcesFit", "args": {"scoringStrategy": {"type": "MostAllocated"}}}]
PACKING = read_configuration(
    {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "profiles": [{"pluginConfig": PACK}],
    }
)
TWO_SCHEDULERS = (SCHEDULER, scheduler(PACKING, family="packing-scheduler"))
"""One prefers the node with the most room, the other that with the least."""

RUN = (REPLICASET, *PLACED)
ENDS = Behavior(image="job:*", exit_code=0, after=1_000)
EDIT = Json.of({"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 1}})
"""An edit of a version that is long gone."""

NEVER_READY = Behavior(image="app:v2", ready=False)


def pod(name, image="app:v1", labels=None, requests=None, port=0, **spec):
    """A pod that nobody controls."""
    container = {"name": "c", "image": image, "resources": {"requests": requests or {}}}
    container |= {"ports": [{"containerPort": port, "hostPort": port}]} if port else {}
    metadata = {"name": name, "labels": labels or {"app": "web"}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container], **spec}}


def replica_set(replicas, name="web", **spec):
    """A ReplicaSet of pods of the app web."""
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "app:v1"}]}}
    given = {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": name}, "spec": given}


def budget(**spec):
    """A PodDisruptionBudget for the pods of the app web."""
    given = {"selector": {"matchLabels": {"app": "web"}}, **spec}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"}, "spec": given}


def of_another(name):
    """A pod of a ReplicaSet of the name web that is gone."""
    made = pod(name)
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "another", "controller": True}
    return {**made, "metadata": {**made["metadata"], "ownerReferences": [owner]}}


def held(name):
    """A ConfigMap with a finalizer."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "finalizers": ["example.com/hold"]}}


rolling = partial(Small, acts=ROLLOUT, budget={"rollout": 1}, anywhere=True)
SMALL_NODE = NodeSpec(name="n1", capacity=ROOM.set("cpu", "1"))

CLUSTERS = {
    "a rollout of two pods": rolling(objects=(deployment(2), service())),
    "a rollout of three pods in percent": rolling(objects=(deployment(3, surge="25%", unavailable="25%"),)),
    "a rollout to pods that never get ready": rolling(objects=(deployment(2),), behaviors=(NEVER_READY,)),
    "a rollout that nobody schedules": rolling(components=(DEPLOYMENT, REPLICASET), objects=(deployment(2),)),
    "a rollout that recreates": rolling(objects=(deployment(1, strategy={"type": "Recreate"}),)),
    "a rollout and back": Small(
        objects=(deployment(1),),
        acts={**ROLLOUT, "undo": SetImage(target=web(), image="app:v1")},
        budget={"rollout": 1, "undo": 1},
    ),
    "a Deployment that is made": Small(components=(DEPLOYMENT,), early=(deployment(1),)),
    "a Deployment that is scaled": Small(
        objects=(deployment(1),), acts={"up": Scale(target=web(), replicas=2)}, budget={"up": 1}
    ),
    "a ReplicaSet seen late": Small(
        components=(REPLICASET,), early=(replica_set(2),), timing=Timing.LAGGING, anywhere=True
    ),
    "a ReplicaSet of two": Small(
        components=RUN,
        early=(replica_set(2),),
        budget={"readinessLost": 1, "delete": 1},
        acts={"delete": Delete(target=POD)},
    ),
    "a ReplicaSet and a pod that changes its label": Small(
        components=RUN,
        objects=(replica_set(1), pod("other", labels={"app": "other"})),
        budget={"label": 1},
        acts={"label": Label(target=POD, labels=FrozenMap({"app": "gone"}))},
    ),
    "a Service of pods that end": Small(
        components=(*PLACED, ENDPOINTSLICE),
        early=(service(), pod("ends", "job:v1", restartPolicy="Never"), pod("runs")),
        behaviors=(ENDS,),
        budget={"readinessLost": 1, "delete": 1},
        acts={"delete": Delete(target=Target(kind="Pod", namespace="default", name="runs"))},
    ),
    "a Service of some pods": Small(
        components=(*PLACED, ENDPOINTSLICE), early=(service(), pod("in"), pod("out", labels={"app": "api"}))
    ),
    "two pods for a node of one CPU": Small(
        components=PLACED, early=tuple(pod(one, requests={"cpu": "600m"}) for one in "pq"), nodes=(SMALL_NODE,)
    ),
    "two pods for one port": Small(components=PLACED, early=tuple(pod(one, port=80) for one in "pq"), nodes=("n1",)),
    "a pod after a cordon": Small(
        components=(*RUN,),
        objects=(replica_set(1),),
        nodes=("n1",),
        budget={"cordon": 1, "up": 1},
        acts={"cordon": Cordon(node="n1"), "up": Scale(target=web("ReplicaSet"), replicas=2)},
    ),
    "a tainted node": Small(
        components=PLACED,
        early=(pod("p"),),
        nodes=(NodeSpec(name="n1", capacity=ROOM, taints=(FrozenMap({"key": "a", "effect": "NoSchedule"}),)),),
    ),
    "a node that is not selected": Small(
        components=PLACED, early=(pod("p", nodeSelector={"disk": "ssd"}),), nodes=("n1",)
    ),
    "pods that end": Small(
        components=PLACED,
        early=(pod("p", "job:v1", restartPolicy="Never"), pod("q", "job:v1", restartPolicy="OnFailure")),
        behaviors=(ENDS,),
    ),
    "two pods on a node": Small(components=PLACED, early=(pod("p"), pod("q")), nodes=("n1",)),
    "two pods on two nodes": Small(components=PLACED, early=(pod("p"), pod("q"))),
    "a pod that is deleted": Small(
        components=PLACED, objects=(pod("p"),), acts={"delete": Delete(target=POD)}, budget={"delete": 1}
    ),
    "an owner that is deleted": Small(
        components=(*RUN, GARBAGE_COLLECTOR),
        objects=(replica_set(1),),
        acts={"delete": Delete(target=web("ReplicaSet"))},
        budget={"delete": 1},
    ),
    "something with a finalizer": Small(
        components=(),
        objects=(held("c"),),
        acts={"delete": Delete(target=Target(kind="ConfigMap", namespace="default", name="c"))},
        budget={"delete": 1},
    ),
    "two Services": Small(components=(), early=(service(), {**service(), "metadata": {"name": "api"}})),
    "an eviction": Small(
        components=(*RUN, DISRUPTION),
        objects=(replica_set(2), budget(minAvailable=1)),
        acts={"evict": Evict(target=POD), "again": Evict(target=POD)},
        budget={"evict": 1, "again": 1, "readinessLost": 1},
    ),
    "a budget in percent": Small(
        components=(DEPLOYMENT, *RUN, DISRUPTION), early=(deployment(3), budget(maxUnavailable="40%"))
    ),
    "a ReplicaSet and a pod of another of its name": Small(components=RUN, early=(replica_set(1), of_another("p"))),
    "two schedulers": Small(
        components=(*TWO_SCHEDULERS, KUBELET),
        early=(pod("p", requests={"cpu": "1", "memory": "2Gi"}),),
        nodes=(NodeSpec(name="n1", capacity=ROOM.set("cpu", "2").set("memory", "4Gi")), "n2"),
        timing=Timing.INTERLEAVED,
        anywhere=True,
    ),
    "a Deployment that two people edit": Small(
        components=(),
        objects=(deployment(1),),
        acts={"up": Scale(target=web(), replicas=2), "edit": Patch(target=web(), patch=EDIT)},
        budget={"up": 1, "edit": 1},
        anywhere=True,
    ),
    "a node that is removed": Small(
        components=(SCHEDULER, PODGC),
        objects=(pod("p"),),
        nodes=("n1",),
        budget={"remove": 1},
        acts={"remove": Delete(target=Target(kind="Node", namespace="", name="n1"))},
    ),
    "a pod that gets a label as it leaves": Small(
        components=PLACED,
        objects=(pod("p"),),
        anywhere=True,
        budget={"delete": 1, "label": 1},
        acts={"delete": Delete(target=POD), "label": Label(target=POD, labels=FrozenMap({"late": "yes"}))},
    ),
}
