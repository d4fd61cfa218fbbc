"""What the clauses of the kinds promise beside the other tables here: defaults, faults and what may not change."""

from __future__ import annotations

import copy

import pytest

from kcore.apiserver.registry import strategy_of

TEMPLATE = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}
FAILING = {"rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}]}
CPU = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}


def at(wire, path):
    """Return what stands at a path of fields and indexes, None where it ends."""
    for step in path.split("."):
        wire = wire[int(step)] if isinstance(wire, list) else (wire or {}).get(step)
    return wire


DEFAULTS = {
    "a ReplicaSet makes one pod": ("ReplicaSet", {"spec": {}}, "spec.replicas", 1),
    "a ReplicationController makes one pod": ("ReplicationController", {"spec": {}}, "spec.replicas", 1),
    "and selects what it makes": (
        "ReplicationController",
        {"spec": {"template": TEMPLATE}},
        "spec.selector",
        {"a": "b"},
    ),
    "and is labelled as what it makes": (
        "ReplicationController",
        {"spec": {"template": TEMPLATE}},
        "metadata.labels",
        {"a": "b"},
    ),
    "a StatefulSet makes one pod": ("StatefulSet", {"spec": {}}, "spec.replicas", 1),
    "a StatefulSet keeps ten revisions": ("StatefulSet", {"spec": {}}, "spec.revisionHistoryLimit", 10),
    "a StatefulSet rolls all of its pods": (
        "StatefulSet",
        {"spec": {}},
        "spec.updateStrategy",
        {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
    ),
    "a StatefulSet that waits for a person rolls nothing": (
        "StatefulSet",
        {"spec": {"updateStrategy": {"type": "OnDelete"}}},
        "spec.updateStrategy.rollingUpdate",
        None,
    ),
    "a Deployment keeps ten revisions": ("Deployment", {"spec": {}}, "spec.revisionHistoryLimit", 10),
    "a Deployment has ten minutes": ("Deployment", {"spec": {}}, "spec.progressDeadlineSeconds", 600),
    "a DaemonSet rolls node by node": (
        "DaemonSet",
        {"spec": {}},
        "spec.updateStrategy",
        {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}},
    ),
    "a DaemonSet keeps ten revisions": ("DaemonSet", {"spec": {}}, "spec.revisionHistoryLimit", 10),
    "a DaemonSet that waits for a person rolls nothing": (
        "DaemonSet",
        {"spec": {"updateStrategy": {"type": "OnDelete"}}},
        "spec.updateStrategy.rollingUpdate",
        None,
    ),
    "a Job runs one pod to its end": ("Job", {"spec": {}}, "spec.completions", 1),
    "a Job runs one pod at once": ("Job", {"spec": {"completions": 5}}, "spec.parallelism", 1),
    "a work queue has no completions": ("Job", {"spec": {"parallelism": 2}}, "spec.completions", None),
    "a Job fails seven times": ("Job", {"spec": {}}, "spec.backoffLimit", 6),
    "limits per index are all the limits": (
        "Job",
        {"spec": {"backoffLimitPerIndex": 1}},
        "spec.backoffLimit",
        2_147_483_647,
    ),
    "a Job counts pods": ("Job", {"spec": {}}, "spec.completionMode", "NonIndexed"),
    "a Job runs": ("Job", {"spec": {}}, "spec.suspend", False),
    "a pod that goes is replaced": ("Job", {"spec": {}}, "spec.podReplacementPolicy", "TerminatingOrFailed"),
    "with a failure policy one that failed is": (
        "Job",
        {"spec": {"podFailurePolicy": FAILING}},
        "spec.podReplacementPolicy",
        "Failed",
    ),
    "a condition is looked for as true": (
        "Job",
        {"spec": {"podFailurePolicy": copy.deepcopy(FAILING)}},
        "spec.podFailurePolicy.rules.0.onPodConditions.0.status",
        "True",
    ),
    "Jobs of a CronJob run beside each other": ("CronJob", {"spec": {}}, "spec.concurrencyPolicy", "Allow"),
    "a CronJob keeps three Jobs that were complete": ("CronJob", {"spec": {}}, "spec.successfulJobsHistoryLimit", 3),
    "a CronJob keeps one Job that failed": ("CronJob", {"spec": {}}, "spec.failedJobsHistoryLimit", 1),
    "a CronJob goes on": ("CronJob", {"spec": {}}, "spec.suspend", False),
    "the Job of a template is left open": ("CronJob", {"spec": {}}, "spec.jobTemplate.spec.backoffLimit", None),
    "an autoscaler leaves one pod": ("HorizontalPodAutoscaler", {"spec": {}}, "spec.minReplicas", 1),
    "an autoscaler looks at the CPU": ("HorizontalPodAutoscaler", {"spec": {}}, "spec.metrics", [CPU]),
    "an autoscaler without behavior has none": ("HorizontalPodAutoscaler", {"spec": {}}, "spec.behavior", None),
    "growth waits for nothing": (
        "HorizontalPodAutoscaler",
        {"spec": {"behavior": {"scaleUp": {}}}},
        "spec.behavior.scaleUp.stabilizationWindowSeconds",
        0,
    ),
    "the pods of a PodTemplate have defaults": (
        "PodTemplate",
        {"template": TEMPLATE},
        "template.spec.restartPolicy",
        "Always",
    ),
    "a ControllerRevision has a number": ("ControllerRevision", {"data": {}}, "revision", 0),
    "the most is the limit": (
        "LimitRange",
        {"spec": {"limits": [{"type": "Container", "max": {"cpu": "2"}}]}},
        "spec.limits.0.default",
        {"cpu": "2"},
    ),
    "the limit is the request": (
        "LimitRange",
        {"spec": {"limits": [{"type": "Container", "default": {"cpu": "2"}, "min": {"cpu": "1"}}]}},
        "spec.limits.0.defaultRequest",
        {"cpu": "2"},
    ),
    "the least is the request where there is no limit": (
        "LimitRange",
        {"spec": {"limits": [{"type": "Container", "min": {"cpu": "1"}}]}},
        "spec.limits.0.defaultRequest",
        {"cpu": "1"},
    ),
    "pods have no default limits": (
        "LimitRange",
        {"spec": {"limits": [{"type": "Pod", "max": {"cpu": "2"}}]}},
        "spec.limits.0.default",
        None,
    ),
    "a quota has canonical amounts": (
        "ResourceQuota",
        {"spec": {"hard": {"memory": "1024Mi"}}},
        "spec.hard",
        {"memory": "1Gi"},
    ),
    "an endpoint is reached over TCP": (
        "Endpoints",
        {"subsets": [{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}]}]},
        "subsets.0.ports.0.protocol",
        "TCP",
    ),
    "a slice is reached over TCP": ("EndpointSlice", {"ports": [{"port": 80}]}, "ports.0.protocol", "TCP"),
    "a policy is about what comes": ("NetworkPolicy", {"spec": {}}, "spec.policyTypes", ["Ingress"]),
    "a policy that names what leaves is about it, too": (
        "NetworkPolicy",
        {"spec": {"egress": [{}]}},
        "spec.policyTypes",
        ["Ingress", "Egress"],
    ),
    "a policy is about TCP": (
        "NetworkPolicy",
        {"spec": {"ingress": [{"ports": [{"port": 80}]}]}},
        "spec.ingress.0.ports.0.protocol",
        "TCP",
    ),
    "the parameters of a class are the cluster's": (
        "IngressClass",
        {"spec": {"controller": "a.io/b", "parameters": {"kind": "P", "name": "p"}}},
        "spec.parameters.scope",
        "Cluster",
    ),
    "the type of a path is not guessed": (
        "Ingress",
        {"spec": {"rules": [{"http": {"paths": [{"path": "/"}]}}]}},
        "spec.rules.0.http.paths.0.pathType",
        None,
    ),
    "a budget asks for nothing by itself": ("PodDisruptionBudget", {"spec": {}}, "spec", {}),
    "a priority makes room": ("PriorityClass", {"value": 5}, "preemptionPolicy", "PreemptLowerPriority"),
    "a class deletes its volumes": ("StorageClass", {}, "reclaimPolicy", "Delete"),
    "a class binds at once": ("StorageClass", {}, "volumeBindingMode", "Immediate"),
    "a driver owns files of a group by their type": (
        "CSIDriver",
        {"spec": {}},
        "spec.fsGroupPolicy",
        "ReadWriteOnceWithFSType",
    ),
    "the volumes of a driver outlive pods": ("CSIDriver", {"spec": {}}, "spec.volumeLifecycleModes", ["Persistent"]),
    "a driver is not asked how much it has": ("CSIDriver", {"spec": {}}, "spec.storageCapacity", False),
    "a ConfigMap is as it is given": ("ConfigMap", {"data": {"a": "b"}}, "data", {"a": "b"}),
    "a Lease has no length by itself": ("Lease", {}, "spec", {}),
    "an event has no count by itself": ("Event", {"metadata": {"name": "e"}}, "count", None),
}


