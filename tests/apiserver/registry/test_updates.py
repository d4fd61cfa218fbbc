"""What an update may change, kind by kind."""

from __future__ import annotations

import copy

import pytest

from kcore.apiserver.registry import strategy_of

META = {"name": "a", "namespace": "default", "uid": "1", "resourceVersion": "1"}
TEMPLATE = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}
WORKLOAD = {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": TEMPLATE}
TOLERATION = {"key": "k", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5}
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
ZONE = {"key": "zone", "operator": "In", "values": ["a"]}
CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "s"}

OBJECTS = {
    "Pod": {"spec": {**TEMPLATE["spec"], "tolerations": [TOLERATION], "activeDeadlineSeconds": 10}},
    "Gated": {
        "spec": {
            **TEMPLATE["spec"],
            "schedulingGates": [{"name": "a.io/b"}],
            "nodeSelector": {"x": "y"},
            "affinity": {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [{"matchExpressions": [ZONE]}]}}},
        }
    },
    "Deployment": {"spec": WORKLOAD},
    "ReplicaSet": {"spec": WORKLOAD},
    "StatefulSet": {"spec": {**WORKLOAD, "serviceName": "s"}},
    "Service": {"spec": {"ports": [{"port": 80}], "clusterIP": "10.96.0.5", "clusterIPs": ["10.96.0.5"]}},
    "ConfigMap": {"data": {"a": "b"}, "immutable": True},
    "Secret": {"type": "Opaque", "data": {"a": "dA=="}},
    "PersistentVolumeClaim": {"spec": CLAIM},
    "PersistentVolume": {
        "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/a"}}
    },
    "Node": {"spec": {"podCIDR": "10.0.0.0/24", "providerID": "p"}},
    "EndpointSlice": {"addressType": "IPv4"},
}

CHANGES = {
    "an image may change": ("Pod", "spec.containers.0.image", "i:2", []),
    "a command may not": ("Pod", "spec.containers.0.command", ["x"], ["FORBIDDEN spec"]),
    "a pod stays where it is": ("Pod", "spec.nodeName", "n", ["FORBIDDEN spec"]),
    "no container is added": ("Pod", "spec.initContainers", [{"name": "i"}], ["FORBIDDEN spec.initContainers"]),
    "a deadline may come nearer": ("Pod", "spec.activeDeadlineSeconds", 5, []),
    "a deadline may not move away": (
        "Pod",
        "spec.activeDeadlineSeconds",
        20,
        ["INVALID spec.activeDeadlineSeconds"],
    ),
    "a deadline stays": ("Pod", "spec.activeDeadlineSeconds", None, ["INVALID spec.activeDeadlineSeconds"]),
    "a toleration may be added": ("Pod", "spec.tolerations", [TOLERATION, {"operator": "Exists"}], []),
    "a toleration may last longer": ("Pod", "spec.tolerations", [{**TOLERATION, "tolerationSeconds": 9}], []),
    "a toleration stays": ("Pod", "spec.tolerations", [], ["FORBIDDEN spec.tolerations"]),
    "no gate is added": (
        "Pod",
        "spec.schedulingGates",
        [{"name": "a.io/b"}],
        ["FORBIDDEN spec.schedulingGates[0].name"],
    ),
    "a gate may go": ("Gated", "spec.schedulingGates", [], []),
    "a gated pod may be led to a node": ("Gated", "spec.nodeSelector", {"x": "y", "z": "1"}, []),
    "but not elsewhere": ("Gated", "spec.nodeSelector", {"x": "z"}, ["INVALID spec.nodeSelector"]),
    "a gated pod's terms may grow": (
        "Gated",
        f"spec.affinity.nodeAffinity.{REQUIRED}.nodeSelectorTerms.0.matchFields",
        [{"key": "metadata.name", "operator": "In", "values": ["n"]}],
        [],
    ),
    "but not change": (
        "Gated",
        f"spec.affinity.nodeAffinity.{REQUIRED}.nodeSelectorTerms.0.matchExpressions.0.values",
        ["b"],
        [f"INVALID spec.affinity.nodeAffinity.{REQUIRED}.nodeSelectorTerms[0]"],
    ),
    "a Deployment's selector stays": (
        "Deployment",
        "spec.selector",
        {"matchLabels": {"a": "c"}},
        ["INVALID spec.selector"],
    ),
    "a Deployment's template may change": ("Deployment", "spec.template.spec.containers.0.image", "i:2", []),
    "a ReplicaSet's selector stays": (
        "ReplicaSet",
        "spec.selector",
        {"matchLabels": {"a": "c"}},
        ["INVALID spec.selector"],
    ),
    "a StatefulSet may grow": ("StatefulSet", "spec.replicas", 2, []),
    "a StatefulSet's history may shorten": ("StatefulSet", "spec.revisionHistoryLimit", 2, []),
    "a StatefulSet's Service stays": ("StatefulSet", "spec.serviceName", "t", ["FORBIDDEN spec"]),
    "a Service's address stays": ("Service", "spec.clusterIPs", ["10.96.0.6"], ["INVALID spec.clusterIPs[0]"]),
    "a Service may become a name": ("Service", "spec.type", "ExternalName", []),
    "frozen data stays": ("ConfigMap", "data", {"a": "c"}, ["FORBIDDEN data"]),
    "what is frozen stays so": ("ConfigMap", "immutable", False, ["FORBIDDEN immutable"]),
    "labels of what is frozen may change": ("ConfigMap", "metadata.labels", {"a": "b"}, []),
    "a Secret's type stays": ("Secret", "type", "x.io/y", ["INVALID type"]),
    "a Secret's data may change": ("Secret", "data", {"a": "dB=="}, []),
    "a claim gets its volume once": ("PersistentVolumeClaim", "spec.volumeName", "v", []),
    "a claim that is not bound stays small": (
        "PersistentVolumeClaim",
        "spec.resources.requests.storage",
        "2Gi",
        ["FORBIDDEN spec"],
    ),
    "a claim's class stays": ("PersistentVolumeClaim", "spec.storageClassName", "t", ["FORBIDDEN spec"]),
    "a volume's source stays": (
        "PersistentVolume",
        "spec.hostPath.path",
        "/b",
        ["FORBIDDEN spec.persistentvolumesource"],
    ),
    "a volume may be kept": ("PersistentVolume", "spec.persistentVolumeReclaimPolicy", "Delete", []),
    "a node may be cordoned": ("Node", "spec.unschedulable", True, []),
    "a node's range stays": ("Node", "spec.podCIDRs", ["10.1.0.0/24"], ["FORBIDDEN spec.podCIDRs"]),
    "a slice's family stays": ("EndpointSlice", "addressType", "IPv6", ["INVALID addressType"]),
}


