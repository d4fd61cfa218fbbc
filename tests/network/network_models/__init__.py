"""Small clusters with a network: a Service of two pods on three nodes in three zones, and who asks for it."""

from __future__ import annotations

from functools import cache

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.cluster.config import ClusterConfig
from kcore.cluster.network import network_of
from kcore.cluster.target import Target
from kcore.machine import Refusal
from kcore.model import NodeSpec, Plan, boot, build_model, components_of, settle
from kcore.network.path import Client, path
from kcore.users.apply import Apply

ROOM = FrozenMap({"cpu": "4", "memory": "8Gi", "pods": "110"})
CLOUD = ClusterConfig(cloud_provider="external")
MODEL = build_model(components_of(CLOUD))
NODES = tuple(
    NodeSpec(name=f"n{number}", capacity=ROOM, labels=FrozenMap({"topology.kubernetes.io/zone": zone}))
    for number, zone in enumerate("abc", 1)
)
OUTSIDE = Client(address="198.51.100.7")


def wire(kind, name, spec=None, version="v1", labels=None, **more):
    """An object as a manifest has it."""
    metadata = {"name": name, "labels": labels or {}}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **({"spec": spec} if spec else {}), **more}


def pod(name, node, app="web", port=8080, **spec):
    """A pod on a node, that listens at a port, named http."""
    container = {"name": "c", "image": f"{app}:v1", "ports": [{"name": "http", "containerPort": port}]}
    return wire("Pod", name, {"containers": [container], "nodeName": node, **spec}, labels={"app": app})


def service(name="web", port=80, target="http", **spec):
    """A Service of the pods of an app."""
    ports = [{"name": "http", "port": port, "targetPort": target}]
    return wire("Service", name, {"selector": {"app": name}, "ports": ports, **spec})


def policy(name, app, **spec):
    """A NetworkPolicy over the pods of an app."""
    given = {"podSelector": {"matchLabels": {"app": app}}, **spec}
    return wire("NetworkPolicy", name, given, "networking.k8s.io/v1")


def booted(**plan):
    """A cluster of three nodes with a cloud."""
    return settle(MODEL, boot(MODEL, Plan(nodes=NODES, config=CLOUD, **plan))).state


def applied(state, *objects):
    """The state after objects were applied and all has settled."""
    return then(state, Apply(objects=tuple(map(Json.of, objects))))


def then(state, event, *, settled=True):
    """The state after an event, once it has settled."""
    step = MODEL.step(state, event)
    assert not isinstance(step, Refusal), step
    return settle(MODEL, step.state).state if settled else step.state


@cache
def running():
    """Two pods on the first two nodes, and a client on each node."""
    clients = [pod(f"client-{one.name}", one.name, app="client") for one in NODES]
    return applied(booted(), pod("web-1", "n1"), pod("web-2", "n2"), *clients)


def web(*more, svc=None):
    """A Service with a pod on each of the first two nodes, and a client on each node."""
    return applied(running(), svc or service(), *more)


def client(state, node="n3"):
    """The client on a node."""
    return Client.of(state.store.get(ObjectKey("Pod", "default", f"client-{node}")))


def asked(state, host="web", port=80, node="n3"):
    """What becomes of a request of the client on a node."""
    return path(network_of(state), client(state, node), host, port)


def names(found):
    """The pods that answer."""
    return [one.backend.pod.name for one in found.answered]


def target(kind, name):
    """The target of an act."""
    return Target(kind=kind, namespace="default", name=name)