@pytest.mark.parametrize(("kind", "wire", "path", "expected"), DEFAULTS.values(), ids=DEFAULTS)
def test_what_is_left_open_is_filled_in(kind, wire, path, expected):
    """What a manifest does not say is as the real API server has it, and nothing else is made up."""
    wire = copy.deepcopy(wire)
    strategy_of(kind).default(wire)

    assert at(wire, path) == expected


def reached(**fields):
    """Return an EndpointSlice with one endpoint."""
    return {"addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.1"], **fields}]}


FAULTS = {
    "a slice is sound": ("EndpointSlice", reached(), []),
    "a slice has a family": ("EndpointSlice", {**reached(), "addressType": ""}, ["REQUIRED addressType"]),
    "a family is known": ("EndpointSlice", {"addressType": "IPv5"}, ["NOT_SUPPORTED addressType"]),
    "an endpoint has an address": (
        "EndpointSlice",
        reached(addresses=[]),
        ["REQUIRED endpoints[0].addresses"],
    ),
    "an address is of the family": (
        "EndpointSlice",
        reached(addresses=["fd00::1"]),
        ["INVALID endpoints[0].addresses[0]"],
    ),
    "two ports have two names": (
        "EndpointSlice",
        {**reached(), "ports": [{"port": 80}, {"port": 81}]},
        ["DUPLICATE ports[1].name"],
    ),
    "a namespace has the name of a label": ("Namespace", {"metadata": {"name": "a.b"}}, ["INVALID metadata.name"]),
    "what finalizes a namespace has a name of its own": (
        "Namespace",
        {"metadata": {"name": "a"}, "spec": {"finalizers": ["x"]}},
        ["INVALID spec.finalizers"],
    ),
    "a Lease lasts": ("Lease", {"spec": {"leaseDurationSeconds": 0}}, ["INVALID spec.leaseDurationSeconds"]),
    "a Lease changes hands forwards": ("Lease", {"spec": {"leaseTransitions": -1}}, ["INVALID spec.leaseTransitions"]),
    "an event lies where its object is": (
        "Event",
        {"involvedObject": {"namespace": "other"}},
        ["INVALID involvedObject.namespace"],
    ),
    "an item of a LimitRange is of a kind": (
        "LimitRange",
        {"spec": {"limits": [{"type": "Cat"}]}},
        ["INVALID spec.limits[0].type"],
    ),
    "one item a kind": (
        "LimitRange",
        {"spec": {"limits": [{"type": "Container"}, {"type": "Container"}]}},
        ["DUPLICATE spec.limits[1].type"],
    ),
    "a budget asks for one thing": (
        "PodDisruptionBudget",
        {"spec": {"minAvailable": 1, "maxUnavailable": 1}},
        ["INVALID spec"],
    ),
    "a share is a hundred at most": (
        "PodDisruptionBudget",
        {"spec": {"minAvailable": "101%"}},
        ["INVALID spec.minAvailable"],
    ),
    "a priority preempts in a known way": (
        "PriorityClass",
        {"metadata": {"name": "a"}, "value": 1, "preemptionPolicy": "x"},
        ["NOT_SUPPORTED preemptionPolicy"],
    ),
}

