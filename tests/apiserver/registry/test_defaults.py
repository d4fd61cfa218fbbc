"""What the API server fills in, kind by kind."""

from __future__ import annotations

import copy

import pytest

from kcore.apiserver.defaulting.image import pull_policy
from kcore.apiserver.registry import STRATEGIES, strategy_of


def at(wire, path):
    """Return what stands at a path of fields and indexes, None where it ends."""
    for step in path.split("."):
        wire = wire[int(step)] if isinstance(wire, list) else (wire or {}).get(step)
    return wire


POD = {"spec": {"containers": [{"name": "c", "image": "i:1"}]}}


def pod(container=None, **spec):
    """Return a pod with one container."""
    return {"spec": {"containers": [{"name": "c", "image": "i:1", **(container or {})}], **spec}}


DEFAULTS = {
    "a pod restarts": ("Pod", POD, "spec.restartPolicy", "Always"),
    "a pod has 30 seconds to end": ("Pod", POD, "spec.terminationGracePeriodSeconds", 30),
    "a pod sees services": ("Pod", POD, "spec.enableServiceLinks", True),
    "a container has resources, if none": ("Pod", POD, "spec.containers.0.resources", {}),
    "requests are limits": (
        "Pod",
        pod({"resources": {"limits": {"cpu": "1"}}}),
        "spec.containers.0.resources.requests",
        {"cpu": "1"},
    ),
    "amounts are canonical": (
        "Pod",
        pod({"resources": {"requests": {"cpu": 0.5, "memory": "1024Ki"}}}),
        "spec.containers.0.resources.requests",
        {"cpu": "500m", "memory": "1Mi"},
    ),
    "amounts are rounded up to thousandths": (
        "Pod",
        pod({"resources": {"requests": {"cpu": "1u"}}}),
        "spec.containers.0.resources.requests",
        {"cpu": "1m"},
    ),
    "a port is a TCP port": (
        "Pod",
        pod({"ports": [{"containerPort": 1}]}),
        "spec.containers.0.ports.0.protocol",
        "TCP",
    ),
    "the host's network has the port too": (
        "Pod",
        pod({"ports": [{"containerPort": 1}]}, hostNetwork=True),
        "spec.containers.0.ports.0.hostPort",
        1,
    ),
    "a probe repeats": (
        "Pod",
        pod({"livenessProbe": {"httpGet": {"port": 1}, "periodSeconds": 0}}),
        "spec.containers.0.livenessProbe",
        {
            "httpGet": {"port": 1, "path": "/", "scheme": "HTTP"},
            "timeoutSeconds": 1,
            "periodSeconds": 10,
            "successThreshold": 1,
            "failureThreshold": 3,
        },
    ),
    "a volume is an empty directory": ("Pod", pod(volumes=[{"name": "v"}]), "spec.volumes.0.emptyDir", {}),
    "files are 0644": (
        "Pod",
        pod(volumes=[{"name": "v", "secret": {"secretName": "s"}}]),
        "spec.volumes.0.secret.defaultMode",
        420,
    ),
    "an account has its old name too": ("Pod", pod(serviceAccountName="a"), "spec.serviceAccount", "a"),
    "a pod asks for what its containers ask for": (
        "Pod",
        pod({"resources": {"requests": {"cpu": "1"}}}, resources={"limits": {"cpu": "4", "memory": "1Gi"}}),
        "spec.resources.requests",
        {"cpu": "1", "memory": "1Gi"},
    ),
    "a template has no service links": (
        "ReplicaSet",
        {"spec": {"template": {"spec": {"containers": []}}}},
        "spec.template.spec.enableServiceLinks",
        None,
    ),
    "a Deployment rolls by a quarter": (
        "Deployment",
        {"spec": {}},
        "spec.strategy",
        {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
    ),
    "no replicas are no replicas": ("Deployment", {"spec": {"replicas": 0}}, "spec.replicas", 0),
    "a Deployment that recreates rolls nothing": (
        "Deployment",
        {"spec": {"strategy": {"type": "Recreate"}}},
        "spec.strategy.rollingUpdate",
        None,
    ),
    "a StatefulSet starts in order": ("StatefulSet", {"spec": {}}, "spec.podManagementPolicy", "OrderedReady"),
    "a StatefulSet keeps its claims": (
        "StatefulSet",
        {"spec": {}},
        "spec.persistentVolumeClaimRetentionPolicy",
        {"whenDeleted": "Retain", "whenScaled": "Retain"},
    ),
    "a claim template is a claim": (
        "StatefulSet",
        {"spec": {"volumeClaimTemplates": [{"metadata": {"name": "d"}}]}},
        "spec.volumeClaimTemplates.0.kind",
        "PersistentVolumeClaim",
    ),
    "a Service has an address": ("Service", {"spec": {}}, "spec.type", "ClusterIP"),
    "a target is the port": ("Service", {"spec": {"ports": [{"port": 80}]}}, "spec.ports.0.targetPort", 80),
    "a client keeps its pod for three hours": (
        "Service",
        {"spec": {"sessionAffinity": "ClientIP"}},
        "spec.sessionAffinityConfig.clientIP.timeoutSeconds",
        10800,
    ),
    "only what is seen from outside has a policy for it": (
        "Service",
        {"spec": {}},
        "spec.externalTrafficPolicy",
        None,
    ),
    "a load balancer has node ports": (
        "Service",
        {"spec": {"type": "LoadBalancer"}},
        "spec.allocateLoadBalancerNodePorts",
        True,
    ),
    "a namespace is labelled with its name": (
        "Namespace",
        {"metadata": {"name": "n"}},
        "metadata.labels",
        {"kubernetes.io/metadata.name": "n"},
    ),
    "all of a node is allocatable": (
        "Node",
        {"status": {"capacity": {"cpu": "4"}}},
        "status.allocatable",
        {"cpu": "4"},
    ),
    "a node's range is in the list": ("Node", {"spec": {"podCIDR": "10.0.0.0/24"}}, "spec.podCIDRs", ["10.0.0.0/24"]),
    "a secret is opaque": ("Secret", {}, "type", "Opaque"),
    "plain data is data": ("Secret", {"stringData": {"a": "t"}}, "data", {"a": "dA=="}),
    "a volume is retained": ("PersistentVolume", {"spec": {}}, "spec.persistentVolumeReclaimPolicy", "Retain"),
    "a claim is for files": ("PersistentVolumeClaim", {"spec": {}}, "spec.volumeMode", "Filesystem"),
    "an endpoint's port has a name, if an empty one": ("EndpointSlice", {"ports": [{"port": 1}]}, "ports.0.name", ""),
}


@pytest.mark.parametrize(("kind", "wire", "path", "expected"), DEFAULTS.values(), ids=DEFAULTS)
def test_a_default_is_filled_in(kind, wire, path, expected):
    """What the manifest leaves open is as the real API server has it."""
    wire = copy.deepcopy(wire)
    strategy_of(kind).default(wire)

    assert expected == at(wire, path)


@pytest.mark.parametrize("kind", sorted(STRATEGIES))
def test_defaulting_twice_is_defaulting_once(kind):
    """A stored object is read back with the same defaults."""
    wire = {"metadata": {"name": "a"}, "spec": {"template": {"spec": {"containers": [{"name": "c", "image": "i"}]}}}}
    strategy_of(kind).default(wire)
    once = copy.deepcopy(wire)
    strategy_of(kind).default(wire)

    assert once == wire


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        pytest.param("nginx", "Always", id="no tag means latest"),
        pytest.param("nginx:latest", "Always", id="latest moves"),
        pytest.param("nginx:1", "IfNotPresent", id="a version stays"),
        pytest.param("localhost:5000/nginx", "Always", id="a port is no tag"),
        pytest.param("r.io/nginx:1@sha256:" + "0" * 64, "IfNotPresent", id="a digest stays"),
        pytest.param("nginx@sha256:" + "0" * 64, "IfNotPresent", id="a digest without a tag stays"),
        pytest.param("Not An Image", "IfNotPresent", id="what is no image has no tag"),
        pytest.param("0" * 64, "IfNotPresent", id="an identifier is no image"),
    ],
)
def test_the_pull_policy_follows_the_tag(image, policy):
    """An image that may change is pulled each time."""
    assert policy == pull_policy(image)


def test_the_first_status_of_a_pod_says_its_class_and_whether_it_waits():
    """A gated pod is told so from the start, and what it asks for makes its class."""
    wire = pod({"resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}, schedulingGates=[{"name": "a.io/b"}])
    strategy_of("Pod").default(wire)
    strategy_of("Pod").prepare_create(wire)

    assert (wire["status"]["phase"], wire["status"]["qosClass"]) == ("Pending", "Guaranteed")
    assert wire["status"]["conditions"][0]["reason"] == "SchedulingGated"


def test_match_label_keys_become_requirements():
    """The value of a pod's own label is looked for, or avoided, in others."""
    term = {"labelSelector": {}, "topologyKey": "z", "matchLabelKeys": ["v"], "mismatchLabelKeys": ["t"]}
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    wire = pod(affinity={"podAffinity": {required: [term]}})
    wire["metadata"] = {"labels": {"v": "1", "t": "x"}}
    strategy_of("Pod").prepare_create(wire)

    assert wire["spec"]["affinity"]["podAffinity"][required][0]["labelSelector"]["matchExpressions"] == [
        {"key": "v", "operator": "In", "values": ["1"]},
        {"key": "t", "operator": "NotIn", "values": ["x"]},
    ]
