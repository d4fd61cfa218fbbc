"""States made by hand: a cluster at rest whose store says what a test wants it to say."""

from __future__ import annotations

from functools import cache

from kcore.api.convert import from_wire
from kcore.api.evolve import evolve
from kcore.api.frozenmap import FrozenMap
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.client.component import ComponentKey
from kcore.model import NodeSpec, Plan, boot, build_model, settle
from kcore.world.actions import CreateSandbox, StartContainer
from kcore.world.sandbox import SandboxId

ROOM = FrozenMap({"cpu": "2", "memory": "4Gi", "pods": "3"})
OWNER = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "rs", "controller": True}


@cache
def rest():
    """A cluster of two nodes in which nothing is due, with all controllers."""
    model = build_model()
    nodes = [NodeSpec(name=name, capacity=ROOM) for name in ("n1", "n2")]
    state = settle(model, boot(model, Plan(nodes=nodes))).state
    state = evolve(state, store=state.store.compact(state.store.revision))
    for name, process in state.processes.items():
        state = state.with_process(name, evolve(process, wakes=process.wakes.__class__()))
    return state


def cluster(*writes, runs=()):
    """The cluster at rest after writes: an object in JSON is put, a key removed. `runs` are (node, pod, uid)."""
    state = rest()
    store, world = state.store, state.world
    for write in writes:
        store = store.remove(write) if isinstance(write, ObjectKey) else store.put(from_wire(write))
    for node, pod, uid in runs:
        id_ = SandboxId(node, uid)
        world = world.act(CreateSandbox(id=id_, pod=ObjectKey("Pod", "default", pod), grace=30), state.now)
        world = world.act(StartContainer(id=id_, name="c", image="app:v1"), state.now)
        world, _ = world.fire(state.now + 60_000)
    return evolve(state, store=store, world=world)


def busy(state, family):
    """The state in which a controller has still something to look at."""
    return state.enqueue(ComponentKey(family, "m1"), ObjectKey("Any", "default", "thing"))


def forgotten(state):
    """The state in which the log does not tell how it came to be."""
    return evolve(state, store=state.store.compact(state.store.revision))


def meta(kind, name, uid="", **more):
    """The beginning of an object."""
    return {
        "apiVersion": _VERSIONS.get(kind, "v1"),
        "kind": kind,
        "metadata": {"name": name, "namespace": "default", "uid": uid or name, "generation": 1, **more},
    }


def pod(name, *, phase="Running", ready=True, node="n1", ip="", policy="Always", owner=OWNER, status=None, **more):
    """A pod of the ReplicaSet web, unless `owner` says otherwise; `more` is metadata, but for `spec`."""
    spec = {"containers": [{"name": "c", "image": "app:v1"}], "nodeName": node, "restartPolicy": policy}
    spec["terminationGracePeriodSeconds"] = 30
    spec |= more.pop("spec", {})
    owners = {"ownerReferences": [owner]} if owner else {}
    said = {"phase": phase, "conditions": [{"type": "Ready", "status": str(ready), "lastTransitionTime": EPOCH}]}
    if ip:
        said |= {"podIP": ip, "podIPs": [{"ip": ip}]}
    begun = meta("Pod", name, **{"labels": {"app": "web"}, **owners, **more})
    return {**begun, "spec": spec, "status": {**said, **(status or {})}}


def replica_set(replicas, name="web", uid="rs", *, status=None, owner=None, revision="1", **more):
    """A ReplicaSet, of the Deployment web if `owner`; its pods run the image of its name's hash."""
    owners = {"ownerReferences": [{**OWNER, "kind": "Deployment", "uid": "dep"}]} if owner else {}
    notes = {REVISION: revision, DESIRED: "2"}
    begun = meta("ReplicaSet", name, uid, annotations=notes, **{**owners, **more})
    image = more.pop("image", f"app:{name}")
    spec = {"replicas": replicas, "selector": SELECTOR, "template": template(image)}
    return {**begun, "spec": spec, "status": {"replicas": 0, "observedGeneration": 1, **(status or {})}}


def deployment(replicas, image="app:web", *, surge=1, unavailable=0, status=None, revision="1", **more):
    """The Deployment web."""
    rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
    strategy = {"type": "RollingUpdate", "rollingUpdate": rolling}
    spec = {"replicas": replicas, "selector": SELECTOR, "template": template(image), "strategy": strategy}
    begun = meta("Deployment", "web", "dep", annotations={REVISION: revision}, **more)
    return {**begun, "spec": spec, "status": {"observedGeneration": 1, **(status or {})}}


def template(image):
    """A template of one container."""
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": image}]}}


def service(name="web", ip="10.96.0.10", **spec):
    """A Service for the pods of the app web."""
    given = {"selector": {"app": "web"}, "clusterIP": ip, "clusterIPs": [ip], "ports": [{"port": 80, "targetPort": 80}]}
    return {**meta("Service", name), "spec": {**given, **spec}}


def slices(*endpoints, service="web"):
    """The EndpointSlice of a Service with endpoints as made by `endpoint`."""
    labels = {"kubernetes.io/service-name": service, "endpointslice.kubernetes.io/managed-by": MANAGER}
    begun = meta("EndpointSlice", f"{service}-1", labels=labels)
    return {
        **begun,
        "addressType": "IPv4",
        "endpoints": list(endpoints),
        "ports": [{"port": 80, "protocol": "TCP", "name": ""}],
    }


def endpoint(pod, ip, *, ready=True, serving=None, terminating=False, node="n1"):
    """An endpoint for a pod."""
    serving = ready if serving is None else serving
    said = {"ready": ready, "serving": serving, "terminating": terminating}
    target = {"kind": "Pod", "namespace": "default", "name": pod, "uid": pod}
    return {"addresses": [ip], "conditions": said, "targetRef": target, "nodeName": node}


def budget(allowed, healthy, *, desired=1, expected=2, disrupted=(), **spec):
    """The PodDisruptionBudget web."""
    status = {
        "observedGeneration": 1,
        "disruptionsAllowed": allowed,
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "expectedPods": expected,
        "disruptedPods": dict.fromkeys(disrupted, EPOCH),
    }
    return {
        **meta("PodDisruptionBudget", "web"),
        "spec": {"selector": SELECTOR, **(spec or {"minAvailable": 1})},
        "status": status,
    }


def node(name, labels=None, **spec):
    """A node with room for 2 CPUs, 4Gi of memory and 3 pods."""
    begun = meta("Node", name, labels=labels or {})
    begun["metadata"]["namespace"] = ""
    return {**begun, "spec": spec, "status": {"allocatable": dict(ROOM), "capacity": dict(ROOM)}}


def changed(wire, /, **metadata):
    """An object with other metadata."""
    return {**wire, "metadata": {**wire["metadata"], **metadata}}


def at(wire):
    """The key of an object."""
    return key_of(from_wire(wire))


EPOCH = "2000-01-01T00:00:00Z"
LATER = "2000-01-01T00:00:30Z"
REVISION = "deployment.kubernetes.io/revision"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MANAGER = "endpointslice-controller.k8s.io"
SELECTOR = {"matchLabels": {"app": "web"}}
_VERSIONS = {
    "ReplicaSet": "apps/v1",
    "Deployment": "apps/v1",
    "EndpointSlice": "discovery.k8s.io/v1",
    "PodDisruptionBudget": "policy/v1",
}