OF_THE_CLUSTER = {"Namespace", "PriorityClass"}


@pytest.mark.parametrize(("kind", "wire", "expected"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_found_where_it_is(kind, wire, expected):
    """Each fault is one error with its type and path, and what is sound has none."""
    wire = copy.deepcopy(wire)
    namespace = {} if kind in OF_THE_CLUSTER else {"namespace": "default"}
    wire["metadata"] = {"name": "a", "uid": "1", **namespace, **wire.get("metadata", {})}
    strategy_of(kind).default(wire)

    assert [f"{error.type.name} {error.path}" for error in strategy_of(kind).validate(wire)] == expected


CHANGES = {
    "an autoscaler may aim elsewhere": (
        "HorizontalPodAutoscaler",
        {"spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}}},
        {"spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "e"}}},
        [],
    ),
    "a schedule may change": ("CronJob", {"spec": {"schedule": "@daily"}}, {"spec": {"schedule": "@hourly"}}, []),
    "a budget may change": (
        "PodDisruptionBudget",
        {"spec": {"selector": {"matchLabels": {"a": "b"}}}},
        {"spec": {"selector": {"matchLabels": {"a": "c"}}}},
        [],
    ),
    "a priority keeps how it preempts": (
        "PriorityClass",
        {"value": 1, "preemptionPolicy": "Never"},
        {"value": 1, "preemptionPolicy": "PreemptLowerPriority"},
        ["INVALID preemptionPolicy"],
    ),
    "a priority may become the default": (
        "PriorityClass",
        {"value": 1, "globalDefault": False},
        {"value": 1, "globalDefault": True},
        [],
    ),
    "a class keeps when it binds": (
        "StorageClass",
        {"provisioner": "a.io/b", "volumeBindingMode": "Immediate"},
        {"provisioner": "a.io/b", "volumeBindingMode": "WaitForFirstConsumer"},
        ["INVALID volumeBindingMode"],
    ),
    "a driver may come to tell how much it has": (
        "CSIDriver",
        {"spec": {"attachRequired": True, "storageCapacity": False}},
        {"spec": {"attachRequired": True, "storageCapacity": True}},
        [],
    ),
    "a policy may change": ("NetworkPolicy", {"spec": {}}, {"spec": {"policyTypes": ["Egress"]}}, []),
    "limits may change": ("LimitRange", {"spec": {}}, {"spec": {"limits": [{"type": "Pod"}]}}, []),
    "no object gets another name": ("Ingress", {}, {"metadata": {"name": "b"}}, ["INVALID metadata.name"]),
}


@pytest.mark.parametrize(("kind", "old", "new", "expected"), CHANGES.values(), ids=CHANGES)
def test_what_may_change_and_what_stays(kind, old, new, expected):
    """An update is refused for what it changes of what stays, and for nothing else."""
    meta = {"name": "a", "resourceVersion": "1"}
    before = {**copy.deepcopy(old), "metadata": dict(meta)}
    after = {**copy.deepcopy(new), "metadata": {**meta, **new.get("metadata", {})}}

    errors = strategy_of(kind).validate_update(after, before)

    assert [f"{error.type.name} {error.path}" for error in errors] == expected