def change(wire, path, value):
    """Return a copy of `wire` with `value` at `path`; None takes the field away."""
    wire = copy.deepcopy(wire)
    *steps, last = path.split(".")
    inner = wire
    for step in steps:
        inner = inner[int(step)] if isinstance(inner, list) else inner[step]
    if value is None:
        inner.pop(last)
    else:
        inner[last] = value
    return wire


@pytest.mark.parametrize(("name", "path", "value", "expected"), CHANGES.values(), ids=CHANGES)
def test_a_change_is_allowed_or_not(name, path, value, expected):
    """An update fails for what it changes, and for nothing else."""
    strategy = strategy_of("Pod" if name == "Gated" else name)
    old = {"metadata": dict(META), **copy.deepcopy(OBJECTS[name])}
    strategy.default(old)
    new = change(old, path, value)

    assert expected == [f"{error.type.name} {error.path}" for error in strategy.validate_update(new, old)]


def test_a_bound_claim_may_ask_for_more_but_not_for_less():
    """Growth is for bound claims, shrinking for none."""
    strategy = strategy_of("PersistentVolumeClaim")
    old = {"metadata": META, "spec": CLAIM, "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}}}
    more, less = (change(old, "spec.resources.requests.storage", size) for size in ("2Gi", "500Mi"))

    assert list(strategy.validate_update(more, old)) == []
    assert [error.path for error in strategy.validate_update(less, old)] == ["spec.resources.requests.storage"]


STATUSES = {
    "a pod's conditions may change": ("Pod", {"conditions": [{"type": "Ready", "status": "True"}]}, []),
    "a pod's class stays": ("Pod", {"qosClass": "Guaranteed"}, ["INVALID status.qosClass"]),
    "a pod's address is one": ("Pod", {"podIPs": [{"ip": "x"}]}, ["INVALID status.podIPs[0]"]),
    "a pod has one address of a family": (
        "Pod",
        {"podIPs": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}]},
        ["INVALID status.podIPs"],
    ),
    "a Deployment has no more pods ready than pods": (
        "Deployment",
        {"replicas": 1, "readyReplicas": 2},
        ["INVALID status.readyReplicas"],
    ),
    "a ReplicaSet has no pods available that are not ready": (
        "ReplicaSet",
        {"replicas": 1, "availableReplicas": 1},
        ["INVALID status.availableReplicas"],
    ),
    "no count is negative": ("StatefulSet", {"currentReplicas": -1}, ["INVALID status.currentReplicas"]),
    "a living namespace is active": ("Namespace", {"phase": "Terminating"}, ["INVALID status.Phase"]),
    "a node has an address once": (
        "Node",
        {"addresses": [{"type": "InternalIP", "address": "10.0.0.1"}] * 2},
        ["DUPLICATE status.addresses[1]"],
    ),
    "only a load balancer has a way in": (
        "Service",
        {"loadBalancer": {"ingress": [{"hostname": "a.b"}]}},
        ["FORBIDDEN status.loadBalancer.ingress"],
    ),
    "a budget's condition has a reason": (
        "PodDisruptionBudget",
        {"conditions": [{"type": "A", "status": "True", "lastTransitionTime": "t"}]},
        ["REQUIRED status.conditions[0].reason"],
    ),
}


@pytest.mark.parametrize(("kind", "status", "expected"), STATUSES.values(), ids=STATUSES)
def test_a_status_is_allowed_or_not(kind, status, expected):
    """A write to the status subresource fails for what it says."""
    old = {"metadata": META, "spec": {}, "status": {}}

    errors = strategy_of(kind).validate_status({**old, "status": status}, old)

    assert expected == [f"{error.type.name} {error.path}" for error in errors]


def test_a_container_that_ended_for_good_stays_ended():
    """Under a policy that does not restart, nothing comes back from the dead; a sidecar may."""
    ended, running = {"state": {"terminated": {"exitCode": 0}}}, {"state": {"running": {}}}
    spec = {"restartPolicy": "OnFailure", "initContainers": [{"name": "side", "restartPolicy": "Always"}]}

    def pod(state):
        status = {"containerStatuses": [{"name": "c", **state}], "initContainerStatuses": [{"name": "side", **state}]}
        return {"metadata": META, "spec": spec, "status": status}

    errors = strategy_of("Pod").validate_status(pod(running), pod(ended))

    assert [error.path for error in errors] == ["status.containerStatuses[0].state"]
